{#- Newest first, a running minimum is the next one in time: linear on every engine, unlike a frame whose beginning moves. -#}
{%- set of_a_step = 'partition by tenant_id, funnel_name, person_id, held_value, step_order order by occurred_at desc' -%}
{%- set now = of_a_step ~ ' range between current row and current row' -%}
{%- set after = of_a_step ~ " range between unbounded preceding and interval '1 microsecond' preceding" -%}
with
types as (
    select
        tenant_id,
        funnel_name,
        step_order,
        part,
        event_type
    from {{ ref('int_funnel_types_named') }}
    where mode <> 'any'
),

-- What an event is to the wait for the step after `step_order`: where it begins, what ends it, what breaks it off.
parts as (
    select
        tenant_id,
        funnel_name,
        step_order,
        case when part = 'step' then 'from' else part end as part,
        event_type
    from types
    union all
    select
        tenant_id,
        funnel_name,
        step_order - 1 as step_order,
        'to' as part,
        event_type
    from types
    where part = 'step' and step_order > 1
),

timeline as (
    select
        events.tenant_id,
        events.funnel_name,
        events.person_id,
        events.held_value,
        parts.step_order,
        parts.part,
        events.occurred_at,
        events.event_count,
        events.platform
    from {{ ref('int_funnel_events_matched') }} as events
    inner join parts
        on
            events.tenant_id = parts.tenant_id
            and events.funnel_name = parts.funnel_name
            and events.event_type = parts.event_type
    where {{ is_dirty('events') }}
),

neighbors as (
    select
        tenant_id,
        funnel_name,
        person_id,
        occurred_at,
        event_count,
        next_at
    from {{ ref('int_funnel_neighbors_ordered') }}
    where {{ is_dirty('int_funnel_neighbors_ordered') }}
),

matched as (
    select
        *,
        sum(case when part = 'to' then event_count else 0 end) over ({{ now }}) as next_events_now,
        min(case when part = 'to' then occurred_at end) over ({{ after }}) as next_at,
        min(case when part = 'excluded' then occurred_at end) over ({{ after }}) as excluded_at
    from timeline
),

final as (
    select
        matched.tenant_id,
        matched.funnel_name,
        matched.person_id,
        matched.held_value,
        matched.step_order,
        matched.occurred_at,
        matched.platform,
        matched.next_events_now,
        matched.next_at,
        matched.excluded_at,
        neighbors.event_count as neighbor_count,
        neighbors.next_at as neighbor_at
    from matched
    left join neighbors
        on
            matched.tenant_id = neighbors.tenant_id
            and matched.funnel_name = neighbors.funnel_name
            and matched.person_id = neighbors.person_id
            and matched.occurred_at = neighbors.occurred_at
    where matched.part = 'from'
)

select * from final
