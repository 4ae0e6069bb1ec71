with recursive
moments as (
    select
        tenant_id,
        funnel_name,
        person_id,
        step_order,
        occurred_at,
        next_at,
        excluded_at
    from {{ ref('int_funnel_moments_matched') }}
),

funnels as (
    select
        tenant_id,
        funnel_name,
        max(window_seconds) as window_seconds
    from {{ ref('int_funnel_steps_resolved') }}
    group by tenant_id, funnel_name
),

-- One round per step of the longest funnel.
reached as (
    select
        moments.tenant_id,
        moments.funnel_name,
        moments.person_id,
        moments.occurred_at as entered_at,
        {{ add_seconds('moments.occurred_at', 'funnels.window_seconds') }} as window_ends_at,
        moments.step_order,
        -- PostgreSQL tells a column's timestamp(6) from a computed timestamp in the two halves of a recursion.
        cast(moments.occurred_at as timestamp) as reached_at,
        cast(null as timestamp) as previous_reached_at
    from moments
    inner join funnels
        on
            moments.tenant_id = funnels.tenant_id
            and moments.funnel_name = funnels.funnel_name
    where moments.step_order = 1
    union all
    select
        reached.tenant_id,
        reached.funnel_name,
        reached.person_id,
        reached.entered_at,
        reached.window_ends_at,
        reached.step_order + 1 as step_order,
        moments.next_at as reached_at,
        reached.reached_at as previous_reached_at
    from reached
    inner join moments
        on
            reached.tenant_id = moments.tenant_id
            and reached.funnel_name = moments.funnel_name
            and reached.person_id = moments.person_id
            and reached.step_order = moments.step_order
            and reached.reached_at = moments.occurred_at
    where
        moments.next_at <= reached.window_ends_at
        and (moments.excluded_at is null or moments.next_at <= moments.excluded_at)
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        entered_at,
        window_ends_at,
        step_order,
        reached_at,
        previous_reached_at
    from reached
)

select * from final
