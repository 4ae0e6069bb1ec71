select
    events.tenant_id,
    events.event_id,
    events.event_type,
    events.user_id,
    events.anonymous_id,
    events.session_id,
    events.ip_hash,
    events.occurred_at,
    events.received_at,
    events.platform,
    events.app_version,
    events.country,
    events.organization_id,
    events.module,
    events.feature,
    events.assessment_id,
    events.assessment_type,
    events.duration_seconds,
    events.completion_percentage,
    events.ai_confidence,
    events.dual_ai_agreement,
    events.openness,
    events.conscientiousness,
    events.extraversion,
    events.agreeableness,
    events.neuroticism,
    events.attributes,
    events.metrics,
    events.dialect,
    events.extra,
    events.payload_hash,
    events.file_id,
    events.line_no,
    events.loaded_at,
    events.load_id,
    events.lane,
    coalesce(limited.sample_weight, cast(1 as decimal(38, 6))) as sample_weight
from {{ ref('stg_events__events') }} as events
left join {{ ref('int_events_limited') }} as limited
    on
        events.tenant_id = limited.tenant_id
        and events.event_id = limited.event_id
where limited.reason is null
