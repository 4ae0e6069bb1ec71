with
first_received as (
    {{ deduplicated('logs', 'experiment_exposures', ['experiment_id', 'variant', 'unit_id', 'exposed_at']) }}
)

select
    tenant_id,
    experiment_id,
    variant,
    unit_id,
    exposed_at,
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
