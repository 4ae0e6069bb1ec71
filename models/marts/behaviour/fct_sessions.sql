with
events as (
    select
        tenant_id,
        event_id,
        person_id,
        session_id,
        event_type,
        occurred_at,
        platform
    from {{ ref('fct_events') }} as all_events
    where
        session_id is not null
        and {{ is_dirty('all_events') }}
),

ordered as (
    select
        tenant_id,
        person_id,
        session_id,
        event_type,
        occurred_at,
        platform,
        row_number() over (
            partition by tenant_id, session_id
            order by occurred_at asc, event_id asc
        ) as place,
        row_number() over (
            partition by tenant_id, session_id
            order by occurred_at desc, event_id desc
        ) as place_from_end,
        row_number() over (
            partition by tenant_id, session_id
            order by case when platform is null then 1 else 0 end asc, occurred_at asc, event_id asc
        ) as platform_place
    from events
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

sessions as (
    select
        tenant_id,
        session_id,
        person_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        count(case when event_type in ('page.viewed', 'screen.viewed') then 1 end) as page_views,
        max(case when place = 1 then event_type end) as entry_event_type,
        max(case when place_from_end = 1 then event_type end) as exit_event_type,
        max(case when platform_place = 1 then platform end) as platform
    from ordered
    group by tenant_id, session_id, person_id
),

final as (
    select
        sessions.tenant_id,
        sessions.session_id,
        sessions.person_id,
        sessions.started_at,
        sessions.ended_at,
        {{ tenant_date('sessions.started_at', 'tenants.time_zone') }} as date_day,
        {{ seconds_between('sessions.started_at', 'sessions.ended_at') }} as duration_seconds,
        sessions.event_count,
        sessions.page_views,
        sessions.entry_event_type,
        sessions.exit_event_type,
        sessions.platform
    from sessions
    inner join tenants on sessions.tenant_id = tenants.tenant_id
)

select * from final
