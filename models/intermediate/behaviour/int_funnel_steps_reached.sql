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
    previous_reached_at,
    is_furthest,
    excluded_at,
    interrupted_at
from {{ ref('int_funnel_steps_followed') }}
union all
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
    previous_reached_at,
    is_furthest,
    excluded_at,
    cast(null as timestamp) as interrupted_at
from {{ ref('int_funnel_steps_collected') }}
