with
first_received as (
    {{ deduplicated('payments', 'invoice_lines', ['invoice_line_id', state_id()]) }}
)

select
    tenant_id,
    invoice_id,
    invoice_line_id,
    subscription_item_id,
    price_id,
    amount,
    upper(currency) as currency,
    quantity,
    is_proration,
    period_started_at,
    period_ends_at,
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
