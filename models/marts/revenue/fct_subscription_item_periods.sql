with
phases as (
    select
        *,
        {{ surrogate_key(['customer_id', 'price_id', 'currency', 'status', 'quantity', 'mrr_amount', 'list_mrr_amount']) }} as terms
    from {{ ref('int_subscription_items_priced') }}
),

compared as (
    select
        *,
        lag(terms) over (partition by tenant_id, subscription_item_id order by valid_from asc) as previous_terms,
        lag(valid_to) over (partition by tenant_id, subscription_item_id order by valid_from asc) as previous_valid_to
    from phases
),

grouped as (
    select
        *,
        sum(case when terms = previous_terms and valid_from = previous_valid_to then 0 else 1 end) over (
            partition by tenant_id, subscription_item_id
            order by valid_from asc
            rows between unbounded preceding and current row
        ) as period_number
    from compared
),

final as (
    select
        tenant_id,
        subscription_item_id,
        min(valid_from) as valid_from,
        case when count(valid_to) = count(*) then max(valid_to) end as valid_to,
        subscription_id,
        customer_id,
        price_id,
        currency,
        status,
        quantity,
        mrr_amount,
        list_mrr_amount,
        cast(list_mrr_amount - mrr_amount as decimal(38, 6)) as discount_mrr_amount
    from grouped
    group by
        tenant_id,
        subscription_item_id,
        period_number,
        subscription_id,
        customer_id,
        price_id,
        currency,
        status,
        quantity,
        mrr_amount,
        list_mrr_amount
)

select * from final
