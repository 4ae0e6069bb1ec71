-- How many people each segment reaches, how many of them are new in it this week, and what they are worth.
select
    segments.tenant_id,
    segments.segment_name,
    segments.title,
    segments.member_count,
    count(case when members.joined_at > {{ dbt.dateadd('day', -7, 'segments.last_computed_at') }} then 1 end) as joined_in_seven_days,
    segments.average_ltv_amount,
    segments.currency,
    segments.conversion_rate
from {{ ref('rpt_cohort_segments') }} as segments
left join {{ ref('bridge_segment_members') }} as members
    on
        segments.tenant_id = members.tenant_id
        and segments.segment_name = members.segment_name
group by
    segments.tenant_id,
    segments.segment_name,
    segments.title,
    segments.member_count,
    segments.average_ltv_amount,
    segments.currency,
    segments.conversion_rate
order by segments.tenant_id asc, segments.member_count desc, segments.segment_name asc
