{%- set order = ['occurred_at', byte_order('event_id')] -%}
with
events as (
    select
        tenant_id,
        event_id,
        person_id,
        session_id,
        event_type,
        occurred_at,
        date_day,
        platform
    from {{ ref('fct_events') }} as all_events
    where
        session_id is not null
        and {{ is_dirty('all_events') }}
),

sessions as (
    select
        tenant_id,
        session_id,
        min(person_id) as person_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        {{ earliest_value('date_day', order) }} as date_day,
        count(*) as event_count,
        count(case when event_type in ('page.viewed', 'screen.viewed') then 1 end) as page_views,
        {{ earliest_value('event_type', order) }} as entry_event_type,
        {{ latest_value('event_type', order) }} as exit_event_type,
        {{ earliest_value('platform', order) }} as platform
    from events
    group by tenant_id, session_id
),

final as (
    select
        tenant_id,
        session_id,
        person_id,
        started_at,
        ended_at,
        date_day,
        {{ seconds_between('started_at', 'ended_at') }} as duration_seconds,
        event_count,
        page_views,
        entry_event_type,
        exit_event_type,
        platform
    from sessions
)

select * from final
