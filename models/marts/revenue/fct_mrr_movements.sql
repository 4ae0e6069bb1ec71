with
ranges as (
    select
        tenant_id,
        customer_id,
        currency,
        valid_from as movement_date,
        mrr_amount as mrr_after_amount,
        coalesce(lag(mrr_amount) over (partition by tenant_id, customer_id, currency order by valid_from asc), 0) as mrr_before_amount,
        row_number() over (partition by tenant_id, customer_id, currency order by valid_from asc) as range_number
    from {{ ref('fct_mrr_daily') }}
),

reasons as (
    select
        tenant_id,
        customer_id,
        currency,
        change_date,
        min(reason) as first_reason,
        max(reason) as last_reason
    from {{ ref('int_subscription_item_changes_explained') }}
    group by tenant_id, customer_id, currency, change_date
),

rates as (
    select
        tenant_id,
        currency,
        date_day,
        reporting_currency,
        rate_to_usd,
        reporting_rate_to_usd
    from {{ ref('int_exchange_rates_filled') }}
),

classified as (
    select
        *,
        mrr_after_amount - mrr_before_amount as mrr_change_amount,
        -- Whether there was MRR before comes first: a return is no expansion.
        case
            when mrr_before_amount = 0 and range_number = 1 then 'new'
            when mrr_before_amount = 0 then 'reactivation'
            when mrr_after_amount = 0 then 'churn'
            when mrr_after_amount > mrr_before_amount then 'expansion'
            else 'contraction'
        end as movement_type,
        count(*) over (partition by tenant_id, customer_id, movement_date) as currencies_moved,
        sum(sign(mrr_after_amount - mrr_before_amount)) over (partition by tenant_id, customer_id, movement_date) as direction
    from ranges
),

final as (
    select
        classified.tenant_id,
        classified.customer_id,
        classified.currency,
        classified.movement_date,
        classified.movement_type,
        cast(classified.mrr_change_amount as decimal(38, 6)) as mrr_change_amount,
        cast(classified.mrr_before_amount as decimal(38, 6)) as mrr_before_amount,
        classified.mrr_after_amount,
        case
            when classified.currencies_moved = 2 and classified.direction = 0 then 'currency_change'
            when reasons.first_reason <> reasons.last_reason then 'mixed'
            when classified.movement_type = 'churn' and reasons.first_reason = 'subscription_ended' then 'churn_voluntary'
            when classified.movement_type = 'churn' and reasons.first_reason = 'payment_failed' then 'churn_involuntary'
            else reasons.first_reason
        end as reason,
        rates.reporting_currency,
        {{ converted('classified.mrr_change_amount', 'rates.rate_to_usd', 'rates.reporting_rate_to_usd') }} as mrr_change_reporting_amount
    from classified
    left join reasons
        on
            classified.tenant_id = reasons.tenant_id
            and classified.customer_id = reasons.customer_id
            and classified.currency = reasons.currency
            and classified.movement_date = reasons.change_date
    left join rates
        on
            classified.tenant_id = rates.tenant_id
            and classified.currency = rates.currency
            and classified.movement_date = rates.date_day
)

select * from final
