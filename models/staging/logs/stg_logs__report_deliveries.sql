with
latest as (
    -- A version without updated_at is as old as the last thing that it tells.
    {{ deduplicated('logs', 'report_deliveries', ['delivery_id'], version='coalesce(updated_at, delivered_at, scheduled_at)') }}
)

select
    tenant_id,
    delivery_id,
    report_name,
    report_format,
    scheduled_at,
    status,
    delivered_at,
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
