with
periods as (
    select
        tenant_id,
        subscription_item_id,
        subscription_id,
        customer_id,
        price_id,
        currency,
        status,
        quantity,
        mrr_amount,
        list_mrr_amount,
        valid_from,
        valid_to
    from {{ ref('fct_subscription_item_periods') }}
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

dated as (
    select
        periods.*,
        {{ tenant_date('periods.valid_from', 'tenants.time_zone') }} as from_date,
        {{ tenant_date('periods.valid_to', 'tenants.time_zone') }} as to_date
    from periods
    inner join tenants on periods.tenant_id = tenants.tenant_id
),

-- What did not stand at the end of any day moves nothing.
final as (
    select *
    from dated
    where to_date is null or from_date < to_date
)

select * from final
