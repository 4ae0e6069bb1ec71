with
first_received as (
    {{ deduplicated('logs', 'consent_log', ['consent_id']) }}
)

select
    tenant_id,
    consent_id,
    person_key,
    person_type,
    purpose,
    is_granted,
    decided_at,
    source,
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
