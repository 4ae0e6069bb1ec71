-- Returns types of the realtime lane of which a tenant lost an event to its limits: revenue that nobody would see.
-- Does not check that the lane has the right types.
{{ config(group='operations') }}
select
    quota.tenant_id,
    quota.event_type,
    quota.date_day
from {{ ref('rpt_event_quota_daily') }} as quota
inner join {{ ref('event_lanes') }} as lanes on quota.event_type = lanes.event_type
where
    quota.dropped + quota.sampled_out > 0
    or quota.daily_limit is not null
    or quota.sampling_rate is not null
