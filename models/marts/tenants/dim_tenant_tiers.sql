with
days as (
    select
        tenant_id,
        date_day
    from {{ ref('int_tenant_days_listed') }}
),

closings as (
    select
        tenant_id,
        {{ add_to_date('date_day', 'day', 1) }} as date_day,
        mrr_amount
    from {{ ref('int_tenant_mrr_converted') }}
),

tiers as (
    select
        tier,
        tier_name,
        currency,
        minimum_mrr_amount,
        lead(minimum_mrr_amount) over (order by minimum_mrr_amount asc) as next_minimum_mrr_amount
    from {{ ref('service_tiers') }}
),

openings as (
    select
        days.tenant_id,
        days.date_day,
        -- Before its first subscription a tenant has none; an amount that cannot be converted is unknown.
        case when closings.tenant_id is null then 0 else closings.mrr_amount end as mrr_amount
    from days
    left join closings
        on
            days.tenant_id = closings.tenant_id
            and days.date_day = closings.date_day
),

assigned as (
    select
        openings.tenant_id,
        openings.date_day,
        tiers.tier,
        tiers.tier_name,
        openings.mrr_amount,
        tiers.currency,
        row_number() over (partition by openings.tenant_id order by openings.date_day asc) as day_number,
        lag(tiers.tier) over (partition by openings.tenant_id order by openings.date_day asc) as previous_tier
    from openings
    left join tiers
        on
            openings.mrr_amount >= tiers.minimum_mrr_amount
            and (tiers.next_minimum_mrr_amount is null or openings.mrr_amount < tiers.next_minimum_mrr_amount)
),

final as (
    select
        tenant_id,
        date_day as valid_from,
        lead(date_day) over (partition by tenant_id order by date_day asc) as valid_to,
        tier,
        tier_name,
        cast(mrr_amount as decimal(38, 6)) as mrr_amount,
        currency
    from assigned
    where day_number = 1 or coalesce(tier, '') <> coalesce(previous_tier, '')
)

select * from final
