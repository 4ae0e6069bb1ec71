with
customers as (
    {{ latest_states('stg_payments__customers', 'customer_id', ['customer_id', 'user_id', 'currency', 'country']) }}
),

balances as (
    select
        daily.tenant_id,
        daily.customer_id,
        daily.currency,
        daily.mrr_amount,
        {{ converted('daily.mrr_amount', 'rates.rate_to_usd', 'rates.reporting_rate_to_usd') }} as reporting_amount
    from {{ ref('fct_mrr_daily') }} as daily
    inner join {{ ref('int_exchange_rates_filled') }} as rates
        on daily.tenant_id = rates.tenant_id and daily.currency = rates.currency
    inner join {{ ref('int_tenants_resolved') }} as tenants
        on daily.tenant_id = tenants.tenant_id and rates.date_day = {{ tenant_date(as_of(), 'tenants.time_zone') }}
    where daily.valid_to is null
),

amounts as (
    select
        tenant_id,
        customer_id,
        currency,
        mrr_amount,
        reporting_amount as mrr_reporting_amount,
        cast(0 as decimal(38, 6)) as net_revenue_amount,
        cast(0 as decimal(38, 6)) as net_revenue_reporting_amount
    from balances
    union all
    select
        tenant_id,
        customer_id,
        currency,
        cast(0 as decimal(38, 6)) as mrr_amount,
        cast(0 as decimal(38, 6)) as mrr_reporting_amount,
        net_revenue_amount,
        net_revenue_reporting_amount
    from {{ ref('int_payments_netted') }}
    where customer_id is not null
),

-- In the customer's own currency, or in the reporting currency for one who has used several.
totals as (
    select
        tenant_id,
        customer_id,
        count(distinct currency) as currencies,
        min(currency) as currency,
        sum(mrr_amount) as mrr_amount,
        sum(mrr_reporting_amount) as mrr_reporting_amount,
        sum(net_revenue_amount) as net_revenue_amount,
        sum(net_revenue_reporting_amount) as net_revenue_reporting_amount
    from amounts
    group by tenant_id, customer_id
),

spells as (
    select
        tenant_id,
        customer_id,
        min(valid_from) as first_mrr_at,
        max(valid_to) as last_ended_at
    from {{ ref('int_subscription_items_dated') }}
    where mrr_amount > 0
    group by tenant_id, customer_id
),

known as (
    select
        tenant_id,
        customer_id
    from customers
    union
    select
        tenant_id,
        customer_id
    from {{ ref('int_subscription_states_ordered') }}
    union
    select
        tenant_id,
        customer_id
    from totals
),

final as (
    select
        known.tenant_id,
        known.customer_id,
        customers.user_id,
        case
            when totals.currencies > 1 then tenants.reporting_currency
            else coalesce(totals.currency, customers.currency)
        end as currency,
        spells.first_mrr_at,
        case when coalesce(totals.mrr_amount, 0) = 0 then spells.last_ended_at end as churned_at,
        coalesce(totals.mrr_amount, 0) > 0 as is_active,
        cast(
            coalesce(case when totals.currencies > 1 then totals.mrr_reporting_amount else totals.mrr_amount end, 0)
            as decimal(38, 6)
        ) as mrr_amount,
        cast(
            coalesce(case when totals.currencies > 1 then totals.net_revenue_reporting_amount else totals.net_revenue_amount end, 0)
            as decimal(38, 6)
        ) as lifetime_net_revenue_amount,
        customers.country
    from known
    inner join {{ ref('int_tenants_resolved') }} as tenants on known.tenant_id = tenants.tenant_id
    left join customers on known.tenant_id = customers.tenant_id and known.customer_id = customers.customer_id
    left join totals on known.tenant_id = totals.tenant_id and known.customer_id = totals.customer_id
    left join spells on known.tenant_id = spells.tenant_id and known.customer_id = spells.customer_id
)

select * from final
