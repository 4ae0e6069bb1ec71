{{ config(severity='warn') }}
-- Returns assessment events that name no assessment, and so stand in no assessment mart.
-- They are the sender's bug: warned of, so that a fall in assessments has a place to look first.
-- Does not check that a named assessment was ever started.
select
    tenant_id,
    event_id,
    event_type,
    occurred_at
from {{ ref('int_events_admitted') }}
where
    event_type in ('assessment.started', 'assessment.completed')
    and assessment_id is null
