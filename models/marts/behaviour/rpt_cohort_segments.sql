with
members as (
    select
        tenant_id,
        segment_name,
        person_id
    from {{ ref('bridge_segment_members') }}
),

payments as (
    select
        tenant_id,
        customer_id,
        sum(net_revenue_reporting_amount) as revenue_amount
    from {{ ref('int_payments_netted') }}
    group by tenant_id, customer_id
),

-- Users with several customers have paid with all of them, and are lost with the last.
payers as (
    select
        customers.tenant_id,
        customers.user_id as person_id,
        sum(coalesce(payments.revenue_amount, 0)) as revenue_amount,
        max(case when customers.first_mrr_at is not null then 1 else 0 end) as is_converted,
        max(case when customers.is_active then 1 else 0 end) as is_active
    from {{ ref('dim_customers') }} as customers
    left join payments
        on
            customers.tenant_id = payments.tenant_id
            and customers.customer_id = payments.customer_id
    where customers.user_id is not null
    group by customers.tenant_id, customers.user_id
),

counted as (
    select
        members.tenant_id,
        members.segment_name,
        count(*) as member_count,
        sum(coalesce(payers.revenue_amount, 0)) as total_revenue_amount,
        sum(coalesce(payers.is_converted, 0)) as converted_members,
        sum(case when payers.is_converted = 1 and payers.is_active = 0 then 1 else 0 end) as churned_members
    from members
    left join payers on members.tenant_id = payers.tenant_id and members.person_id = payers.person_id
    group by members.tenant_id, members.segment_name
),

final as (
    select
        segments.tenant_id,
        segments.segment_name,
        segments.title,
        segments.criteria,
        cast(coalesce(counted.member_count, 0) as bigint) as member_count,
        tenants.reporting_currency as currency,
        cast(coalesce(counted.total_revenue_amount, 0) as decimal(38, 6)) as total_revenue_amount,
        {{ divide('counted.total_revenue_amount', 'counted.member_count') }} as average_ltv_amount,
        cast(coalesce(counted.converted_members, 0) as bigint) as converted_members,
        {{ safe_ratio('counted.converted_members', 'counted.member_count') }} as conversion_rate,
        cast(coalesce(counted.churned_members, 0) as bigint) as churned_members,
        {{ safe_ratio('counted.churned_members', 'counted.converted_members') }} as churn_rate,
        {{ as_of() }} as last_computed_at
    from {{ ref('dim_segments') }} as segments
    inner join {{ ref('int_tenants_resolved') }} as tenants on segments.tenant_id = tenants.tenant_id
    left join counted
        on
            segments.tenant_id = counted.tenant_id
            and segments.segment_name = counted.segment_name
)

select * from final
