-- Of each segment by month: how many joined, how many left, and how many belong at its end. For dormant people, to leave is to come back.
select
    tenant_id,
    segment_name,
    cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start,
    sum(joined_members) as joined_members,
    sum(left_members) as left_members,
    sum(case when date_day = month_end then member_count end) as members_at_the_end
from (
    select
        *,
        max(date_day) over (
            partition by tenant_id, segment_name, {{ dbt.date_trunc('month', 'date_day') }}
        ) as month_end
    from {{ ref('rpt_segment_metrics') }}
) as days_of_months
group by 1, 2, 3
order by 1 asc, 2 asc, 3 asc
