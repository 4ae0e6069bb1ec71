with
first_received as (
    {{ deduplicated('logs', 'ai_model_requests', ['request_id']) }}
)

select
    tenant_id,
    request_id,
    model_name,
    model_version,
    input_tokens,
    output_tokens,
    total_tokens,
    latency_ms,
    time_to_first_token_ms,
    is_success,
    error_type,
    confidence_score,
    cost_estimate,
    satisfaction_score,
    user_id,
    session_id,
    experiment_id,
    variant,
    requested_at,
    brand_id,
    team_id,
    organization_id,
    metadata,
    extra,
    payload_hash,
    file_id,
    line_no,
    loaded_at,
    _dlt_load_id as load_id
from first_received
