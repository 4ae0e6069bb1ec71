with
payments as (
    select
        tenant_id,
        payment_id,
        customer_id,
        currency,
        occurred_at,
        case
            when kind = 'charge' and status = 'succeeded' then amount - tax_amount
            when kind = 'refund' and status = 'succeeded' then tax_amount - amount
            when kind = 'dispute' and status = 'lost' then tax_amount - amount
        end as net_revenue_amount
    from {{ ref('fct_payments') }}
),

dated as (
    select
        payments.*,
        {{ tenant_date('payments.occurred_at', 'tenants.time_zone') }} as date_day
    from payments
    inner join {{ ref('int_tenants_resolved') }} as tenants on payments.tenant_id = tenants.tenant_id
    where payments.net_revenue_amount is not null
),

final as (
    select
        dated.tenant_id,
        dated.payment_id,
        dated.customer_id,
        dated.currency,
        dated.date_day,
        cast(dated.net_revenue_amount as decimal(38, 6)) as net_revenue_amount,
        {{ converted('dated.net_revenue_amount', 'rates.rate_to_usd', 'rates.reporting_rate_to_usd') }} as net_revenue_reporting_amount
    from dated
    left join {{ ref('int_exchange_rates_filled') }} as rates
        on dated.tenant_id = rates.tenant_id and dated.currency = rates.currency and dated.date_day = rates.date_day
)

select * from final
