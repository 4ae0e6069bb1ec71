with
events as (
    select *
    from {{ ref('int_events_identified') }} as events
    where {{ is_dirty('events') }}
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
        events.person_id,
        events.user_id,
        events.anonymous_id,
        sessions.session_id,
        events.client_session_id,
        events.event_type,
        events.module,
        events.feature,
        events.occurred_at,
        events.date_day,
        events.has_occurred,
        events.received_at,
        events.loaded_at,
        events.platform,
        events.app_version,
        events.country,
        events.organization_id,
        events.is_server_sent,
        cast(events.sample_weight as decimal(38, 6)) as sample_weight
    from events
    left join sessions
        on
            events.tenant_id = sessions.tenant_id
            and events.event_id = sessions.event_id
)

select * from final
