with
tenants as (
    select
        tenant_id,
        time_zone,
        reporting_currency
    from {{ ref('int_tenants_resolved') }}
),

movements as (
    select
        tenant_id,
        currency,
        movement_date as date_day,
        movement_type as flow,
        abs(mrr_change_amount) as amount,
        abs(mrr_change_reporting_amount) as reporting_amount
    from {{ ref('fct_mrr_movements') }}
),

revenue as (
    select
        tenant_id,
        currency,
        date_day,
        'revenue' as flow,
        net_revenue_amount as amount,
        net_revenue_reporting_amount as reporting_amount
    from {{ ref('int_payments_netted') }}
),

trials as (
    {% for flow, moment in [('trial_started', 'trial_started_at'), ('trial_converted', 'converted_at')] -%}
    select
        trials.tenant_id,
        trials.currency,
        {{ tenant_date('trials.' ~ moment, 'tenants.time_zone') }} as date_day,
        '{{ flow }}' as flow,
        cast(1 as decimal(38, 6)) as amount,
        cast(1 as decimal(38, 6)) as reporting_amount
    from {{ ref('int_subscription_trials_resolved') }} as trials
    inner join tenants on trials.tenant_id = tenants.tenant_id
    where trials.{{ moment }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

united as (
    select *
    from movements
    union all
    select *
    from revenue
    union all
    select *
    from trials
),

scoped as (
    select
        tenant_id,
        currency,
        false as is_reporting_currency,
        date_day,
        flow,
        amount
    from united
    union all
    select
        united.tenant_id,
        tenants.reporting_currency as currency,
        true as is_reporting_currency,
        united.date_day,
        united.flow,
        united.reporting_amount as amount
    from united
    inner join tenants on united.tenant_id = tenants.tenant_id
    union all
    -- Customers are counted over all their currencies, not added up.
    select
        tenant_id,
        currency,
        is_reporting_currency,
        date_day,
        'customer_' || change_type as flow,
        cast(1 as decimal(38, 6)) as amount
    from {{ ref('int_customer_activity_changed') }}
),

final as (
    select
        tenant_id,
        currency,
        is_reporting_currency,
        date_day,
        flow,
        cast(sum(amount) as decimal(38, 6)) as amount
    from scoped
    group by tenant_id, currency, is_reporting_currency, date_day, flow
)

select * from final
