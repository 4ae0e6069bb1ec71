with
furthest_steps as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        platform,
        entered_at,
        window_ends_at,
        step_order,
        reached_at,
        case when excluded_at <= window_ends_at then excluded_at end as excluded_at,
        case when interrupted_at <= window_ends_at then interrupted_at end as interrupted_at
    from {{ ref('int_funnel_steps_reached') }}
    where {{ is_dirty('int_funnel_steps_reached') }} and is_furthest
),

funnels as (
    select
        tenant_id,
        funnel_name,
        step_count
    from {{ ref('int_funnel_steps_resolved') }}
    where step_order = 1
),

concluded as (
    select
        steps.*,
        case
            when steps.step_order = funnels.step_count then 'conversion'
            when steps.excluded_at <= coalesce(steps.interrupted_at, steps.excluded_at) then 'exclusion'
            when steps.interrupted_at is not null then 'interruption'
            else 'window'
        end as ended_by
    from furthest_steps as steps
    inner join funnels
        on
            steps.tenant_id = funnels.tenant_id
            and steps.funnel_name = funnels.funnel_name
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        platform,
        entered_at,
        step_order as last_step_order,
        reached_at as last_step_at,
        case ended_by
            when 'conversion' then reached_at
            when 'exclusion' then excluded_at
            when 'interruption' then interrupted_at
            when 'window' then window_ends_at
        end as ended_at,
        ended_by
    from concluded
)

select * from final
