with
realtime as (
    select
        events.tenant_id,
        events.event_id,
        events.event_type,
        events.payload_hash,
        events.file_id,
        events.line_no,
        events.loaded_at,
        events._dlt_load_id as load_id,
        loads.inserted_at as completed_at
    from {{ source('raw_events_realtime', 'events') }} as events
    inner join {{ source('raw_events_realtime', '_dlt_loads') }} as loads on events._dlt_load_id = loads.load_id
    where events._dlt_load_id in {{ completed_loads('events_realtime') }}
),

batch as (
    select
        events.tenant_id,
        events.event_id,
        events.payload_hash,
        min(loads.inserted_at) as completed_at
    from {{ source('raw_events', 'events') }} as events
    inner join {{ source('raw_events', '_dlt_loads') }} as loads on events._dlt_load_id = loads.load_id
    where
        events._dlt_load_id in {{ completed_loads('events') }}
        and events.event_type in (select realtime.event_type from realtime)
    group by events.tenant_id, events.event_id, events.payload_hash
),

final as (
    select
        realtime.tenant_id,
        realtime.event_id,
        realtime.payload_hash,
        realtime.file_id,
        realtime.line_no,
        realtime.loaded_at,
        realtime.load_id,
        -- A batch load may have begun long before a pass that has ended before it.
        realtime.completed_at < batch.completed_at as is_first
    from realtime
    inner join batch
        on
            realtime.tenant_id = batch.tenant_id
            and realtime.event_id = batch.event_id
            and realtime.payload_hash = batch.payload_hash
)

select * from final
