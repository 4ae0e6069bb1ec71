with
first_received as (
    {{ deduplicated('logs', 'organizer_credits', ['entry_id']) }}
)

select
    tenant_id,
    entry_id,
    organizer_id,
    amount,
    entry_kind,
    entered_at,
    campaign_id,
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
