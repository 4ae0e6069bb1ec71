{%- set counted_statuses = "'active', 'past_due', 'trialing'" if var('activation') == 'trial_start' else "'active', 'past_due'" -%}
with
states as (
    select *
    from {{ ref('int_subscription_states_ordered') }}
),

discounts as (
    select
        tenant_id,
        subscription_id,
        state_number,
        applies_from,
        applies_to
    from {{ ref('int_subscription_discounts_applied') }}
),

moments as (
    {% for moment in ['valid_from', 'trial_ends_at', 'paused_from', 'ends_at'] -%}
    select
        tenant_id,
        subscription_id,
        state_number,
        {{ moment }} as happens_at
    from states
    union
    {% endfor -%}
    {% for moment in ['applies_from', 'applies_to'] -%}
    select
        tenant_id,
        subscription_id,
        state_number,
        {{ moment }} as happens_at
    from discounts
    {% if not loop.last %}union{% endif %}
    {% endfor %}
),

-- The moments of a state count while the state is the one in force.
cuts as (
    select
        moments.tenant_id,
        moments.subscription_id,
        moments.state_number,
        moments.happens_at as valid_from,
        lead(moments.happens_at) over (
            partition by moments.tenant_id, moments.subscription_id
            order by moments.happens_at asc
        ) as valid_to
    from moments
    inner join states
        on
            moments.tenant_id = states.tenant_id
            and moments.subscription_id = states.subscription_id
            and moments.state_number = states.state_number
            and moments.happens_at >= states.valid_from
            and (states.valid_to is null or moments.happens_at < states.valid_to)
    where moments.happens_at <= {{ as_of() }}
),

phases as (
    select
        states.tenant_id,
        states.subscription_id,
        cuts.state_number,
        states.state_id,
        states.customer_id,
        states.currency,
        cuts.valid_from,
        cuts.valid_to,
        case
            when cuts.valid_from >= states.ends_at then 'canceled'
            when states.trial_started_at <= cuts.valid_from and cuts.valid_from < states.trial_ends_at then 'trialing'
            when states.status = 'trialing' and states.trial_ends_at <= cuts.valid_from then 'active'
            -- Known only after its end: until then it ran.
            when states.status = 'canceled' and cuts.valid_from < states.ends_at then 'active'
            else states.status
        end as status,
        coalesce(states.paused_from <= cuts.valid_from, false) as is_paused
    from cuts
    inner join states
        on
            cuts.tenant_id = states.tenant_id
            and cuts.subscription_id = states.subscription_id
            and cuts.state_number = states.state_number
),

final as (
    select
        tenant_id,
        subscription_id,
        valid_from,
        valid_to,
        state_number,
        state_id,
        customer_id,
        currency,
        case
            when is_paused and status in ('active', 'past_due', 'trialing') then 'paused'
            else status
        end as status,
        not is_paused and status in ({{ counted_statuses }}) as is_counted
    from phases
)

select * from final
