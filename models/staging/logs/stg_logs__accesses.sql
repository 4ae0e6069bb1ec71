with
first_received as (
    {{ deduplicated('logs', 'access_log', ['access_id']) }}
)

select
    tenant_id,
    access_id,
    principal,
    object_name,
    accessed_at,
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
