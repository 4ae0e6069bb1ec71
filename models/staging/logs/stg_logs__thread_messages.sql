with
latest as (
    -- A version without updated_at is as old as the last thing that it tells.
    {{ deduplicated('logs', 'thread_messages', ['message_id'], version='coalesce(updated_at, read_at, sent_at)') }}
)

select
    tenant_id,
    message_id,
    thread_id,
    sender_id,
    sender_role,
    sent_at,
    status,
    read_at,
    body_length,
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
