with
periods as (
    select *
    from {{ ref('int_tenant_periods_measured') }}
),

tenants as (
    select
        tenant_id,
        reporting_currency
    from {{ ref('dim_tenants') }}
),

people as (
    select
        tenant_id,
        period_type,
        period_start,
        active_users
    from {{ ref('rpt_lifecycle') }}
),

revenue as (
    select
        tenant_id,
        period_type,
        period_start,
        mrr_amount,
        opening_mrr_amount,
        retained_mrr_amount,
        net_revenue_retention,
        opening_customers,
        lost_customers,
        customer_churn_rate
    from {{ ref('rpt_revenue_aggregates') }}
    where is_reporting_currency
),

funnels as (
    select
        tenant_id,
        period_type,
        period_start,
        entered - pending as funnel_entered,
        reached as funnel_converted,
        converted_from_first_rate as funnel_conversion_rate
    from {{ ref('rpt_funnel_conversion') }}
    where
        funnel_name = '{{ var("kpi_funnel") }}'
        and is_last_step
),

-- The month after a cohort's first one, where it ended within the period; days and weeks hold no whole month.
retention as (
    select
        periods.tenant_id,
        periods.period_type,
        periods.period_start,
        sum(cohorts.cohort_size) as month_one_cohort_users,
        sum(cohorts.retained_users) as month_one_retained_users
    from {{ ref('rpt_user_cohorts') }} as cohorts
    inner join periods
        on
            cohorts.tenant_id = periods.tenant_id
            and cohorts.month_start >= periods.period_start
            and cohorts.month_start < periods.period_end
    where
        cohorts.month_number = 1
        and cohorts.retention_rate is not null
        and periods.period_type in ('month', 'quarter', 'year')
    group by periods.tenant_id, periods.period_type, periods.period_start
),

final as (
    select
        periods.tenant_id,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        -- Before the first activity there is no row, where counts are withheld there is one without a number.
        case when people.tenant_id is null then 0 else people.active_users end as active_users,
        cast(retention.month_one_cohort_users as bigint) as month_one_cohort_users,
        cast(retention.month_one_retained_users as bigint) as month_one_retained_users,
        {{ safe_ratio('retention.month_one_retained_users', 'retention.month_one_cohort_users') }} as month_one_retention_rate,
        revenue.mrr_amount,
        revenue.opening_mrr_amount,
        revenue.retained_mrr_amount,
        revenue.net_revenue_retention,
        revenue.opening_customers,
        revenue.lost_customers,
        revenue.customer_churn_rate,
        coalesce(funnels.funnel_entered, 0) as funnel_entered,
        coalesce(funnels.funnel_converted, 0) as funnel_converted,
        funnels.funnel_conversion_rate,
        cast(periods.assessments_completed as bigint) as assessments_completed,
        cast(periods.ai_requests as bigint) as ai_requests,
        cast(periods.ai_failed_requests as bigint) as ai_failed_requests,
        {{ safe_ratio('periods.ai_failed_requests', 'periods.ai_requests') }} as ai_error_rate,
        cast(periods.ai_cost_amount as decimal(38, 6)) as ai_cost_amount,
        cast(periods.tournaments_completed as bigint) as tournaments_completed,
        tenants.reporting_currency as currency
    from periods
    inner join tenants on periods.tenant_id = tenants.tenant_id
    left join people
        on
            periods.tenant_id = people.tenant_id
            and periods.period_type = people.period_type
            and periods.period_start = people.period_start
    left join revenue
        on
            periods.tenant_id = revenue.tenant_id
            and periods.period_type = revenue.period_type
            and periods.period_start = revenue.period_start
    left join funnels
        on
            periods.tenant_id = funnels.tenant_id
            and periods.period_type = funnels.period_type
            and periods.period_start = funnels.period_start
    left join retention
        on
            periods.tenant_id = retention.tenant_id
            and periods.period_type = retention.period_type
            and periods.period_start = retention.period_start
)

select * from final
