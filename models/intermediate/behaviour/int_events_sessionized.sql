{%- set max_age = "interval '" ~ var('session_max_hours') ~ " hours'" -%}
with
events as (
    select
        tenant_id,
        person_id,
        event_id,
        occurred_at,
        date_day,
        lag(occurred_at) over (
            partition by tenant_id, person_id
            order by occurred_at asc, event_id asc
        ) as previous_at
    from {{ ref('int_events_identified') }} as identified
    where
        person_id is not null
        and not is_server_sent
        and {{ is_dirty('identified') }}
),

flagged as (
    select
        tenant_id,
        person_id,
        event_id,
        occurred_at,
        date_day,
        coalesce(occurred_at >= {{ add_seconds('previous_at', var('session_gap_minutes') * 60) }}, true) as is_chain_start
    from events
),

chained as (
    select
        tenant_id,
        person_id,
        event_id,
        occurred_at,
        date_day,
        max(case when is_chain_start then occurred_at end) over (
            partition by tenant_id, person_id
            order by occurred_at asc, event_id asc
            rows between unbounded preceding and current row
        ) as chain_started_at
    from flagged
),

bounded as (
    select
        tenant_id,
        person_id,
        event_id,
        occurred_at,
        date_day,
        chain_started_at,
        max(occurred_at) over (
            partition by tenant_id, person_id, chain_started_at
        ) >= chain_started_at + {{ max_age }} as is_over_age,
        -- Where the next session begins, if one begins here. Newest first: a running minimum, linear on every engine.
        min(occurred_at) over (
            partition by tenant_id, person_id, chain_started_at
            order by occurred_at desc
            range between unbounded preceding and {{ max_age }} preceding
        ) as next_start_at
    from chained
),

over_age_starts as (
    select distinct
        tenant_id,
        person_id,
        chain_started_at as start_at
    from bounded
    where is_over_age
),

over_age_pointers as (
    select distinct
        tenant_id,
        person_id,
        occurred_at as start_at,
        next_start_at as next_at
    from bounded
    where is_over_age
),

over_age_sessions as (
    select
        tenant_id,
        person_id,
        start_at
    from {{ follow_pointers('over_age_starts', 'over_age_pointers', ['tenant_id', 'person_id']) }} as sessions
),

started as (
    select
        events.tenant_id,
        events.person_id,
        events.event_id,
        events.occurred_at,
        events.date_day,
        events.chain_started_at,
        case
            when events.is_over_age
                then max(over_age_sessions.start_at) over (
                    partition by events.tenant_id, events.person_id, events.chain_started_at
                    order by events.occurred_at asc, events.event_id asc
                    rows between unbounded preceding and current row
                )
            else events.chain_started_at
        end as session_started_at
    from bounded as events
    left join over_age_sessions
        on
            events.tenant_id = over_age_sessions.tenant_id
            and events.person_id = over_age_sessions.person_id
            and events.occurred_at = over_age_sessions.start_at
),

final as (
    select
        tenant_id,
        event_id,
        person_id,
        occurred_at,
        date_day,
        chain_started_at,
        {{ surrogate_key(['tenant_id', 'person_id', 'session_started_at']) }} as session_id,
        session_started_at
    from started
)

select * from final
