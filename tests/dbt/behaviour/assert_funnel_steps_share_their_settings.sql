-- Returns funnels of seeds/funnel_steps.csv whose steps disagree on mode, window or excluded events, or are not numbered 1, 2, 3, ...
-- The settings are the funnel's: with two windows, the larger would silently hold for all steps.
-- Does not check that the event types exist: a funnel may wait for events that nobody has sent yet.
select
    tenant_id,
    funnel_name
from {{ ref('funnel_steps') }}
group by tenant_id, funnel_name
having
    count(distinct mode) > 1
    or count(distinct window_seconds) > 1
    or count(distinct coalesce(excluded_event_types, '')) > 1
    or min(step_order) <> 1
    or max(step_order) <> count(*)
