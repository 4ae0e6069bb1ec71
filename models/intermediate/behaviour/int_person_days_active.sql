with
events as (
    select
        tenant_id,
        person_id,
        date_day
    from {{ ref('int_events_identified') }}
    where
        person_id is not null
        and not is_server_sent
        and occurred_at <= {{ as_of() }}
),

person_days as (
    select
        tenant_id,
        person_id,
        date_day,
        count(*) as event_count
    from events
    group by tenant_id, person_id, date_day
),

final as (
    select
        tenant_id,
        person_id,
        date_day,
        event_count,
        lag(date_day) over (partition by tenant_id, person_id order by date_day asc) as previous_day,
        lead(date_day) over (partition by tenant_id, person_id order by date_day asc) as next_day
    from person_days
)

select * from final
