with
first_received as (
    {{ deduplicated('logs', 'contact_log', ['action_id']) }}
)

select
    tenant_id,
    action_id,
    contact_id,
    action,
    acted_at,
    source,
    old_grade,
    new_grade,
    segment,
    record_count,
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
