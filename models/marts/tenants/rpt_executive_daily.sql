with
days as (
    select
        tenant_id,
        date_day,
        is_complete,
        assessments_completed,
        timed_assessments,
        total_duration_seconds,
        new_subscriptions
    from {{ ref('int_tenant_days_measured') }}
),

tenants as (
    select
        tenant_id,
        reporting_currency
    from {{ ref('dim_tenants') }}
),

active_users as (
    select
        tenant_id,
        date_day,
        dau
    from {{ ref('rpt_active_users') }}
),

revenue as (
    select
        tenant_id,
        period_start,
        mrr_amount
    from {{ ref('rpt_revenue_aggregates') }}
    where
        is_reporting_currency
        and period_type = 'day'
),

final as (
    select
        days.tenant_id,
        days.date_day,
        days.is_complete,
        -- Before the first activity there is no row, where counts are withheld there is one without a number.
        case when active_users.tenant_id is null then 0 else active_users.dau end as daily_active_users,
        cast(days.assessments_completed as bigint) as assessments_completed,
        cast(days.timed_assessments as bigint) as timed_assessments,
        cast(days.total_duration_seconds as decimal(38, 6)) as total_duration_seconds,
        {{ mean_of_sums('days.timed_assessments', 'days.total_duration_seconds') }} as average_duration_seconds,
        cast(days.new_subscriptions as bigint) as new_subscriptions,
        revenue.mrr_amount,
        tenants.reporting_currency as currency
    from days
    inner join tenants on days.tenant_id = tenants.tenant_id
    left join active_users
        on
            days.tenant_id = active_users.tenant_id
            and days.date_day = active_users.date_day
    left join revenue
        on
            days.tenant_id = revenue.tenant_id
            and days.date_day = revenue.period_start
)

select * from final
