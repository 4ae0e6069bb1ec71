-- Returns funnels of seeds/funnel_steps.csv whose steps are not numbered 1, 2, 3, ...
-- Nobody could come past a missing step.
select
    tenant_id,
    funnel_name
from {{ ref('funnel_steps') }}
group by tenant_id, funnel_name
having min(step_order) <> 1 or max(step_order) <> count(*)
