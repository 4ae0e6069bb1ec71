with
flows as (
    select
        tenant_id,
        currency,
        is_reporting_currency,
        date_day
    from {{ ref('int_revenue_flows_listed') }}
),

first_days as (
    select
        tenant_id,
        min(date_day) as first_day
    from flows
    group by tenant_id
),

currencies as (
    select distinct
        tenant_id,
        currency
    from flows
    where not is_reporting_currency
),

days as (
    select
        rates.tenant_id,
        rates.currency,
        rates.date_day,
        rates.reporting_currency,
        rates.rate_to_usd,
        rates.reporting_rate_to_usd
    from {{ ref('int_exchange_rates_filled') }} as rates
    inner join currencies on rates.tenant_id = currencies.tenant_id and rates.currency = currencies.currency
    inner join first_days on rates.tenant_id = first_days.tenant_id and rates.date_day >= first_days.first_day
),

changes as (
    select
        tenant_id,
        currency,
        movement_date,
        sum(mrr_change_amount) as change_amount
    from {{ ref('fct_mrr_movements') }}
    group by tenant_id, currency, movement_date
),

native as (
    select
        days.tenant_id,
        days.currency,
        days.date_day,
        days.reporting_currency,
        days.rate_to_usd,
        days.reporting_rate_to_usd,
        cast(
            sum(coalesce(changes.change_amount, 0)) over (
                partition by days.tenant_id, days.currency
                order by days.date_day asc
                rows between unbounded preceding and current row
            ) as decimal(38, 6)
        ) as mrr_amount
    from days
    left join changes
        on
            days.tenant_id = changes.tenant_id
            and days.currency = changes.currency
            and days.date_day = changes.movement_date
),

converted as (
    select
        tenant_id,
        date_day,
        reporting_currency,
        mrr_amount,
        {{ converted('mrr_amount', 'rate_to_usd', 'reporting_rate_to_usd') }} as converted_amount
    from native
),

final as (
    select
        tenant_id,
        currency,
        false as is_reporting_currency,
        date_day,
        mrr_amount
    from native
    union all
    -- A balance is worth what its own day's rate says; without a rate it is unknown, not nothing.
    select
        tenant_id,
        reporting_currency as currency,
        true as is_reporting_currency,
        date_day,
        case
            when count(case when mrr_amount <> 0 and converted_amount is null then 1 end) = 0
                then cast(sum(coalesce(converted_amount, 0)) as decimal(38, 6))
        end as mrr_amount
    from converted
    group by tenant_id, reporting_currency, date_day
)

select * from final
