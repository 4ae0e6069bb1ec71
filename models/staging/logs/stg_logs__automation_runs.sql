with
latest as (
    -- A version without updated_at is as old as the last thing that it tells.
    {{ deduplicated('logs', 'automation_log', ['run_id'], version='coalesce(updated_at, converted_at, ran_at)') }}
)

select
    tenant_id,
    run_id,
    automation,
    trigger_type,
    status,
    ran_at,
    contact_id,
    message_id,
    converted_at,
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
