-- Do people who enter on one platform convert less than on another? Where two intervals do not overlap, that is no chance.
select
    tenant_id,
    funnel_name,
    dimension_value as platform,
    entered,
    pending,
    reached as converted,
    converted_from_first_rate,
    wilson_low,
    wilson_high,
    is_small_sample
from {{ ref('rpt_funnel_breakdown') }}
where
    counting = 'first'
    and dimension = 'platform'
    and period_type = 'all'
    and is_last_step
order by tenant_id asc, funnel_name asc, entered desc, platform asc
