with
first_received as (
    {{ deduplicated('logs', 'subject_requests', ['request_id']) }}
)

select
    tenant_id,
    request_id,
    person_key,
    person_type,
    request_type,
    requested_at,
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
