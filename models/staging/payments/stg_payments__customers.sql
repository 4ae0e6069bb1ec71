with
first_received as (
    {{ deduplicated('payments', 'customers', ['customer_id', state_id()]) }}
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
    {{ state_id() }} as state_id,
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
