with
first_received as (
    {{ deduplicated('logs', 'account_binding_log', ['binding_id']) }}
)

select
    tenant_id,
    binding_id,
    user_id,
    lower(binding_type) as binding_type,
    status,
    error_code,
    attempted_at,
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
