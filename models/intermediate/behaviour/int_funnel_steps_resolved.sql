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
        excluded_event_types,
        hold_constant
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
        steps.excluded_event_types,
        steps.hold_constant
    from tenants
    inner join steps on tenants.tenant_id = coalesce(steps.tenant_id, tenants.tenant_id)
    left join own_funnels
        on
            tenants.tenant_id = own_funnels.tenant_id
            and steps.funnel_name = own_funnels.funnel_name
    -- A tenant's own funnel replaces the general one of that name.
    where steps.tenant_id is not null or own_funnels.tenant_id is null
),

counted as (
    select
        *,
        count(*) over (partition by tenant_id, funnel_name) as step_count,
        row_number() over (partition by tenant_id, funnel_name, event_type order by step_order asc) as number_of_type
    from applied
),

final as (
    select
        tenant_id,
        funnel_name,
        step_order,
        -- In any order, the second step is whichever comes second.
        case mode
            when 'any' then 'any ' || cast(step_order as {{ dbt.type_string() }}) || ' of ' || cast(step_count as {{ dbt.type_string() }})
            else step_name
        end as step_name,
        event_type,
        mode,
        window_seconds,
        coalesce(excluded_event_types, '') as excluded_event_types,
        hold_constant,
        step_count,
        number_of_type
    from counted
)

select * from final
