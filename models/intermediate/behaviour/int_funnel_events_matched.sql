{%- set properties = funnel_properties() -%}
with
-- A funnel names few of the types: everything else is left out before anything is sorted.
named_types as (
    select distinct
        tenant_id,
        funnel_name,
        event_type,
        hold_constant
    from {{ ref('int_funnel_types_named') }}
),

events as (
    select
        events.tenant_id,
        named_types.funnel_name,
        events.person_id,
        events.event_type,
        events.occurred_at,
        events.platform,
        case
            when named_types.hold_constant is null then ''
            {% for property in properties -%}
            when named_types.hold_constant = '{{ property }}' then nullif(events.{{ property }}, '')
            {% endfor -%}
        end as held_value
    from {{ ref('fct_events') }} as events
    inner join named_types
        on
            events.tenant_id = named_types.tenant_id
            and events.event_type = named_types.event_type
    where
        {{ is_dirty('events') }}
        and events.person_id is not null
        and events.has_occurred
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        event_type,
        occurred_at,
        count(*) as event_count,
        min({{ byte_order('platform') }}) as platform
    from events
    -- What is not told cannot be the same from step to step.
    where held_value is not null
    group by tenant_id, funnel_name, person_id, held_value, event_type, occurred_at
)

select * from final
