with
first_received as (
    {{ deduplicated('logs', 'sync_log', ['sync_id']) }}
)

select
    tenant_id,
    sync_id,
    source_platform,
    status,
    started_at,
    finished_at,
    record_count,
    error_code,
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
