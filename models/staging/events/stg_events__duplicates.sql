with
received as (
    select
        tenant_id,
        event_id,
        event_type,
        occurred_at,
        payload_hash,
        file_id,
        line_no,
        loaded_at,
        load_id,
        lane
    from {{ ref('stg_events__received') }} as received
    where {{ is_dirty('received') }}
),

accepted as (
    select
        tenant_id,
        event_id,
        payload_hash,
        file_id,
        line_no,
        load_id
    from {{ ref('stg_events__events') }} as events
    where {{ is_dirty('events') }}
),

final as (
    select
        received.tenant_id,
        received.event_id,
        received.event_type,
        received.occurred_at,
        received.payload_hash <> accepted.payload_hash as is_conflicting,
        received.file_id,
        received.line_no,
        received.loaded_at,
        received.load_id,
        received.lane
    from received
    inner join accepted
        on
            received.tenant_id = accepted.tenant_id
            and received.event_id = accepted.event_id
    where
        received.load_id <> accepted.load_id
        or received.file_id <> accepted.file_id
        or received.line_no <> accepted.line_no
)

select * from final
