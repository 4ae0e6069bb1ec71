{%- set max_age = "interval '" ~ var('session_max_hours') ~ " hours'" -%}
with
events as (
    select
        tenant_id,
        person_id,
        event_id,
        occurred_at,
        lag(occurred_at) over (
            partition by tenant_id, person_id
            order by occurred_at asc, event_id asc
        ) as previous_at
    from {{ ref('int_events_identified') }}
    where person_id is not null and not is_server_sent
),

flagged as (
    select
        tenant_id,
        person_id,
        event_id,
        occurred_at,
        coalesce(occurred_at >= {{ add_seconds('previous_at', var('session_gap_minutes') * 60) }}, true) as is_chain_start
    from events
),

chained as (
    select
        tenant_id,
        person_id,
        event_id,
        occurred_at,
        max(case when is_chain_start then occurred_at end) over (
            partition by tenant_id, person_id
            order by occurred_at asc, event_id asc
            rows between unbounded preceding and current row
        ) as chain_started_at
    from flagged
),

final as (
    select
        tenant_id,
        person_id,
        event_id,
        occurred_at,
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
)

select * from final
