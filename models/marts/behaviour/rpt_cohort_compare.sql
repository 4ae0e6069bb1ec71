with
cohorts as (
    select
        tenant_id,
        cohort_month,
        month_number,
        cohort_size,
        retained_users,
        retention_rate,
        cumulative_revenue_amount,
        ltv_amount,
        currency,
        is_sampled
    from {{ ref('rpt_user_cohorts') }}
    where is_complete
),

compared as (
    select
        *,
        lag(cohort_month) over (by_age) as previous_cohort_month,
        lag(retention_rate) over (by_age) as previous_retention_rate,
        lag(ltv_amount) over (by_age) as previous_ltv_amount,
        sum(cohort_size) over (of_age) as all_cohort_users,
        sum(cumulative_revenue_amount) over (of_age) as all_revenue_amount,
        sum(case when not is_sampled then cohort_size end) over (of_age) as counted_cohort_users,
        sum(retained_users) over (of_age) as all_retained_users
    from cohorts
    window
        of_age as (partition by tenant_id, month_number),
        by_age as (partition by tenant_id, month_number order by cohort_month asc)
),

averaged as (
    select
        *,
        {{ safe_ratio('all_retained_users', 'counted_cohort_users') }} as average_retention_rate,
        {{ divide('all_revenue_amount', 'all_cohort_users') }} as average_ltv_amount
    from compared
),

final as (
    select
        tenant_id,
        cohort_month,
        month_number,
        cohort_size,
        retained_users,
        retention_rate,
        previous_cohort_month,
        previous_retention_rate,
        retention_rate - previous_retention_rate as retention_rate_change,
        average_retention_rate,
        retention_rate - average_retention_rate as retention_rate_difference,
        ltv_amount,
        previous_ltv_amount,
        ltv_amount - previous_ltv_amount as ltv_change_amount,
        average_ltv_amount,
        ltv_amount - average_ltv_amount as ltv_difference_amount,
        currency,
        is_sampled
    from averaged
)

select * from final
