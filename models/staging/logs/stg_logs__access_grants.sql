with
latest as (
    -- Of versions without updated_at the one that ends first holds: a right that was taken back never returns.
    {{ deduplicated('logs', 'access_grants', ['grant_id'], version='updated_at', received='valid_to') }}
)

select
    tenant_id,
    grant_id,
    principal,
    access_role,
    valid_from,
    valid_to,
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
