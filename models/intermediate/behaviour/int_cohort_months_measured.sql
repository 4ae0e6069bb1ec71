with
cohorts as (
    select
        tenant_id,
        user_id,
        cohort_month
    from {{ ref('int_user_cohorts_assigned') }}
),

active_months as (
    select
        tenant_id,
        person_id as user_id,
        period_start as active_month
    from {{ ref('int_person_periods_active') }}
    where period_type = 'month'
),

customers as (
    select
        customers.tenant_id,
        customers.customer_id,
        -- A user who turned out to be another one pays for that one.
        coalesce(links.user_id, customers.user_id) as user_id
    from {{ ref('dim_customers') }} as customers
    left join {{ ref('int_identities_linked') }} as links
        on
            customers.tenant_id = links.tenant_id
            and 'user:' || customers.user_id = links.identity_key
    where customers.user_id is not null
),

payments as (
    select
        tenant_id,
        customer_id,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as paid_month,
        net_revenue_reporting_amount
    from {{ ref('int_payments_netted') }}
),

measures as (
    select
        cohorts.tenant_id,
        cohorts.cohort_month,
        active_months.active_month as month_start,
        1 as active_users,
        cast(0 as decimal(38, 6)) as revenue_amount
    from cohorts
    inner join active_months
        on
            cohorts.tenant_id = active_months.tenant_id
            and cohorts.user_id = active_months.user_id
    union all
    select
        cohorts.tenant_id,
        cohorts.cohort_month,
        payments.paid_month as month_start,
        0 as active_users,
        payments.net_revenue_reporting_amount as revenue_amount
    from cohorts
    inner join customers
        on
            cohorts.tenant_id = customers.tenant_id
            and cohorts.user_id = customers.user_id
    inner join payments
        on
            customers.tenant_id = payments.tenant_id
            and customers.customer_id = payments.customer_id
),

final as (
    select
        tenant_id,
        cohort_month,
        month_start,
        sum(active_users) as active_users,
        cast(sum(revenue_amount) as decimal(38, 6)) as revenue_amount
    from measures
    group by tenant_id, cohort_month, month_start
)

select * from final
