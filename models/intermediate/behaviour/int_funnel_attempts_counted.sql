with
attempts as (
    select
        tenant_id,
        funnel_name,
        person_id,
        attempt_number,
        coalesce(held_value, '') as held_value,
        platform,
        entered_at,
        last_step_order,
        outcome
    from {{ ref('fct_funnel_attempts') }}
),

preferred as (
    select
        *,
        {{ funnel_outcome('ended_by', 'last_window_ends_at') }} as outcome
    from {{ ref('int_funnel_entries_preferred') }}
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

counted as (
    select
        tenant_id,
        funnel_name,
        'first' as counting,
        person_id,
        held_value,
        platform,
        entered_at,
        last_step_order,
        outcome
    from attempts
    where attempt_number = 1
    union all
    select
        tenant_id,
        funnel_name,
        'totals' as counting,
        person_id,
        held_value,
        platform,
        entered_at,
        last_step_order,
        outcome
    from attempts
    union all
    select
        tenant_id,
        funnel_name,
        'optimized' as counting,
        person_id,
        held_value,
        platform,
        entered_at,
        last_step_order,
        outcome
    from preferred
),

final as (
    select
        counted.tenant_id,
        counted.funnel_name,
        counted.counting,
        counted.person_id,
        counted.held_value,
        coalesce(counted.platform, 'unknown') as platform,
        counted.entered_at,
        {{ tenant_date('counted.entered_at', 'tenants.time_zone') }} as date_day,
        counted.last_step_order,
        counted.outcome = 'pending' as is_pending
    from counted
    inner join tenants on counted.tenant_id = tenants.tenant_id
)

select * from final
