with
lifecycle as (
    select
        tenant_id,
        period_type,
        period_start,
        period_end,
        active_users,
        previous_active_users,
        new_users,
        returning_users,
        resurrecting_users,
        dormant_users,
        new_users + resurrecting_users as gained_users,
        new_users + resurrecting_users - dormant_users as net_growth_users,
        is_complete,
        is_sampled
    from {{ ref('rpt_lifecycle') }}
),

registered as (
    select
        persons.tenant_id,
        {{ tenant_date('persons.registered_at', 'tenants.time_zone') }} as date_day
    from {{ ref('dim_users') }} as persons
    inner join {{ ref('int_tenants_resolved') }} as tenants on persons.tenant_id = tenants.tenant_id
    where persons.registered_at <= {{ as_of() }}
),

registrations as (
    select
        periods.tenant_id,
        periods.period_type,
        periods.period_start,
        count(*) as registrations
    from registered
    inner join {{ ref('int_tenant_periods_mapped') }} as periods
        on
            registered.tenant_id = periods.tenant_id
            and registered.date_day = periods.date_day
    group by periods.tenant_id, periods.period_type, periods.period_start
),

final as (
    select
        lifecycle.tenant_id,
        lifecycle.period_type,
        lifecycle.period_start,
        lifecycle.period_end,
        cast(coalesce(registrations.registrations, 0) as bigint) as registrations,
        lifecycle.previous_active_users as opening_users,
        lifecycle.new_users,
        lifecycle.resurrecting_users,
        lifecycle.dormant_users,
        case when not lifecycle.is_sampled then lifecycle.active_users end as closing_users,
        lifecycle.returning_users,
        lifecycle.net_growth_users,
        case
            when lifecycle.is_complete
                then {{ safe_ratio('lifecycle.net_growth_users', 'lifecycle.previous_active_users') }}
        end as growth_rate,
        case when lifecycle.is_complete then {{ safe_ratio('lifecycle.gained_users', 'lifecycle.dormant_users') }} end as quick_ratio,
        lifecycle.is_complete,
        lifecycle.is_sampled
    from lifecycle
    left join registrations
        on
            lifecycle.tenant_id = registrations.tenant_id
            and lifecycle.period_type = registrations.period_type
            and lifecycle.period_start = registrations.period_start
)

select * from final
