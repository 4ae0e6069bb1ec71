-- How many new people come back within their first week, and how many in the rest of their first month?
-- Pooled over cohorts for which all of the month is over.
with
brackets as (
    select
        tenant_id,
        last_period_number,
        cohort_size,
        retained_users,
        count(*) over (partition by tenant_id, cohort_start) as complete_brackets
    from {{ ref('rpt_retention_brackets') }}
    where
        period_type = 'day'
        and clock = 'rolling'
        and retention_rate is not null
),

final as (
    select
        tenant_id,
        sum(case when last_period_number = 7 then cohort_size end) as new_users,
        sum(case when last_period_number = 7 then retained_users end) as back_in_first_week,
        sum(case when last_period_number = 30 then retained_users end) as back_in_rest_of_month
    from brackets
    where complete_brackets = 3
    group by tenant_id
)

select * from final
order by tenant_id
