with
first_received as (
    {{ deduplicated('logs', 'visits', ['visit_id']) }}
)

select
    tenant_id,
    visit_id,
    person_key,
    person_type,
    visited_at,
    city_id,
    time_zone,
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
