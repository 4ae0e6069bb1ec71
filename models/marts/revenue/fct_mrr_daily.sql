with
items as (
    select
        tenant_id,
        customer_id,
        currency,
        mrr_amount,
        from_date,
        to_date
    from {{ ref('int_subscription_items_dated') }}
    where mrr_amount <> 0
),

steps as (
    select
        tenant_id,
        customer_id,
        currency,
        from_date as step_date,
        mrr_amount as step_amount
    from items
    union all
    select
        tenant_id,
        customer_id,
        currency,
        to_date as step_date,
        -mrr_amount as step_amount
    from items
    where to_date is not null
),

-- Changes of one day net, over all of the customer's items.
changes as (
    select
        tenant_id,
        customer_id,
        currency,
        step_date as valid_from,
        sum(step_amount) as change_amount
    from steps
    group by tenant_id, customer_id, currency, step_date
    having sum(step_amount) <> 0
),

final as (
    select
        tenant_id,
        customer_id,
        currency,
        valid_from,
        lead(valid_from) over (partition by tenant_id, customer_id, currency order by valid_from asc) as valid_to,
        cast(
            sum(change_amount) over (
                partition by tenant_id, customer_id, currency
                order by valid_from asc
                rows between unbounded preceding and current row
            ) as decimal(38, 6)
        ) as mrr_amount
    from changes
)

select * from final
