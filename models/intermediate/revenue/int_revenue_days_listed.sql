with
balances as (
    select
        tenant_id,
        currency,
        is_reporting_currency,
        date_day,
        mrr_amount,
        coalesce(
            lag(mrr_amount) over (partition by tenant_id, currency, is_reporting_currency order by date_day asc),
            0
        ) as opening_mrr_amount
    from {{ ref('int_mrr_balances_listed') }}
),

flows as (
    select
        tenant_id,
        currency,
        is_reporting_currency,
        {% for flow in ['new', 'expansion', 'contraction', 'churn', 'reactivation', 'revenue'] -%}
        sum(case when flow = '{{ flow }}' then amount else 0 end) as {{ flow }}_amount,
        {% endfor -%}
        {% for flow in ['customer_new', 'customer_churn', 'customer_reactivation', 'trial_started', 'trial_converted'] -%}
        cast(sum(case when flow = '{{ flow }}' then amount else 0 end) as bigint) as {{ flow }}_count,
        {% endfor -%}
        date_day
    from {{ ref('int_revenue_flows_listed') }}
    group by tenant_id, currency, is_reporting_currency, date_day
),

final as (
    select
        balances.tenant_id,
        balances.currency,
        balances.is_reporting_currency,
        balances.date_day,
        balances.opening_mrr_amount,
        balances.mrr_amount,
        {% for flow in ['new', 'expansion', 'contraction', 'churn', 'reactivation', 'revenue'] -%}
        coalesce(flows.{{ flow }}_amount, 0) as {{ flow }}_amount,
        {% endfor -%}
        {% for flow in ['customer_new', 'customer_churn', 'customer_reactivation', 'trial_started', 'trial_converted'] -%}
        coalesce(flows.{{ flow }}_count, 0) as {{ flow }}_count,
        {% endfor -%}
        -- What the movements do not explain, the exchange rates did.
        balances.mrr_amount
        - balances.opening_mrr_amount
        - coalesce(flows.new_amount + flows.expansion_amount + flows.reactivation_amount - flows.contraction_amount - flows.churn_amount, 0)
            as fx_amount
    from balances
    left join flows
        on
            balances.tenant_id = flows.tenant_id
            and balances.currency = flows.currency
            and balances.is_reporting_currency = flows.is_reporting_currency
            and balances.date_day = flows.date_day
)

select * from final
