with
latest as (
    {{ deduplicated('logs', 'experience_profiles', ['person_key'], version='updated_at') }}
)

select
    tenant_id,
    person_key,
    person_type,
    updated_at,
    first_seen_at,
    last_seen_at,
    visit_counts,
    last_seen_release_id,
    acknowledged_releases,
    linked_keys,
    preferences,
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
