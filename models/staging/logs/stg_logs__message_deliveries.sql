with
-- A version without updated_at is as old as the last thing that it tells.
latest as (
    {{
        deduplicated(
            'logs', 'message_deliveries', ['delivery_id'],
            version='coalesce(updated_at, dismissed_at, acknowledged_at, delivered_at, created_at)'
        )
    }}
)

select
    tenant_id,
    delivery_id,
    campaign_id,
    recipient_type,
    recipient_id,
    delivery_status,
    delivery_channel,
    created_at,
    delivered_at,
    acknowledged_at,
    dismissed_at,
    expires_at,
    content_hash,
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
