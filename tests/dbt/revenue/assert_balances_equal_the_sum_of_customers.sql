-- Returns the days on which the MRR of a currency differs from the sum over its customers of the range in force.
-- The bug would be a movement lost or doubled on its way into the daily balances.
-- Does not check the ranges themselves: the worked examples and the oracle do.
{{ config(group='revenue') }}
with
summed as (
    select
        balances.tenant_id,
        balances.currency,
        balances.date_day,
        balances.mrr_amount,
        sum(coalesce(daily.mrr_amount, 0)) as customers_mrr_amount
    from {{ ref('int_mrr_balances_listed') }} as balances
    left join {{ ref('fct_mrr_daily') }} as daily
        on
            balances.tenant_id = daily.tenant_id
            and balances.currency = daily.currency
            and balances.date_day >= daily.valid_from
            and (daily.valid_to is null or balances.date_day < daily.valid_to)
    where not balances.is_reporting_currency
    group by balances.tenant_id, balances.currency, balances.date_day, balances.mrr_amount
)

select *
from summed
where mrr_amount <> customers_mrr_amount
