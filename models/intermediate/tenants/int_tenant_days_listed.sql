with
tenants as (
    select
        tenant_id,
        week_start,
        fiscal_start_month,
        {{ tenant_date('first_seen_at', 'time_zone') }} as first_day,
        {{ tenant_date(as_of(), 'time_zone') }} as last_day
    from {{ ref('int_tenants_resolved') }}
    where first_seen_at is not null
),

days as (
    select
        tenant_id,
        week_start,
        fiscal_start_month,
        last_day,
        {{ each_day('first_day', 'last_day') }} as day_at
    from tenants
),

final as (
    select
        tenant_id,
        week_start,
        fiscal_start_month,
        last_day,
        cast(day_at as date) as date_day
    from days
)

select * from final
