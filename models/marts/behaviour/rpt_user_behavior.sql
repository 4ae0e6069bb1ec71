with
profiles as (
    select *
    from {{ ref('int_person_states_accumulated') }}
    where next_seen_at is null
),

logins as (
    select
        tenant_id,
        person_id,
        '['
        {%- for hour in range(24) %}
        || count(case when hour_of_day = {{ hour }} then 1 end) || '{{ ',' if not loop.last else ']' }}'
        {%- endfor %} as hour_of_day_distribution,
        '['
        {%- for day in range(1, 8) %}
        || count(case when day_of_week = {{ day }} then 1 end) || '{{ ',' if not loop.last else ']' }}'
        {%- endfor %} as day_of_week_distribution
    from {{ ref('fct_visits') }}
    where visited_at <= {{ as_of() }}
    group by tenant_id, person_id
),

city_visits as (
    select
        tenant_id,
        person_id,
        city_id,
        row_number() over (
            partition by tenant_id, person_id
            order by max(checked_in_at) desc, {{ byte_order('city_id') }} asc
        ) as recency
    from {{ ref('fct_checkins') }}
    where city_id is not null and checked_in_at <= {{ as_of() }}
    group by tenant_id, person_id, city_id
),

last_cities as (
    select
        tenant_id,
        person_id,
        {{ dbt.listagg(list_element('city_id'), "','", 'order by recency asc') }} as cities
    from city_visits
    where recency <= 5
    group by tenant_id, person_id
),

memberships as (
    select
        tenant_id,
        person_id,
        {{ dbt.listagg(list_element('segment_name'), "','", 'order by ' ~ byte_order('segment_name') ~ ' asc') }} as segments
    from {{ ref('bridge_segment_members') }}
    group by tenant_id, person_id
),

final as (
    select
        profiles.tenant_id,
        profiles.person_id,
        profiles.person_type,
        profiles.first_seen_at,
        profiles.last_seen_at,
        cast(floor({{ seconds_between('profiles.last_seen_at', as_of()) }} / 86400) as integer) as days_since_last_seen,
        profiles.total_visits,
        profiles.visit_frequency,
        profiles.peak_login_hour,
        profiles.is_night_owl,
        coalesce(logins.hour_of_day_distribution, '[{{ ([0] * 24) | join(',') }}]') as hour_of_day_distribution,
        coalesce(logins.day_of_week_distribution, '[{{ ([0] * 7) | join(',') }}]') as day_of_week_distribution,
        profiles.total_checkins,
        profiles.beginner_count,
        profiles.intermediate_count,
        profiles.advanced_count,
        profiles.practica_count,
        profiles.milonga_count,
        profiles.primary_level,
        profiles.unique_cities,
        profiles.multi_city_score,
        profiles.cities,
        '[' || coalesce(last_cities.cities, '') || ']' as last_cities,
        '[' || coalesce(memberships.segments, '') || ']' as segments
    from profiles
    left join logins on profiles.tenant_id = logins.tenant_id and profiles.person_id = logins.person_id
    left join last_cities on profiles.tenant_id = last_cities.tenant_id and profiles.person_id = last_cities.person_id
    left join memberships on profiles.tenant_id = memberships.tenant_id and profiles.person_id = memberships.person_id
)

select * from final
