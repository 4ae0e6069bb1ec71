with
latest as (
    {{ deduplicated('logs', 'tournaments', ['tournament_id'], version='updated_at') }}
)

select
    tenant_id,
    tournament_id,
    status,
    starts_at,
    completed_at,
    entry_fee_amount,
    upper(currency) as currency,
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
