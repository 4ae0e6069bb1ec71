-- How much of what a first attempt misses is made good later? Of the people who entered: who converted at once (first), who in the end,
-- from any entry (optimized), and how many attempts a conversion took (totals).
with
ends as (
    select
        tenant_id,
        funnel_name,
        counting,
        entered - pending as concluded,
        reached
    from {{ ref('rpt_funnel_breakdown') }}
    where dimension = 'all' and period_type = 'all' and is_last_step
),

counted as (
    select
        tenant_id,
        funnel_name,
        sum(case when counting = 'first' then reached end) as converted_at_once,
        sum(case when counting = 'first' then concluded end) as concluded_at_once,
        sum(case when counting = 'optimized' then reached end) as converted_in_the_end,
        sum(case when counting = 'optimized' then concluded end) as concluded_in_the_end,
        sum(case when counting = 'totals' then reached end) as conversions,
        sum(case when counting = 'totals' then concluded end) as attempts
    from ends
    group by tenant_id, funnel_name
)

select
    tenant_id,
    funnel_name,
    {{ safe_ratio('converted_at_once', 'concluded_at_once') }} as rate_at_once,
    {{ safe_ratio('converted_in_the_end', 'concluded_in_the_end') }} as rate_in_the_end,
    {{ safe_ratio('attempts', 'conversions') }} as attempts_per_conversion
from counted
order by tenant_id, funnel_name
