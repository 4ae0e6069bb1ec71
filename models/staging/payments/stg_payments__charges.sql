with
first_received as (
    {{ deduplicated('payments', 'charges', ['charge_id', state_id()]) }}
)

select
    tenant_id,
    charge_id,
    customer_id,
    invoice_id,
    status,
    failure_code,
    upper(currency) as currency,
    amount,
    amount_refunded,
    created_at,
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
