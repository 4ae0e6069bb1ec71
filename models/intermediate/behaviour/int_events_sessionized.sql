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
    from {{ ref('int_events_identified') }} as events
    where
        person_id is not null
        and not is_server_sent
        and {{ is_dirty('events') }}
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

over_age_chains as (
    select
        tenant_id,
        person_id,
        chain_started_at
    from chained
    group by tenant_id, person_id, chain_started_at
    having max(occurred_at) >= chain_started_at + {{ max_age }}
),

-- Few chains are that long: only these are cut.
over_age_events as (
    select
        chained.tenant_id,
        chained.person_id,
        chained.event_id,
        chained.occurred_at,
        chained.chain_started_at,
        -- Where the next session begins, if one begins here. Newest first: a running minimum, linear on every engine.
        min(chained.occurred_at) over (
            partition by chained.tenant_id, chained.person_id, chained.chain_started_at
            order by chained.occurred_at desc
            range between unbounded preceding and {{ max_age }} preceding
        ) as next_start_at
    from chained
    inner join over_age_chains
        on
            chained.tenant_id = over_age_chains.tenant_id
            and chained.person_id = over_age_chains.person_id
            and chained.chain_started_at = over_age_chains.chain_started_at
),

over_age_pointers as (
    select distinct
        tenant_id,
        person_id,
        occurred_at as start_at,
        next_start_at as next_at
    from over_age_events
),

over_age_starts as (
    select
        tenant_id,
        person_id,
        chain_started_at as start_at
    from over_age_chains
),

over_age_sessions as (
    select
        tenant_id,
        person_id,
        start_at
    from {{ follow_pointers('over_age_starts', 'over_age_pointers', ['tenant_id', 'person_id']) }} as sessions
),

cut as (
    select
        events.tenant_id,
        events.event_id,
        max(over_age_sessions.start_at) over (
            partition by events.tenant_id, events.person_id, events.chain_started_at
            order by events.occurred_at asc, events.event_id asc
            rows between unbounded preceding and current row
        ) as session_started_at
    from over_age_events as events
    left join over_age_sessions
        on
            events.tenant_id = over_age_sessions.tenant_id
            and events.person_id = over_age_sessions.person_id
            and events.occurred_at = over_age_sessions.start_at
),

started as (
    select
        chained.tenant_id,
        chained.event_id,
        chained.person_id,
        chained.occurred_at,
        chained.date_day,
        chained.chain_started_at,
        coalesce(cut.session_started_at, chained.chain_started_at) as session_started_at
    from chained
    left join cut
        on
            chained.tenant_id = cut.tenant_id
            and chained.event_id = cut.event_id
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
