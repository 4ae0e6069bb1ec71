with
sizes as (
    select
        tenant_id,
        cohort_month,
        count(*) as cohort_size
    from {{ ref('int_user_cohorts_assigned') }}
    group by tenant_id, cohort_month
),

months as (
    select
        tenant_id,
        period_start as month_start,
        period_end as month_end,
        is_complete
    from {{ ref('int_tenant_periods_listed') }}
    where period_type = 'month'
),

first_sampled_days as (
    select
        sizes.tenant_id,
        sizes.cohort_month,
        min(sampled_days.date_day) as first_sampled_day
    from sizes
    inner join {{ ref('int_sampled_days_listed') }} as sampled_days
        on
            sizes.tenant_id = sampled_days.tenant_id
            and sizes.cohort_month <= sampled_days.date_day
    group by sizes.tenant_id, sizes.cohort_month
),

measures as (
    select
        tenant_id,
        cohort_month,
        month_start,
        active_users,
        revenue_amount
    from {{ ref('int_cohort_months_measured') }}
),

tenants as (
    select
        tenant_id,
        reporting_currency
    from {{ ref('int_tenants_resolved') }}
),

joined as (
    select
        sizes.tenant_id,
        sizes.cohort_month,
        {{ months_between('sizes.cohort_month', 'months.month_start') }} as month_number,
        months.month_start,
        sizes.cohort_size,
        -- Whoever registers has been there, even where a server told of it.
        case
            when months.month_start = sizes.cohort_month then sizes.cohort_size
            else coalesce(measures.active_users, 0)
        end as retained_users,
        coalesce(measures.revenue_amount, 0) as revenue_amount,
        tenants.reporting_currency as currency,
        months.is_complete,
        coalesce(first_sampled_days.first_sampled_day < months.month_end, false) as is_sampled
    from sizes
    inner join tenants on sizes.tenant_id = tenants.tenant_id
    inner join months
        on
            sizes.tenant_id = months.tenant_id
            and sizes.cohort_month <= months.month_start
    left join first_sampled_days
        on
            sizes.tenant_id = first_sampled_days.tenant_id
            and sizes.cohort_month = first_sampled_days.cohort_month
    left join measures
        on
            sizes.tenant_id = measures.tenant_id
            and sizes.cohort_month = measures.cohort_month
            and months.month_start = measures.month_start
),

accumulated as (
    select
        *,
        sum(revenue_amount) over (
            partition by tenant_id, cohort_month
            order by month_number asc
            rows between unbounded preceding and current row
        ) as cumulative_revenue_amount,
        row_number() over (
            partition by tenant_id, cohort_month
            order by month_number desc
        ) = 1 as is_last_month
    from joined
),

final as (
    select
        tenant_id,
        cohort_month,
        month_number,
        month_start,
        cohort_size,
        cast(case when not is_sampled then retained_users end as bigint) as retained_users,
        case when is_complete and not is_sampled then {{ safe_ratio('retained_users', 'cohort_size') }} end as retention_rate,
        cast(revenue_amount as decimal(38, 6)) as revenue_amount,
        cast(cumulative_revenue_amount as decimal(38, 6)) as cumulative_revenue_amount,
        {{ divide('cumulative_revenue_amount', 'cohort_size') }} as ltv_amount,
        currency,
        is_last_month,
        is_complete,
        is_sampled
    from accumulated
)

select * from final
