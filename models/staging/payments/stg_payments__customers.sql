with
first_received as (
    {{ deduplicated('payments', 'customers', ['customer_id', 'coalesce(stripe_event_id, payload_hash)']) }}
)

select
    tenant_id,
    customer_id,
    user_id,
    upper(currency) as currency,
    country,
    created_at,
    is_deleted,
    state_at,
    stripe_event_id,
    stripe_event_type,
    is_livemode,
    extra,
    payload_hash,
    file_id,
    line_no,
    loaded_at,
    _dlt_load_id as load_id
from first_received
-- Stripe's test mode is not business.
where is_livemode is not false
