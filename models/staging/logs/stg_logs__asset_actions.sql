with
first_received as (
    {{ deduplicated('logs', 'asset_log', ['action_id']) }}
)

select
    tenant_id,
    action_id,
    asset_id,
    action,
    acted_at,
    retailer_id,
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
