-- Returns funnels of seeds/funnel_steps.csv whose steps disagree on mode, window or held property, or (in any order) on excluded events.
-- The settings are the funnel's: with two windows, that of some step would silently hold for all.
-- Does not check that the event types exist: a funnel may wait for events that nobody has sent yet.
select
    tenant_id,
    funnel_name
from {{ ref('funnel_steps') }}
group by tenant_id, funnel_name
having
    count(distinct mode) > 1
    or count(distinct window_seconds) > 1
    or count(distinct coalesce(hold_constant, '')) > 1
    or (max(mode) = 'any' and count(distinct coalesce(excluded_event_types, '')) > 1)
