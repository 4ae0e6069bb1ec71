select distinct
    limited.tenant_id,
    limited.date_day
from {{ ref('int_events_limited') }} as limited
inner join {{ ref('int_tenant_days_listed') }} as tenant_days
    on
        limited.tenant_id = tenant_days.tenant_id
        and limited.date_day = tenant_days.date_day
where
    (limited.reason = 'sampled_out' or limited.sample_weight > 1)
    and not {{ is_server_sent('limited.event_type') }}
