with
states as (
    select
        tenant_id,
        subscription_id,
        currency,
        trial_started_at,
        trial_ends_at,
        row_number() over (partition by tenant_id, subscription_id order by state_number desc) as state_from_last
    from {{ ref('int_subscription_states_ordered') }}
    where trial_started_at < trial_ends_at and trial_started_at <= {{ as_of() }}
),

paid as (
    select
        tenant_id,
        subscription_id,
        currency,
        valid_from
    from {{ ref('fct_subscription_item_periods') }}
    where mrr_amount > 0 and status <> 'trialing'
),

sold as (
    select
        tenant_id,
        subscription_id,
        min(currency) as currency
    from {{ ref('fct_subscription_item_periods') }}
    group by tenant_id, subscription_id
),

final as (
    select
        states.tenant_id,
        states.subscription_id,
        coalesce(states.currency, sold.currency) as currency,
        states.trial_started_at,
        states.trial_ends_at,
        min(paid.valid_from) as converted_at
    from states
    left join sold
        on states.tenant_id = sold.tenant_id and states.subscription_id = sold.subscription_id
    left join paid
        on
            states.tenant_id = paid.tenant_id
            and states.subscription_id = paid.subscription_id
            and states.trial_ends_at <= paid.valid_from
    where states.state_from_last = 1
    group by
        states.tenant_id,
        states.subscription_id,
        coalesce(states.currency, sold.currency),
        states.trial_started_at,
        states.trial_ends_at
)

select * from final
