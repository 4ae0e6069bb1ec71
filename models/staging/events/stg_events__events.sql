with
repeated as (
    select
        tenant_id,
        event_id
    from {{ ref('stg_events__received') }} as received
    where {{ is_dirty('received') }}
    group by tenant_id, event_id
    having count(*) > 1
),

-- Few events come twice: only these are put in order.
ranked as (
    select
        received.load_id,
        received.file_id,
        received.line_no,
        row_number() over (
            partition by received.tenant_id, received.event_id
            order by received.received_at asc nulls last, received.load_id asc, received.file_id asc, received.line_no asc
        ) as occurrence
    from {{ ref('stg_events__received') }} as received
    inner join repeated
        on
            received.tenant_id = repeated.tenant_id
            and received.event_id = repeated.event_id
),

repetitions as (
    select
        load_id,
        file_id,
        line_no
    from ranked
    where occurrence > 1
),

-- What the realtime lane brought first stays what it was when the batch lane brings it too, but for when it came.
first_arrivals as (
    select
        tenant_id,
        event_id,
        payload_hash,
        min(loaded_at) as loaded_at
    from {{ ref('stg_events__realtime_copies') }}
    where is_first
    group by tenant_id, event_id, payload_hash
),

final as (
    select
        received.tenant_id,
        received.event_id,
        received.event_type,
        received.user_id,
        received.anonymous_id,
        received.session_id,
        received.ip_hash,
        {{ identity_key('received') }} as identity_key,
        received.occurred_at,
        received.received_at,
        received.platform,
        received.app_version,
        received.country,
        received.organization_id,
        received.module,
        received.feature,
        received.assessment_id,
        received.assessment_type,
        received.duration_seconds,
        received.completion_percentage,
        received.ai_confidence,
        received.dual_ai_agreement,
        received.openness,
        received.conscientiousness,
        received.extraversion,
        received.agreeableness,
        received.neuroticism,
        received.attributes,
        received.metrics,
        received.dialect,
        received.extra,
        received.payload_hash,
        received.file_id,
        received.line_no,
        coalesce(first_arrivals.loaded_at, received.loaded_at) as loaded_at,
        received.load_id,
        case when first_arrivals.tenant_id is not null then 'realtime' else received.lane end as lane
    from {{ ref('stg_events__received') }} as received
    left join repetitions
        on
            received.load_id = repetitions.load_id
            and received.file_id = repetitions.file_id
            and received.line_no = repetitions.line_no
    left join first_arrivals
        on
            received.tenant_id = first_arrivals.tenant_id
            and received.event_id = first_arrivals.event_id
            and received.payload_hash = first_arrivals.payload_hash
    where
        repetitions.load_id is null
        and {{ is_dirty('received') }}
)

select * from final
