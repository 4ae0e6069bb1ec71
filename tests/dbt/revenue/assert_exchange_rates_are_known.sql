-- Returns the days, currencies and tenants for which an amount cannot be converted into the reporting currency.
-- The remedy is to load the missing rates (landing/payments/fx_rates) or to raise the var `reporting_rate_max_age_days`.
-- Does not check that a published rate is right.
{{ config(group='revenue') }}
with
needed as (
    select
        tenant_id,
        currency,
        date_day
    from {{ ref('int_mrr_balances_listed') }}
    where not is_reporting_currency and mrr_amount <> 0
    union
    select
        tenant_id,
        currency,
        movement_date as date_day
    from {{ ref('fct_mrr_movements') }}
    union
    select
        tenant_id,
        currency,
        date_day
    from {{ ref('int_payments_netted') }}
)

select needed.*
from needed
left join {{ ref('int_exchange_rates_filled') }} as rates
    on needed.tenant_id = rates.tenant_id and needed.currency = rates.currency and needed.date_day = rates.date_day
where rates.rate_to_usd is null or rates.reporting_rate_to_usd is null
