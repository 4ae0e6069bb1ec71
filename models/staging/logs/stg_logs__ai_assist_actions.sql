with
first_received as (
    {{ deduplicated('logs', 'ai_assist_log', ['action_id']) }}
)

select
    tenant_id,
    action_id,
    generation_id,
    action,
    acted_at,
    user_id,
    model_name,
    template_id,
    macro_id,
    tokens,
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
