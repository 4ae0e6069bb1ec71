with
first_reached as (
    -- Of the times that a notification came to a status, the first.
    {{ deduplicated('logs', 'notification_log', ['notification_id', 'status'], received='occurred_at') }}
)

select
    tenant_id,
    notification_id,
    channel,
    status,
    occurred_at,
    user_id,
    module,
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
from first_reached
