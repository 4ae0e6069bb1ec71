with
first_received as (
    {{ deduplicated('logs', 'raw_message', ['message_id']) }}
)

select
    tenant_id,
    message_id,
    channel,
    direction,
    sent_at,
    in_reply_to,
    thread_id,
    agent_id,
    customer_id,
    is_automated,
    delivered_at,
    product_ids,
    body_length,
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
