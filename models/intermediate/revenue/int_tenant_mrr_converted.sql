with
balances as (
    select
        tenant_id,
        currency,
        date_day,
        mrr_amount
    from {{ ref('int_mrr_balances_listed') }}
    where not is_reporting_currency
),

rates as (
    select
        tenant_id,
        currency,
        date_day,
        reporting_currency,
        rate_to_usd,
        reporting_rate_to_usd
    from {{ ref('int_exchange_rates_filled') }}
),

-- Of a tenant's own currency, only the row of the dollar tells what it is worth: the others count it as 1.
dollars as (
    select
        tenant_id,
        date_day,
        reporting_rate_to_usd
    from rates
    where currency = 'USD'
),

rated as (
    select
        balances.tenant_id,
        balances.date_day,
        balances.mrr_amount,
        case
            when rates.currency = rates.reporting_currency then dollars.reporting_rate_to_usd
            else rates.rate_to_usd
        end as rate_to_usd
    from balances
    left join rates
        on
            balances.tenant_id = rates.tenant_id
            and balances.currency = rates.currency
            and balances.date_day = rates.date_day
    left join dollars
        on
            balances.tenant_id = dollars.tenant_id
            and balances.date_day = dollars.date_day
),

converted as (
    select
        tenant_id,
        date_day,
        case when mrr_amount = 0 then mrr_amount else {{ converted('mrr_amount', 'rate_to_usd', '1') }} end as mrr_amount
    from rated
),

final as (
    select
        tenant_id,
        date_day,
        case when count(*) = count(mrr_amount) then cast(sum(mrr_amount) as decimal(38, 6)) end as mrr_amount
    from converted
    group by tenant_id, date_day
)

select * from final
