with
first_received as (
    {{ deduplicated('logs', 'checkins', ['checkin_id']) }}
)

select
    tenant_id,
    checkin_id,
    person_key,
    person_type,
    event_id,
    event_type,
    checked_in_at,
    venue_id,
    city_id,
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
