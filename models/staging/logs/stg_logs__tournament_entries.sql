with
latest as (
    {{ deduplicated('logs', 'tournament_entries', ['entry_id'], version='updated_at') }}
)

select
    tenant_id,
    entry_id,
    tournament_id,
    player_id,
    entered_at,
    status,
    paid_amount,
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
