with
visits as (
    select
        tenant_id,
        visit_id,
        coalesce(person_type, 'user') || ':' || person_key as identity_key,
        visited_at,
        city_id,
        time_zone
    from {{ ref('stg_logs__visits') }}
),

links as (
    select
        tenant_id,
        identity_key,
        person_id
    from {{ ref('int_identities_linked') }}
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

own_cities as (
    select
        tenant_id,
        city_id,
        time_zone
    from {{ ref('cities') }}
    where tenant_id is not null
),

cities as (
    select
        city_id,
        time_zone
    from {{ ref('cities') }}
    where tenant_id is null
),

known_zones as (
    select time_zone
    from {{ time_zones() }} as zones
),

located as (
    select
        visits.tenant_id,
        visits.visit_id,
        coalesce(links.person_id, {{ person_of_key('visits.identity_key') }}) as person_id,
        visits.visited_at,
        visits.city_id,
        coalesce(known_zones.time_zone, own_cities.time_zone, cities.time_zone, tenants.time_zone) as time_zone
    from visits
    inner join tenants on visits.tenant_id = tenants.tenant_id
    left join links on visits.tenant_id = links.tenant_id and visits.identity_key = links.identity_key
    left join known_zones on visits.time_zone = known_zones.time_zone
    left join own_cities on visits.tenant_id = own_cities.tenant_id and visits.city_id = own_cities.city_id
    left join cities on visits.city_id = cities.city_id
),

localized as (
    select
        *,
        {{ tenant_time('visited_at', 'time_zone') }} as local_time
    from located
),

final as (
    select
        tenant_id,
        visit_id,
        person_id,
        visited_at,
        city_id,
        time_zone,
        cast(local_time as date) as local_date,
        cast({{ day_of_week('cast(local_time as date)') }} as integer) as day_of_week,
        cast(extract(hour from local_time) as integer) as hour_of_day
    from localized
)

select * from final
