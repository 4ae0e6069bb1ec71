with
latest as (
    {{ deduplicated('logs', 'platform_costs', ['cost_date', 'service', 'currency'], version='updated_at') }}
)

select
    tenant_id,
    cost_date,
    service,
    amount,
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
