with
steps as (
    select
        tenant_id,
        funnel_name,
        step_order,
        step_name,
        event_type,
        mode,
        window_seconds,
        excluded_event_types
    from {{ ref('funnel_steps') }}
),

tenants as (
    select tenant_id
    from {{ ref('int_tenants_resolved') }}
),

own_funnels as (
    select distinct
        tenant_id,
        funnel_name
    from steps
    where tenant_id is not null
),

applied as (
    select
        tenants.tenant_id,
        steps.funnel_name,
        steps.step_order,
        steps.step_name,
        steps.event_type,
        steps.mode,
        steps.window_seconds,
        steps.excluded_event_types
    from tenants
    inner join steps on tenants.tenant_id = coalesce(steps.tenant_id, tenants.tenant_id)
    left join own_funnels
        on
            tenants.tenant_id = own_funnels.tenant_id
            and steps.funnel_name = own_funnels.funnel_name
    -- A tenant's own funnel replaces the general one of that name.
    where steps.tenant_id is not null or own_funnels.tenant_id is null
),

final as (
    select
        tenant_id,
        funnel_name,
        step_order,
        step_name,
        event_type,
        mode,
        window_seconds,
        coalesce(excluded_event_types, '') as excluded_event_types,
        count(*) over (partition by tenant_id, funnel_name) as step_count,
        row_number() over (
            partition by tenant_id, funnel_name, event_type order by step_order asc
        ) > 1 as is_repeated_type
    from applied
)

select * from final
