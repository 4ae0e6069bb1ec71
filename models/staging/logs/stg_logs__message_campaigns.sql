with
latest as (
    {{ deduplicated('logs', 'message_campaigns', ['campaign_id'], version='updated_at') }}
)

select
    tenant_id,
    campaign_id,
    campaign_type,
    status,
    updated_at,
    audience,
    delivery_channels,
    priority,
    starts_at,
    ends_at,
    cooldown_hours,
    max_deliveries_per_user,
    release_id,
    role_requirement,
    paid_tier_requirement,
    organizer_id,
    cost_amount,
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
