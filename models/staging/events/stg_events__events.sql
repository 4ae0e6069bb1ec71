with
first_received as (
    {{ deduplicated('events', 'events', ['event_id'], received='received_at') }}
)

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
    _dlt_load_id as load_id
from first_received
