{%- set in_order = 'order by seen_at asc, ' ~ byte_order('new_city_id') ~ ' asc nulls first, log asc, log_id asc' -%}
{%- set so_far = '(partition by tenant_id, person_id ' ~ in_order ~ ' rows between unbounded preceding and current row)' -%}
-- The largest of "count, then what ties go to" is the commonest so far, since counts only grow: such numbers are the keys here.
with
visits as (
    select
        tenant_id,
        person_id,
        visit_id,
        visited_at,
        row_number() over (partition by tenant_id, person_id, hour_of_day order by visited_at asc, visit_id asc) * 24
        + 23 - hour_of_day as hour_key
    from {{ ref('fct_visits') }}
    where visited_at <= {{ as_of() }}
),

checkins as (
    select
        tenant_id,
        person_id,
        checkin_id,
        checked_in_at,
        event_type,
        row_number() over (partition by tenant_id, person_id, event_type order by checked_in_at asc, checkin_id asc) * 3
        + case event_type when 'beginner' then 0 when 'intermediate' then 1 when 'advanced' then 2 end as level_key,
        case
            when row_number() over (partition by tenant_id, person_id, city_id order by checked_in_at asc, checkin_id asc) = 1
                then city_id
        end as new_city_id
    from {{ ref('fct_checkins') }}
    where checked_in_at <= {{ as_of() }}
),

seen as (
    select
        tenant_id,
        person_id,
        'visits' as log,
        visit_id as log_id,
        visited_at as seen_at,
        hour_key,
        cast(null as {{ dbt.type_string() }}) as event_type,
        cast(null as bigint) as level_key,
        cast(null as {{ dbt.type_string() }}) as new_city_id
    from visits
    union all
    select
        tenant_id,
        person_id,
        'checkins' as log,
        checkin_id as log_id,
        checked_in_at as seen_at,
        cast(null as bigint) as hour_key,
        event_type,
        level_key,
        new_city_id
    from checkins
),

accumulated as (
    select
        tenant_id,
        person_id,
        seen_at,
        lead(seen_at) over (partition by tenant_id, person_id {{ in_order }}) as next_seen_at,
        min(seen_at) over {{ so_far }} as first_seen_at,
        count(hour_key) over {{ so_far }} as total_visits,
        count(event_type) over {{ so_far }} as total_checkins,
        {% for event_type in ['beginner', 'intermediate', 'advanced', 'practica', 'milonga'] -%}
        count(case when event_type = '{{ event_type }}' then 1 end) over {{ so_far }} as {{ event_type }}_count,
        {% endfor -%}
        count(new_city_id) over {{ so_far }} as unique_cities,
        string_agg({{ list_element('new_city_id') }}, ',') over {{ so_far }} as listed_cities,
        mod(max(level_key) over {{ so_far }}, 3) as level_rank,
        23 - mod(max(hour_key) over {{ so_far }}, 24) as peak_login_hour
    from seen
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
        case level_rank when 0 then 'beginner' when 1 then 'intermediate' when 2 then 'advanced' end as primary_level,
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
