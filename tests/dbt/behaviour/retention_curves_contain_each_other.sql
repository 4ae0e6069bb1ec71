-- Returns rows of rpt_retention in which more people are there in a period than in it or later, or more in it or later than there were
-- one period before.
-- Either would be a person counted in a period after their last one, or lost in one before it.
-- Does not look at cohorts with a day of sampling, whose counts are withheld.
with
curves as (
    select
        tenant_id,
        period_type,
        cohort_start,
        clock,
        period_number,
        max(case when mode = 'on' then retained_users end) as users_on,
        max(case when mode = 'on_or_after' then retained_users end) as users_on_or_after
    from {{ ref('rpt_retention') }}
    group by tenant_id, period_type, cohort_start, clock, period_number
),

followed as (
    select
        *,
        lag(users_on_or_after) over (
            partition by tenant_id, period_type, cohort_start, clock order by period_number asc
        ) as users_before
    from curves
)

select *
from followed
where
    users_on > users_on_or_after
    or users_on_or_after > users_before
