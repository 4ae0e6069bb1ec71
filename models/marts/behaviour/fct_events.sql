with
events as (
    select
        tenant_id,
        event_id,
        event_type,
        user_id,
        anonymous_id,
        session_id as client_session_id,
        module,
        feature,
        occurred_at,
        received_at,
        loaded_at,
        platform,
        app_version,
        country,
        organization_id,
        sample_weight
    from {{ ref('int_events_admitted') }} as admitted
    where {{ is_dirty('admitted') }}
),

identified as (
    select
        tenant_id,
        event_id,
        person_id,
        date_day,
        has_occurred,
        is_server_sent
    from {{ ref('int_events_identified') }} as all_identified
    where {{ is_dirty('all_identified') }}
),

sessions as (
    select
        tenant_id,
        event_id,
        session_id
    from {{ ref('int_events_sessionized') }} as sessionized
    where {{ is_dirty('sessionized') }}
),

final as (
    select
        events.tenant_id,
        events.event_id,
        identified.person_id,
        events.user_id,
        events.anonymous_id,
        sessions.session_id,
        events.client_session_id,
        events.event_type,
        events.module,
        events.feature,
        events.occurred_at,
        identified.date_day,
        identified.has_occurred,
        events.received_at,
        events.loaded_at,
        events.platform,
        events.app_version,
        events.country,
        events.organization_id,
        identified.is_server_sent,
        cast(events.sample_weight as decimal(38, 6)) as sample_weight
    from events
    inner join identified
        on
            events.tenant_id = identified.tenant_id
            and events.event_id = identified.event_id
    left join sessions
        on
            events.tenant_id = sessions.tenant_id
            and events.event_id = sessions.event_id
)

select * from final
