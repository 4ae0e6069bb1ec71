with
first_received as (
    {{ deduplicated('payments', 'subscriptions', ['subscription_id', state_id()]) }}
)

select
    tenant_id,
    subscription_id,
    customer_id,
    status,
    upper(currency) as currency,
    created_at,
    started_at,
    trial_started_at,
    trial_ends_at,
    period_started_at,
    period_ends_at,
    is_cancel_at_period_end,
    cancel_at,
    canceled_at,
    ended_at,
    pause_behavior,
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
