{%- set in_order = 'order by seen_at asc, ' ~ byte_order('city_id') ~ ' asc nulls first, log asc, log_id asc' -%}
{%- set so_far = '(partition by tenant_id, person_id ' ~ in_order ~ ' rows between unbounded preceding and current row)' -%}
with
seen as (
    select
        tenant_id,
        person_id,
        'visits' as log,
        visit_id as log_id,
        visited_at as seen_at,
        hour_of_day,
        cast(null as {{ dbt.type_string() }}) as event_type,
        cast(null as {{ dbt.type_string() }}) as city_id
    from {{ ref('fct_visits') }}
    where visited_at <= {{ as_of() }}
    union all
    select
        tenant_id,
        person_id,
        'checkins' as log,
        checkin_id as log_id,
        checked_in_at as seen_at,
        cast(null as integer) as hour_of_day,
        event_type,
        city_id
    from {{ ref('fct_checkins') }}
    where checked_in_at <= {{ as_of() }}
),

-- How often the hour, kind of event and city of each row have come until then.
numbered as (
    select
        *,
        {% for column in ['hour_of_day', 'event_type', 'city_id'] -%}
        row_number() over (partition by tenant_id, person_id, {{ column }} {{ in_order }}) as {{ column }}_count,
        {% endfor -%}
        case event_type when 'beginner' then 0 when 'intermediate' then 1 when 'advanced' then 2 end as level_rank
    from seen
),

-- The largest of "count, then the rank that ties go to" so far is the commonest so far: counts only grow.
accumulated as (
    select
        tenant_id,
        person_id,
        seen_at,
        lead(seen_at) over (partition by tenant_id, person_id {{ in_order }}) as next_seen_at,
        min(seen_at) over {{ so_far }} as first_seen_at,
        count(case when log = 'visits' then 1 end) over {{ so_far }} as total_visits,
        {% for event_type in ['beginner', 'intermediate', 'advanced', 'practica', 'milonga'] -%}
        count(case when event_type = '{{ event_type }}' then 1 end) over {{ so_far }} as {{ event_type }}_count,
        {% endfor -%}
        count(case when log = 'checkins' then 1 end) over {{ so_far }} as total_checkins,
        count(case when city_id is not null and city_id_count = 1 then 1 end) over {{ so_far }} as unique_cities,
        string_agg(case when city_id_count = 1 then {{ list_element('city_id') }} end, ',') over {{ so_far }} as listed_cities,
        mod(max(event_type_count * 3 + level_rank) over {{ so_far }}, 3) as primary_level_rank,
        23 - mod(max(case when hour_of_day is not null then hour_of_day_count * 24 + 23 - hour_of_day end) over {{ so_far }}, 24)
            as peak_login_hour
    from numbered
),

final as (
    select
        tenant_id,
        person_id,
        seen_at as last_seen_at,
        next_seen_at,
        first_seen_at,
        case when substr(person_id, 1, 3) = 'ip:' then 'ip' else 'user' end as person_type,
        total_visits,
        {{ safe_ratio('total_visits * 604800', 'greatest(604800, ' ~ seconds_between('first_seen_at', 'seen_at') ~ ')') }}
            as visit_frequency,
        total_checkins,
        beginner_count,
        intermediate_count,
        advanced_count,
        practica_count,
        milonga_count,
        case primary_level_rank when 0 then 'beginner' when 1 then 'intermediate' when 2 then 'advanced' end as primary_level,
        unique_cities,
        cast(case when unique_cities > 0 then least(10, 2.5 * (unique_cities - 1)) end as decimal(3, 1)) as multi_city_score,
        '[' || coalesce(listed_cities, '') || ']' as cities,
        cast(peak_login_hour as integer) as peak_login_hour,
        coalesce(peak_login_hour in ({{ var('night_owl_hours') | join(', ') }}), false) as is_night_owl
    from accumulated
    -- Of several rows at one moment the last holds them all.
    where next_seen_at is null or next_seen_at > seen_at
)

select * from final
