with
items as (
    select
        *,
        {% for column in ['to_date', 'status', 'price_id', 'quantity', 'mrr_amount', 'list_mrr_amount', 'discount_mrr_amount'] -%}
        lag({{ column }}) over (partition by tenant_id, subscription_item_id order by from_date asc) as before_{{ column }},
        {% endfor -%}
        lead(from_date) over (partition by tenant_id, subscription_item_id order by from_date asc) as next_from_date
    from (
        select
            *,
            list_mrr_amount - mrr_amount as discount_mrr_amount
        from {{ ref('int_subscription_items_dated') }}
    ) as dated
),

changed as (
    select
        tenant_id,
        subscription_item_id,
        customer_id,
        currency,
        from_date as change_date,
        cast(mrr_amount - case when before_to_date = from_date then before_mrr_amount else 0 end as decimal(38, 6)) as mrr_change_amount,
        case
            when coalesce(before_to_date <> from_date, true) then 'subscription_added'
            when before_status = 'trialing' and mrr_amount > 0 then 'trial_converted'
            when status = 'paused' then 'paused'
            when before_status = 'paused' then 'resumed'
            when before_mrr_amount > 0 and status in ('unpaid', 'incomplete_expired') then 'payment_failed'
            when before_status = 'unpaid' and mrr_amount > 0 then 'payment_recovered'
            when before_list_mrr_amount = 0 and before_status <> status then 'subscription_added'
            when list_mrr_amount = 0 and before_status <> status then 'subscription_ended'
            when price_id <> before_price_id then 'plan_change'
            when quantity <> before_quantity then 'quantity_change'
            when list_mrr_amount <> before_list_mrr_amount then 'price_change'
            when discount_mrr_amount > before_discount_mrr_amount then 'discount_added'
            else 'discount_expired'
        end as reason
    from items
    union all
    select
        tenant_id,
        subscription_item_id,
        customer_id,
        currency,
        to_date as change_date,
        cast(-mrr_amount as decimal(38, 6)) as mrr_change_amount,
        case when status = 'past_due' then 'payment_failed' else 'subscription_ended' end as reason
    from items
    where to_date is not null and coalesce(next_from_date <> to_date, true)
),

final as (
    select *
    from changed
    where mrr_change_amount <> 0
)

select * from final
