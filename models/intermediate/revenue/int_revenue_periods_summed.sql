with
days as (
    select
        listed.*,
        calendar.period_type,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete
    from {{ ref('int_revenue_days_listed') }} as listed
    inner join {{ ref('int_tenant_periods_mapped') }} as calendar
        on listed.tenant_id = calendar.tenant_id and listed.date_day = calendar.date_day
),

summed as (
    select
        tenant_id,
        currency,
        is_reporting_currency,
        period_type,
        period_start,
        period_end,
        is_complete,
        {% for flow in ['new', 'expansion', 'contraction', 'churn', 'reactivation', 'fx', 'revenue'] -%}
        sum({{ flow }}_amount) as {{ flow }}_amount,
        {% endfor -%}
        {% for flow in ['customer_new', 'customer_churn', 'customer_reactivation', 'trial_started', 'trial_converted'] -%}
        cast(sum({{ flow }}_count) as bigint) as {{ flow }}_count,
        {% endfor -%}
        sum(mrr_amount - opening_mrr_amount) as net_change_amount
    from days
    group by tenant_id, currency, is_reporting_currency, period_type, period_start, period_end, is_complete
),

closed as (
    select
        *,
        sum(net_change_amount) over (
            partition by tenant_id, currency, is_reporting_currency, period_type
            order by period_start asc
            rows between unbounded preceding and current row
        ) as mrr_amount,
        sum(customer_new_count + customer_reactivation_count - customer_churn_count) over (
            partition by tenant_id, currency, is_reporting_currency, period_type
            order by period_start asc
            rows between unbounded preceding and current row
        ) as active_customers
    from summed
),

final as (
    select
        *,
        mrr_amount - net_change_amount as opening_mrr_amount,
        active_customers - customer_new_count - customer_reactivation_count + customer_churn_count as opening_customers
    from closed
)

select * from final
