with recursive
phases as (
    select
        tenant_id,
        subscription_id,
        state_number,
        valid_from
    from {{ ref('int_subscription_phases_split') }}
),

discounts as (
    select *
    from {{ ref('int_subscription_discounts_applied') }}
),

applied as (
    select
        phases.tenant_id,
        phases.subscription_id,
        phases.valid_from,
        cast(1 - coalesce(discounts.percent_off, 0) * cast(0.01 as decimal(3, 2)) as decimal(9, 8)) as kept_rate,
        cast(coalesce(discounts.amount_off, 0) as decimal(24, 8)) as amount_off,
        row_number() over (
            partition by phases.tenant_id, phases.subscription_id, phases.valid_from
            order by discounts.position asc, discounts.discount_id asc
        ) as step_number
    from phases
    inner join discounts
        on
            phases.tenant_id = discounts.tenant_id
            and phases.subscription_id = discounts.subscription_id
            and phases.state_number = discounts.state_number
            and phases.valid_from >= discounts.applies_from
            and (discounts.applies_to is null or phases.valid_from < discounts.applies_to)
),

-- After each step a price p is worth p x kept_share - amount_off: the steps compound, in the order of the list.
compounded as (
    select
        tenant_id,
        subscription_id,
        valid_from,
        step_number,
        cast(kept_rate as decimal(18, 12)) as kept_share,
        cast(amount_off as decimal(24, 8)) as amount_off
    from applied
    where step_number = 1
    union all
    select
        applied.tenant_id,
        applied.subscription_id,
        applied.valid_from,
        applied.step_number,
        cast(compounded.kept_share * applied.kept_rate as decimal(18, 12)) as kept_share,
        cast(compounded.amount_off * applied.kept_rate + applied.amount_off as decimal(24, 8)) as amount_off
    from compounded
    inner join applied
        on
            compounded.tenant_id = applied.tenant_id
            and compounded.subscription_id = applied.subscription_id
            and compounded.valid_from = applied.valid_from
            and compounded.step_number = applied.step_number - 1
),

ranked as (
    select
        *,
        row_number() over (
            partition by tenant_id, subscription_id, valid_from
            order by step_number desc
        ) as step_from_last
    from compounded
),

final as (
    select
        tenant_id,
        subscription_id,
        valid_from,
        step_number as discounts,
        kept_share,
        amount_off
    from ranked
    where step_from_last = 1
)

select * from final
