with
movements as (
    select
        tenant_id,
        customer_id,
        currency,
        reporting_currency,
        movement_date,
        movement_type
    from {{ ref('fct_mrr_movements') }}
    where movement_type in ('new', 'reactivation', 'churn')
),

-- Over all currencies a customer is active while at least one of them carries MRR.
steps as (
    select
        tenant_id,
        customer_id,
        reporting_currency,
        movement_date,
        sum(case when movement_type = 'churn' then -1 else 1 end) as step
    from movements
    group by tenant_id, customer_id, reporting_currency, movement_date
),

counted as (
    select
        *,
        sum(step) over (
            partition by tenant_id, customer_id
            order by movement_date asc
            rows between unbounded preceding and current row
        ) as currencies_after
    from steps
),

switched as (
    select
        *,
        row_number() over (partition by tenant_id, customer_id order by movement_date asc) as switch_number
    from counted
    where (currencies_after = 0) <> (currencies_after - step = 0)
),

final as (
    select
        tenant_id,
        currency,
        false as is_reporting_currency,
        customer_id,
        movement_date as date_day,
        movement_type as change_type
    from movements
    union all
    select
        tenant_id,
        reporting_currency as currency,
        true as is_reporting_currency,
        customer_id,
        movement_date as date_day,
        case
            when currencies_after = 0 then 'churn'
            when switch_number = 1 then 'new'
            else 'reactivation'
        end as change_type
    from switched
)

select * from final
