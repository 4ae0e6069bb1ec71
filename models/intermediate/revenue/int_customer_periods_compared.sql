with
calendar as (
    select
        tenant_id,
        date_day,
        period_type,
        period_start
    from {{ ref('int_tenant_periods_mapped') }}
),

movements as (
    select
        calendar.tenant_id,
        movements.customer_id,
        movements.currency,
        movements.reporting_currency,
        calendar.period_type,
        calendar.period_start,
        movements.mrr_before_amount,
        movements.mrr_change_amount,
        row_number() over (
            partition by
                calendar.tenant_id, movements.customer_id, movements.currency, calendar.period_type, calendar.period_start
            order by movements.movement_date asc
        ) as movement_number
    from {{ ref('fct_mrr_movements') }} as movements
    inner join calendar
        on movements.tenant_id = calendar.tenant_id and movements.movement_date = calendar.date_day
),

compared as (
    select
        tenant_id,
        customer_id,
        currency,
        reporting_currency,
        period_type,
        period_start,
        sum(case when movement_number = 1 then mrr_before_amount else 0 end) as opening_mrr_amount,
        sum(mrr_change_amount) as change_amount
    from movements
    group by tenant_id, customer_id, currency, reporting_currency, period_type, period_start
),

-- Who did not move kept all that they had: only the others are listed.
summed as (
    select
        tenant_id,
        currency,
        reporting_currency,
        period_type,
        period_start,
        cast(sum(case when opening_mrr_amount > 0 then change_amount else 0 end) as decimal(38, 6)) as retained_change_amount,
        cast(
            sum(case when opening_mrr_amount > 0 and change_amount < 0 then -change_amount else 0 end) as decimal(38, 6)
        ) as lost_mrr_amount
    from compared
    group by tenant_id, currency, reporting_currency, period_type, period_start
),

final as (
    select
        tenant_id,
        currency,
        false as is_reporting_currency,
        period_type,
        period_start,
        retained_change_amount,
        lost_mrr_amount
    from summed
    union all
    -- At the rates of the opening balance: what customers did, without what currencies did.
    select
        summed.tenant_id,
        summed.reporting_currency as currency,
        true as is_reporting_currency,
        summed.period_type,
        summed.period_start,
        sum({{ converted('summed.retained_change_amount', 'rates.rate_to_usd', 'rates.reporting_rate_to_usd') }}) as retained_change_amount,
        sum({{ converted('summed.lost_mrr_amount', 'rates.rate_to_usd', 'rates.reporting_rate_to_usd') }}) as lost_mrr_amount
    from summed
    inner join {{ ref('int_exchange_rates_filled') }} as rates
        on
            summed.tenant_id = rates.tenant_id
            and summed.currency = rates.currency
            and rates.date_day = {{ add_to_date('summed.period_start', 'day', -1) }}
    group by summed.tenant_id, summed.reporting_currency, summed.period_type, summed.period_start
)

select * from final
