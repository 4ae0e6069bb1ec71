with
events as (
    select
        tenant_id,
        event_type,
        coalesce(received_at, occurred_at) as arrived_at,
        loaded_at
    from {{ ref('stg_events__events') }}
),

lanes as (
    select
        event_type,
        lane
    from {{ ref('event_lanes') }}
),

first_loads as (
    select
        tenant_id,
        min(loaded_at) as first_loaded_at
    from events
    group by tenant_id
),

dated as (
    select
        events.tenant_id,
        coalesce(lanes.lane, 'batch') as lane,
        cast({{ dbt.date_trunc('hour', 'events.arrived_at') }} as timestamp) as hour_start,
        -- What was there before the tenant's first load is its archive: nobody could have loaded it sooner.
        case
            when events.arrived_at >= first_loads.first_loaded_at
                then greatest({{ seconds_between('events.arrived_at', 'events.loaded_at') }}, 0)
        end as latency_seconds
    from events
    inner join first_loads on events.tenant_id = first_loads.tenant_id
    left join lanes on events.event_type = lanes.event_type
),

grouped as (
    select
        tenant_id,
        lane,
        hour_start,
        count(*) as events,
        count(case when latency_seconds is null then 1 end) as archived_events,
        count(latency_seconds) as live_events,
        count(case when latency_seconds > {{ var('late_after_seconds') }} then 1 end) as late_events,
        {{ quantile('latency_seconds', 0.5) }} as latency_p50_seconds,
        {{ quantile('latency_seconds', 0.95) }} as latency_p95_seconds,
        max(latency_seconds) as latency_max_seconds
    from dated
    group by
        tenant_id,
        lane,
        hour_start
),

final as (
    select
        tenant_id,
        lane,
        hour_start,
        events,
        archived_events,
        live_events,
        late_events,
        {{ safe_ratio('late_events', 'live_events') }} as late_rate,
        latency_p50_seconds,
        latency_p95_seconds,
        latency_max_seconds
    from grouped
)

select * from final
