with
types as (
    select distinct
        tenant_id,
        funnel_name,
        event_type,
        step_order = 1 as is_entry
    from {{ ref('int_funnel_types_named') }}
    where mode = 'strict' and part = 'step'
),

step_types as (
    select distinct
        tenant_id,
        funnel_name,
        event_type
    from types
),

entrants as (
    select distinct
        named_events.tenant_id,
        named_events.funnel_name,
        named_events.person_id
    from {{ ref('int_funnel_events_matched') }} as named_events
    inner join types
        on
            named_events.tenant_id = types.tenant_id
            and named_events.funnel_name = types.funnel_name
            and named_events.event_type = types.event_type
    where {{ is_dirty('named_events') }} and types.is_entry
),

moments as (
    select
        events.tenant_id,
        entrants.funnel_name,
        events.person_id,
        events.occurred_at,
        count(*) as event_count
    from {{ ref('fct_events') }} as events
    inner join entrants
        on
            events.tenant_id = entrants.tenant_id
            and events.person_id = entrants.person_id
    left join step_types
        on
            entrants.tenant_id = step_types.tenant_id
            and entrants.funnel_name = step_types.funnel_name
            and events.event_type = step_types.event_type
    where
        {{ is_dirty('events') }}
        and (not events.is_server_sent or step_types.event_type is not null)
        and events.has_occurred
    group by events.tenant_id, entrants.funnel_name, events.person_id, events.occurred_at
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        occurred_at,
        event_count,
        lead(occurred_at) over (partition by tenant_id, funnel_name, person_id order by occurred_at asc) as next_at
    from moments
)

select * from final
