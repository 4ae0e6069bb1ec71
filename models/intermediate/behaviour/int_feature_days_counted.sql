select
    events.tenant_id,
    events.person_id,
    events.date_day,
    events.feature,
    count(*) as uses,
    sum(events.sample_weight) as weighted_uses,
    max(case when events.sample_weight > 1 then 1 else 0 end) = 1 as is_sampled
from {{ ref('fct_events') }} as events
where
    events.feature is not null
    and events.person_id is not null
    and not events.is_server_sent
    and events.has_occurred
    and {{ is_dirty('events') }}
group by events.tenant_id, events.person_id, events.date_day, events.feature
