with
first_received as (
    {{ deduplicated('logs', 'template_log', ['action_id']) }}
)

select
    tenant_id,
    action_id,
    template_id,
    action,
    acted_at,
    template_scope,
    template_language,
    template_format,
    channel,
    brand_id,
    team_id,
    user_id,
    organization_id,
    metadata,
    extra,
    payload_hash,
    file_id,
    line_no,
    loaded_at,
    _dlt_load_id as load_id
from first_received
