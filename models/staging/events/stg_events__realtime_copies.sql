with
realtime as (
    select
        tenant_id,
        event_id,
        event_type,
        payload_hash,
        file_id,
        line_no,
        loaded_at,
        _dlt_load_id as load_id
    from {{ source('raw_events_realtime', 'events') }}
    where _dlt_load_id in {{ completed_loads('events_realtime') }}
),

batch as (
    select distinct
        tenant_id,
        event_id,
        payload_hash
    from {{ source('raw_events', 'events') }}
    where
        _dlt_load_id in {{ completed_loads('events') }}
        and event_type in (select realtime.event_type from realtime)
),

final as (
    select
        realtime.tenant_id,
        realtime.event_id,
        realtime.payload_hash,
        realtime.file_id,
        realtime.line_no,
        realtime.loaded_at,
        realtime.load_id
    from realtime
    inner join batch
        on
            realtime.tenant_id = batch.tenant_id
            and realtime.event_id = batch.event_id
            and realtime.payload_hash = batch.payload_hash
)

select * from final
