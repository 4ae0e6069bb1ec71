with
phases as (
    select *
    from {{ ref('int_subscription_phases_split') }}
    where status <> 'canceled'
),

discounts as (
    select *
    from {{ ref('int_subscription_discounts_compounded') }}
),

items as (
    select
        items.tenant_id,
        items.subscription_id,
        items.state_id,
        items.subscription_item_id,
        items.price_id,
        items.currency,
        coalesce(items.quantity, 1) as quantity,
        coalesce(items.usage_type, 'licensed') = 'licensed' as is_licensed,
        {{ minor_units_per_major('currencies.minor_unit_exponent') }} as minor_units,
        12 * coalesce(items.interval_count, 1) as interval_divisor,
        case items.interval when 'day' then 365 when 'week' then 52 when 'month' then 12 when 'year' then 1 end as intervals_per_year,
        cast(coalesce(items.unit_amount, 0) as decimal(24, 12)) as unit_amount,
        case
            when items.usage_type = 'metered' then null
            when items.billing_scheme = 'tiered' then 'tiered price'
            when items.unit_amount is null then 'no unit amount'
            when currencies.currency is null then 'unknown currency'
            when coalesce(items.interval, '') not in ('day', 'week', 'month', 'year') then 'unknown interval'
        end as unpriced_reason
    from {{ ref('stg_payments__subscription_items') }} as items
    left join {{ ref('currencies') }} as currencies on items.currency = currencies.currency
),

billed as (
    select
        phases.tenant_id,
        phases.subscription_id,
        items.subscription_item_id,
        phases.valid_from,
        phases.valid_to,
        phases.customer_id,
        phases.status,
        items.price_id,
        items.currency,
        items.quantity,
        items.minor_units,
        items.intervals_per_year,
        items.interval_divisor,
        items.unpriced_reason,
        phases.is_counted and items.is_licensed and items.unpriced_reason is null as is_counted,
        cast(case when items.is_licensed then items.unit_amount * items.quantity else 0 end as decimal(26, 12)) as cycle_amount
    from phases
    inner join items
        on
            phases.tenant_id = items.tenant_id
            and phases.subscription_id = items.subscription_id
            and phases.state_id = items.state_id
),

shared as (
    select
        billed.*,
        coalesce(discounts.kept_share, 1) as kept_share,
        coalesce(discounts.amount_off, 0) as amount_off,
        sum(billed.cycle_amount) over (
            partition by billed.tenant_id, billed.subscription_id, billed.valid_from
        ) as subscription_cycle_amount
    from billed
    left join discounts
        on
            billed.tenant_id = discounts.tenant_id
            and billed.subscription_id = discounts.subscription_id
            and billed.valid_from = discounts.valid_from
),

-- Stripe takes amount_off from the invoice: each item bears the part that it has in the list price.
discounted as (
    select
        *,
        cast(
            greatest(
                cycle_amount * kept_share
                - case
                    when amount_off = 0 or cycle_amount = 0 then 0
                    when cycle_amount = subscription_cycle_amount then amount_off
                    else {{ divide('amount_off * cast(cycle_amount as decimal(20, 6))', 'subscription_cycle_amount') }}
                end,
                0
            ) as decimal(26, 12)
        ) as discounted_cycle_amount
    from shared
),

-- One exact division per item: minor units of a billing cycle to major units of a month.
final as (
    select
        tenant_id,
        subscription_id,
        subscription_item_id,
        valid_from,
        valid_to,
        customer_id,
        status,
        price_id,
        currency,
        quantity,
        case when is_counted then {{ monthly_amount('cycle_amount') }} else cast(0 as decimal(38, 6)) end as list_mrr_amount,
        case when is_counted then {{ monthly_amount('discounted_cycle_amount') }} else cast(0 as decimal(38, 6)) end as mrr_amount,
        unpriced_reason
    from discounted
)

select * from final
