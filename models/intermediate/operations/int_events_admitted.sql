select
    events.*,
    coalesce(limited.sample_weight, 1) as sample_weight
from {{ ref('stg_events__events') }} as events
left join {{ ref('int_events_limited') }} as limited
    on
        events.tenant_id = limited.tenant_id
        and events.event_id = limited.event_id
where limited.reason is null
