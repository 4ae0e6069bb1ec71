with
received as (
    select
        tenant_id,
        event_id,
        payload_hash,
        file_id,
        line_no,
        loaded_at,
        _dlt_load_id as load_id
    from {{ source('raw_events', 'events') }}
    where _dlt_load_id in {{ completed_loads('events') }}
),

accepted as (
    select
        tenant_id,
        event_id,
        payload_hash
    from {{ ref('stg_events__events') }}
),

final as (
    select
        received.tenant_id,
        received.event_id,
        received.file_id,
        received.line_no,
        received.loaded_at,
        received.load_id
    from received
    inner join accepted
        on
            received.tenant_id = accepted.tenant_id
            and received.event_id = accepted.event_id
    where received.payload_hash <> accepted.payload_hash
)

select * from final
