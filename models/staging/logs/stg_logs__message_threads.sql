with
latest as (
    {{ deduplicated('logs', 'message_threads', ['thread_id'], version='updated_at') }}
)

select
    tenant_id,
    thread_id,
    thread_type,
    created_by,
    created_at,
    participants,
    updated_at,
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
from latest
