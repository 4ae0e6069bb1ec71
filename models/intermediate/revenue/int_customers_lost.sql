with
changes as (
    select
        changes.tenant_id,
        changes.currency,
        changes.is_reporting_currency,
        changes.customer_id,
        calendar.period_type,
        calendar.period_start,
        changes.change_type,
        row_number() over (
            partition by
                changes.tenant_id, changes.currency, changes.is_reporting_currency, changes.customer_id,
                calendar.period_type, calendar.period_start
            order by changes.date_day asc
        ) as change_number,
        count(*) over (
            partition by
                changes.tenant_id, changes.currency, changes.is_reporting_currency, changes.customer_id,
                calendar.period_type, calendar.period_start
        ) as changes_in_period
    from {{ ref('int_customer_activity_changed') }} as changes
    inner join {{ ref('int_tenant_periods_mapped') }} as calendar
        on changes.tenant_id = calendar.tenant_id and changes.date_day = calendar.date_day
),

-- Activity alternates: who begins the period with a churn was active, and an odd number of changes leaves them inactive.
final as (
    select
        tenant_id,
        currency,
        is_reporting_currency,
        period_type,
        period_start,
        count(*) as lost_customers
    from changes
    where change_number = 1 and change_type = 'churn' and mod(changes_in_period, 2) = 1
    group by tenant_id, currency, is_reporting_currency, period_type, period_start
)

select * from final
