{%- set counted_durations = {
    'recurring': ['forever', 'repeating'],
    'forever_only': ['forever'],
    'all': ['forever', 'repeating', 'once'],
    'none': [],
}[var('discount_policy')] -%}
with
states as (
    select
        tenant_id,
        subscription_id,
        state_number,
        state_id,
        period_started_at,
        period_ends_at,
        valid_from,
        valid_to
    from {{ ref('int_subscription_states_ordered') }}
),

discounts as (
    select
        tenant_id,
        subscription_id,
        state_id,
        position,
        coalesce(discount_id, coupon_id) as discount_id,
        percent_off,
        amount_off,
        currency,
        duration,
        started_at,
        ends_at
    from {{ ref('stg_payments__subscription_discounts') }}
    where duration in ({% for duration in counted_durations %}'{{ duration }}', {% endfor %}'')
),

listed as (
    select
        states.tenant_id,
        states.subscription_id,
        states.state_number,
        states.valid_from,
        states.valid_to,
        states.period_started_at,
        states.period_ends_at,
        discounts.position,
        discounts.discount_id,
        discounts.percent_off,
        discounts.amount_off,
        discounts.currency,
        coalesce(discounts.started_at, states.valid_from) as applies_from,
        case
            when discounts.duration = 'once'
                then min(coalesce(states.period_ends_at, states.valid_from)) over (
                    partition by discounts.tenant_id, discounts.subscription_id, discounts.discount_id
                )
            else discounts.ends_at
        end as ends_at,
        case when discounts.duration = 'once' then states.valid_from else discounts.ends_at end as leaves_list_at,
        row_number() over (
            partition by discounts.tenant_id, discounts.subscription_id, discounts.discount_id
            order by states.state_number desc, discounts.position asc
        ) as listing_from_last
    from states
    inner join discounts
        on
            states.tenant_id = discounts.tenant_id
            and states.subscription_id = discounts.subscription_id
            and states.state_id = discounts.state_id
),

-- A discount lasts to the end of the service whose invoice it reduced: a year, for three months on an annual price.
extended as (
    select
        *,
        case
            when applies_from <= period_started_at and ends_at > period_started_at and ends_at < period_ends_at then period_ends_at
            else ends_at
        end as applies_to
    from listed
),

-- Stripe takes an expired discount off the list; the service that it reduced goes on in the states that follow.
carried as (
    select
        extended.tenant_id,
        extended.subscription_id,
        states.state_number,
        extended.position,
        extended.discount_id,
        extended.percent_off,
        extended.amount_off,
        extended.currency,
        extended.applies_from,
        extended.applies_to
    from extended
    inner join states
        on
            extended.tenant_id = states.tenant_id
            and extended.subscription_id = states.subscription_id
            and extended.state_number < states.state_number
            and extended.leaves_list_at <= states.valid_from
            and extended.applies_to > states.valid_from
    where extended.listing_from_last = 1
),

final as (
    select
        tenant_id,
        subscription_id,
        state_number,
        position,
        discount_id,
        percent_off,
        amount_off,
        currency,
        applies_from,
        applies_to
    from extended
    union all
    select
        tenant_id,
        subscription_id,
        state_number,
        position,
        discount_id,
        percent_off,
        amount_off,
        currency,
        applies_from,
        applies_to
    from carried
)

select * from final
