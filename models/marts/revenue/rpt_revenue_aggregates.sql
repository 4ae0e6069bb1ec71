with
periods as (
    select *
    from {{ ref('int_revenue_periods_summed') }}
),

compared as (
    select *
    from {{ ref('int_customer_periods_compared') }}
),

lost as (
    select *
    from {{ ref('int_customers_lost') }}
),

measured as (
    select
        periods.*,
        periods.opening_mrr_amount + coalesce(compared.retained_change_amount, 0) as retained_mrr_amount,
        periods.opening_mrr_amount - coalesce(compared.lost_mrr_amount, 0) as preserved_mrr_amount,
        coalesce(lost.lost_customers, 0) as lost_customers
    from periods
    left join compared
        on
            periods.tenant_id = compared.tenant_id
            and periods.currency = compared.currency
            and periods.is_reporting_currency = compared.is_reporting_currency
            and periods.period_type = compared.period_type
            and periods.period_start = compared.period_start
    left join lost
        on
            periods.tenant_id = lost.tenant_id
            and periods.currency = lost.currency
            and periods.is_reporting_currency = lost.is_reporting_currency
            and periods.period_type = lost.period_type
            and periods.period_start = lost.period_start
),

final as (
    select
        tenant_id,
        currency,
        is_reporting_currency,
        period_type,
        period_start,
        period_end,
        is_complete,
        {% for column, expression in [
            ('mrr_amount', 'mrr_amount'),
            ('arr_amount', '12 * mrr_amount'),
            ('opening_mrr_amount', 'opening_mrr_amount'),
            ('new_mrr_amount', 'new_amount'),
            ('expansion_mrr_amount', 'expansion_amount'),
            ('contraction_mrr_amount', 'contraction_amount'),
            ('churned_mrr_amount', 'churn_amount'),
            ('reactivation_mrr_amount', 'reactivation_amount'),
            ('fx_mrr_amount', 'fx_amount'),
            ('retained_mrr_amount', 'retained_mrr_amount'),
            ('preserved_mrr_amount', 'preserved_mrr_amount'),
            ('total_revenue_amount', 'revenue_amount'),
        ] -%}
        cast({{ expression }} as decimal(38, 6)) as {{ column }},
        {% endfor -%}
        {% for column, expression in [
            ('opening_customers', 'opening_customers'),
            ('active_customers', 'active_customers'),
            ('new_customers', 'customer_new_count'),
            ('churned_customers', 'customer_churn_count'),
            ('reactivated_customers', 'customer_reactivation_count'),
            ('lost_customers', 'lost_customers'),
            ('trials_started', 'trial_started_count'),
            ('trials_converted', 'trial_converted_count'),
        ] -%}
        cast({{ expression }} as bigint) as {{ column }},
        {% endfor -%}
        {{ safe_ratio('lost_customers', 'opening_customers') }} as customer_churn_rate,
        {{ safe_ratio('churn_amount + contraction_amount', 'opening_mrr_amount') }} as gross_mrr_churn_rate,
        {{ safe_ratio('churn_amount + contraction_amount - expansion_amount - reactivation_amount', 'opening_mrr_amount') }}
            as net_mrr_churn_rate,
        {{ safe_ratio('retained_mrr_amount', 'opening_mrr_amount') }} as net_revenue_retention,
        {{ safe_ratio('preserved_mrr_amount', 'opening_mrr_amount') }} as gross_revenue_retention,
        {{ safe_ratio('new_amount + reactivation_amount + expansion_amount', 'contraction_amount + churn_amount') }} as quick_ratio,
        {{ divide('mrr_amount', 'active_customers') }} as arpa_amount,
        {{ divide('mrr_amount * opening_customers', 'active_customers * lost_customers') }} as ltv_amount
    from measured
)

select * from final
