with
first_received as (
    {{ deduplicated('payments', 'refunds', ['refund_id', state_id()]) }}
)

select
    tenant_id,
    refund_id,
    charge_id,
    status,
    reason,
    upper(currency) as currency,
    amount,
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
