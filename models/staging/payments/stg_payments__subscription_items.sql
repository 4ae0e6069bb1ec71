with
first_received as (
    {{ deduplicated('payments', 'subscription_items', ['subscription_item_id', state_id()]) }}
)

select
    tenant_id,
    subscription_id,
    subscription_item_id,
    price_id,
    quantity,
    product_id,
    upper(currency) as currency,
    unit_amount,
    interval,
    interval_count,
    usage_type,
    billing_scheme,
    tiers_mode,
    tiers,
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
