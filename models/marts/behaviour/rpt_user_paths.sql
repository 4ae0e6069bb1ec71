with
dated as (
    select
        tenant_id,
        session_id,
        person_id,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month
    from {{ ref('fct_sessions') }}
),

sessions as (
    select
        tenant_id,
        session_id,
        person_id,
        month
    from dated
    where {{ is_dirty('dated') }}
),

events as (
    select
        sessions.tenant_id,
        sessions.session_id,
        sessions.person_id,
        sessions.month,
        events.event_type,
        events.occurred_at,
        events.sample_weight > 1 as is_sampled,
        row_number() over (
            partition by sessions.tenant_id, sessions.session_id
            order by events.occurred_at asc, {{ byte_order('events.event_id') }} asc
        ) as step_number,
        lead(events.event_type) over (
            partition by sessions.tenant_id, sessions.session_id
            order by events.occurred_at asc, {{ byte_order('events.event_id') }} asc
        ) as next_event_type,
        lead(events.occurred_at) over (
            partition by sessions.tenant_id, sessions.session_id
            order by events.occurred_at asc, {{ byte_order('events.event_id') }} asc
        ) as next_at,
        lead(events.sample_weight) over (
            partition by sessions.tenant_id, sessions.session_id
            order by events.occurred_at asc, {{ byte_order('events.event_id') }} asc
        ) > 1 as is_next_sampled
    from {{ ref('fct_events') }} as events
    inner join sessions
        on
            events.tenant_id = sessions.tenant_id
            and events.session_id = sessions.session_id
    where events.has_occurred
),

transitions as (
    select
        tenant_id,
        person_id,
        month,
        0 as step_number,
        '(start)' as from_event_type,
        event_type as to_event_type,
        is_sampled,
        cast(null as double precision) as seconds
    from events
    where step_number = 1
    union all
    select
        tenant_id,
        person_id,
        month,
        step_number,
        event_type as from_event_type,
        coalesce(next_event_type, '(end)') as to_event_type,
        is_sampled or coalesce(is_next_sampled, false) as is_sampled,
        {{ seconds_between('occurred_at', 'next_at') }} as seconds
    from events
    where step_number <= {{ var('path_depth') }}
),

final as (
    select
        tenant_id,
        month,
        cast(step_number as integer) as step_number,
        from_event_type,
        to_event_type,
        count(*) as transitions,
        case when max(case when is_sampled then 1 else 0 end) = 0 then count(distinct person_id) end as persons,
        {{ quantile('seconds', 0.5) }} as median_seconds
    from transitions
    group by tenant_id, month, step_number, from_event_type, to_event_type
)

select * from final
