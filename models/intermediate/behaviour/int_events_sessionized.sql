with
events as (
    select
        tenant_id,
        person_id,
        event_id,
        occurred_at,
        chain_started_at,
        is_over_age,
        next_start_at
    from {{ ref('int_event_chains_split') }}
),

over_age_starts as (
    select distinct
        tenant_id,
        person_id,
        chain_started_at as start_at
    from events
    where is_over_age
),

over_age_pointers as (
    select distinct
        tenant_id,
        person_id,
        occurred_at as start_at,
        next_start_at as next_at
    from events
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
        case
            when events.is_over_age
                then max(over_age_sessions.start_at) over (
                    partition by events.tenant_id, events.person_id, events.chain_started_at
                    order by events.occurred_at asc, events.event_id asc
                    rows between unbounded preceding and current row
                )
            else events.chain_started_at
        end as session_started_at
    from events
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
        {{ surrogate_key(['tenant_id', 'person_id', 'session_started_at']) }} as session_id,
        session_started_at
    from started
)

select * from final
