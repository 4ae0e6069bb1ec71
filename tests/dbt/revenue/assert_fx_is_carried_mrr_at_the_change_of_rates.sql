-- Returns the days on which the exchange-rate line is not the MRR carried over from the day before times the change of rates.
-- The line is computed as what the movements leave unexplained; here it is computed from its meaning. The bug would be a movement
-- converted at another day's rate, or a balance at another day's.
-- Each converted amount is rounded at six decimals, so as many millionths are allowed as amounts were converted that day.
{{ config(group='revenue') }}
with
rates as (
    select
        *,
        cast(rate_to_usd as double precision) / cast(reporting_rate_to_usd as double precision) as rate
    from {{ ref('int_exchange_rates_filled') }}
),

carried as (
    select
        balances.tenant_id,
        today.date_day,
        sum(cast(balances.mrr_amount as double precision) * (today.rate - yesterday.rate)) as expected_amount,
        count(*) as currencies
    from {{ ref('int_mrr_balances_listed') }} as balances
    inner join rates as yesterday
        on
            balances.tenant_id = yesterday.tenant_id
            and balances.currency = yesterday.currency
            and balances.date_day = yesterday.date_day
    inner join rates as today
        on
            balances.tenant_id = today.tenant_id
            and balances.currency = today.currency
            and today.date_day = {{ add_to_date('balances.date_day', 'day', 1) }}
    where not balances.is_reporting_currency and balances.mrr_amount <> 0
    group by balances.tenant_id, today.date_day
),

movements as (
    select
        tenant_id,
        movement_date,
        count(*) as movements
    from {{ ref('fct_mrr_movements') }}
    group by tenant_id, movement_date
)

select
    listed.tenant_id,
    listed.date_day,
    listed.fx_amount,
    carried.expected_amount
from {{ ref('int_revenue_days_listed') }} as listed
left join carried
    on listed.tenant_id = carried.tenant_id and listed.date_day = carried.date_day
left join movements
    on listed.tenant_id = movements.tenant_id and listed.date_day = movements.movement_date
where
    listed.is_reporting_currency
    and abs(cast(listed.fx_amount as double precision) - coalesce(carried.expected_amount, 0))
    > 0.000001 * (1 + 2 * coalesce(carried.currencies, 0) + coalesce(movements.movements, 0))
