with
latest as (
    {{ deduplicated('logs', 'experiments', ['experiment_id'], version='updated_at') }}
)

select
    tenant_id,
    experiment_id,
    experiment_name,
    metric_name,
    variants,
    started_at,
    ended_at,
    status,
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
