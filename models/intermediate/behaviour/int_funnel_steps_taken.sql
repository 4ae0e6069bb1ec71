with
steps as (
    select
        tenant_id,
        funnel_name,
        step_order,
        event_type,
        number_of_type,
        window_seconds
    from {{ ref('int_funnel_steps_resolved') }}
    where mode = 'any'
),

step_events as (
    select
        events.tenant_id,
        events.funnel_name,
        events.person_id,
        events.held_value,
        steps.step_order,
        steps.event_type,
        steps.number_of_type,
        steps.window_seconds,
        events.occurred_at,
        events.event_count,
        events.platform
    from {{ ref('int_funnel_events_matched') }} as events
    inner join steps
        on
            events.tenant_id = steps.tenant_id
            and events.funnel_name = steps.funnel_name
            and events.event_type = steps.event_type
    where {{ is_dirty('events') }}
),

entries as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        occurred_at,
        {{ add_seconds('occurred_at', 'window_seconds') }} as window_ends_at,
        min({{ byte_order('platform') }}) as platform
    from step_events
    group by tenant_id, funnel_name, person_id, held_value, occurred_at, window_seconds
),

-- The n-th step of a type takes the n-th event of the type. A moment is as many events as there are, but no more than steps of the type.
candidates as (
    select
        events.tenant_id,
        events.funnel_name,
        events.person_id,
        events.held_value,
        events.step_order,
        events.occurred_at,
        lead(events.occurred_at, cast(events.number_of_type - 1 as integer)) over (
            partition by events.tenant_id, events.funnel_name, events.person_id, events.held_value, events.step_order
            order by events.occurred_at asc
        ) as taken_at
    from step_events as events
    inner join steps as copies
        on
            events.tenant_id = copies.tenant_id
            and events.funnel_name = copies.funnel_name
            and events.event_type = copies.event_type
            and events.event_count >= copies.number_of_type
),

timeline as (
    select
        entries.tenant_id,
        entries.funnel_name,
        entries.person_id,
        entries.held_value,
        steps.step_order,
        entries.occurred_at,
        entries.window_ends_at,
        entries.platform,
        cast(null as timestamp) as taken_at
    from entries
    inner join steps
        on
            entries.tenant_id = steps.tenant_id
            and entries.funnel_name = steps.funnel_name
    union all
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        step_order,
        occurred_at,
        cast(null as timestamp) as window_ends_at,
        cast(null as {{ dbt.type_string() }}) as platform,
        taken_at
    from candidates
),

taken as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        step_order,
        occurred_at as entered_at,
        window_ends_at,
        platform,
        min(taken_at) over (
            partition by tenant_id, funnel_name, person_id, held_value, step_order
            order by occurred_at desc
            range between unbounded preceding and current row
        ) as taken_at
    from timeline
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        platform,
        entered_at,
        window_ends_at,
        step_order,
        taken_at
    from taken
    where taken_at <= window_ends_at
)

select * from final
