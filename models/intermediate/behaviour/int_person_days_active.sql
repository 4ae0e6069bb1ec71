with
events as (
    select
        tenant_id,
        person_id,
        event_id,
        event_type,
        occurred_at,
        date_day,
        sample_weight,
        case when not is_server_sent then country end as country,
        case when not is_server_sent then platform end as platform,
        not is_server_sent as is_done,
        not is_server_sent and has_occurred as is_activity
    from {{ ref('fct_events') }} as all_events
    where
        person_id is not null
        and {{ is_dirty('all_events') }}
),

final as (
    select
        tenant_id,
        person_id,
        date_day,
        cast(occurred_at as date) as utc_day,
        count(case when is_activity then 1 end) as event_count,
        cast(sum(case when is_activity then sample_weight else 0 end) as decimal(38, 6)) as weighted_event_count,
        min(case when is_activity then occurred_at end) as first_at,
        max(case when is_activity then occurred_at end) as last_at,
        min(case when is_done then occurred_at end) as first_told_at,
        max(case when is_done then occurred_at end) as last_told_at,
        {% for column in ['country', 'platform'] -%}
        {{ latest_value(column, ['occurred_at', byte_order('event_id')]) }} as {{ column }},
        max(case when {{ column }} is not null then occurred_at end) as {{ column }}_told_at,
        {% endfor -%}
        min(case when event_type = 'user.registered' then occurred_at end) as registered_at
    from events
    group by tenant_id, person_id, date_day, cast(occurred_at as date)
)

select * from final
