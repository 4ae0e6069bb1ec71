with
copies as (
    select
        load_id,
        file_id,
        line_no
    from {{ ref('stg_events__realtime_copies') }}
),

batch as (
    select
        tenant_id,
        event_id,
        event_type,
        user_id,
        anonymous_id,
        session_id,
        ip_hash,
        occurred_at,
        received_at,
        platform,
        app_version,
        country,
        organization_id,
        module,
        feature,
        assessment_id,
        assessment_type,
        duration_seconds,
        completion_percentage,
        ai_confidence,
        dual_ai_agreement,
        openness,
        conscientiousness,
        extraversion,
        agreeableness,
        neuroticism,
        attributes,
        metrics,
        dialect,
        extra,
        payload_hash,
        file_id,
        line_no,
        loaded_at,
        _dlt_load_id as load_id,
        'batch' as lane
    from {{ source('raw_events', 'events') }}
    where _dlt_load_id in {{ completed_loads('events') }}
),

realtime as (
    select
        tenant_id,
        event_id,
        event_type,
        user_id,
        anonymous_id,
        session_id,
        ip_hash,
        occurred_at,
        received_at,
        platform,
        app_version,
        country,
        organization_id,
        module,
        feature,
        assessment_id,
        assessment_type,
        duration_seconds,
        completion_percentage,
        ai_confidence,
        dual_ai_agreement,
        openness,
        conscientiousness,
        extraversion,
        agreeableness,
        neuroticism,
        attributes,
        metrics,
        dialect,
        extra,
        payload_hash,
        file_id,
        line_no,
        loaded_at,
        _dlt_load_id as load_id,
        'realtime' as lane
    from {{ source('raw_events_realtime', 'events') }}
    where _dlt_load_id in {{ completed_loads('events_realtime') }}
),

final as (
    select *
    from batch
    union all
    select realtime.*
    from realtime
    left join copies
        on
            realtime.load_id = copies.load_id
            and realtime.file_id = copies.file_id
            and realtime.line_no = copies.line_no
    where copies.load_id is null
)

select * from final
