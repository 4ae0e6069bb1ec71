with
requests as (
    select
        tenant_id,
        requested_at,
        currency,
        is_success,
        cost_amount
    from {{ ref('fct_ai_requests') }}
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

rates as (
    select
        tenant_id,
        currency,
        date_day,
        rate_to_usd,
        reporting_rate_to_usd
    from {{ ref('int_exchange_rates_filled') }}
),

days as (
    select
        requests.tenant_id,
        requests.currency,
        {{ tenant_date('requests.requested_at', 'tenants.time_zone') }} as date_day,
        count(*) as requests,
        count(case when not requests.is_success then 1 end) as failed_requests,
        coalesce(sum(requests.cost_amount), 0) as cost_amount
    from requests
    inner join tenants on requests.tenant_id = tenants.tenant_id
    group by 1, 2, 3
),

final as (
    select
        days.tenant_id,
        days.date_day,
        days.currency,
        days.requests,
        days.failed_requests,
        cast(days.cost_amount as decimal(38, 8)) as cost_amount,
        -- Nothing costs nothing, whatever is known of the rate.
        case
            when days.cost_amount = 0 then cast(0 as decimal(38, 6))
            else {{ converted('days.cost_amount', 'rates.rate_to_usd', 'rates.reporting_rate_to_usd') }}
        end as cost_reporting_amount
    from days
    left join rates
        on
            days.tenant_id = rates.tenant_id
            and days.currency = rates.currency
            and days.date_day = rates.date_day
)

select * from final
