-- Returns discounts of an amount that no rule tells how to apply: in another currency than the subscription's items, or on a
-- subscription whose items are billed in different rhythms. The bug would be 5 euros taken off as 5 dollars.
-- Does not check percentages, which need no currency.
{{ config(group='revenue') }}
with
items as (
    select
        tenant_id,
        subscription_id,
        state_id,
        min(currency) as first_currency,
        max(currency) as last_currency,
        min(interval_count || ' ' || interval) as first_rhythm,
        max(interval_count || ' ' || interval) as last_rhythm
    from {{ ref('stg_payments__subscription_items') }}
    where coalesce(usage_type, 'licensed') = 'licensed'
    group by tenant_id, subscription_id, state_id
)

select
    discounts.tenant_id,
    discounts.subscription_id,
    discounts.discount_id,
    discounts.currency,
    items.first_currency,
    items.first_rhythm,
    items.last_rhythm
from {{ ref('int_subscription_discounts_applied') }} as discounts
inner join {{ ref('int_subscription_states_ordered') }} as states
    on
        discounts.tenant_id = states.tenant_id
        and discounts.subscription_id = states.subscription_id
        and discounts.state_number = states.state_number
inner join items
    on
        states.tenant_id = items.tenant_id
        and states.subscription_id = items.subscription_id
        and states.state_id = items.state_id
where
    discounts.amount_off is not null
    and (
        discounts.currency is null
        or discounts.currency <> items.first_currency
        or discounts.currency <> items.last_currency
        or items.first_rhythm <> items.last_rhythm
    )
