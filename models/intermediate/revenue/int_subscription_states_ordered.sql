with
observed as (
    select
        *,
        coalesce(state_at, loaded_at) as observed_at,
        pause_behavior is not null as is_paused,
        row_number() over (
            partition by tenant_id, subscription_id
            order by {{ state_order() }}
        ) as state_number
    from {{ ref('stg_payments__subscriptions') }}
    where coalesce(state_at, loaded_at) <= {{ as_of() }} or state_at is null
),

begun as (
    select
        *,
        -- What is first known of a subscription is taken to hold since its start, which may be backdated.
        first_value(coalesce(started_at, created_at, observed_at)) over (
            partition by tenant_id, subscription_id
            order by state_number asc
        ) as subscription_started_at,
        min(ended_at) over (partition by tenant_id, subscription_id) as subscription_ended_at,
        lag(is_paused) over (partition by tenant_id, subscription_id order by state_number asc) as was_paused
    from observed
),

placed as (
    select
        *,
        case
            when state_number = 1 then subscription_started_at
            else greatest(observed_at, subscription_started_at)
        end as valid_from,
        sum(case when is_paused and not coalesce(was_paused, false) then 1 else 0 end) over (
            partition by tenant_id, subscription_id
            order by state_number asc
            rows between unbounded preceding and current row
        ) as pause_number
    from begun
),

bounded as (
    select
        *,
        lead(valid_from) over (partition by tenant_id, subscription_id order by state_number asc) as valid_to,
        -- Stripe moves the period on while collection is paused: the period in which the pause began decides.
        case
            when is_paused
                then first_value(coalesce(period_ends_at, valid_from)) over (
                    partition by tenant_id, subscription_id, pause_number, is_paused
                    order by state_number asc
                )
        end as paused_from
    from placed
),

final as (
    select
        tenant_id,
        subscription_id,
        state_number,
        state_id,
        customer_id,
        currency,
        status,
        trial_started_at,
        trial_ends_at,
        period_started_at,
        period_ends_at,
        paused_from,
        -- An end that was announced happens, whether or not an event tells it.
        least(
            subscription_ended_at,
            cancel_at,
            case when is_cancel_at_period_end then period_ends_at end
        ) as ends_at,
        valid_from,
        valid_to
    from bounded
    where
        valid_from <= {{ as_of() }}
        and (valid_to is null or valid_from < valid_to)
)

select * from final
