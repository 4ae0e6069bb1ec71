with
checkins as (
    select
        tenant_id,
        checkin_id,
        coalesce(person_type, 'user') || ':' || person_key as identity_key,
        event_id,
        event_type,
        checked_in_at,
        venue_id,
        city_id
    from {{ ref('stg_logs__checkins') }}
),

links as (
    select
        tenant_id,
        identity_key,
        person_id
    from {{ ref('int_identities_linked') }}
),

final as (
    select
        checkins.tenant_id,
        checkins.checkin_id,
        coalesce(links.person_id, {{ person_of_key('checkins.identity_key') }}) as person_id,
        checkins.event_id,
        checkins.event_type,
        checkins.checked_in_at,
        {{ tenant_date('checkins.checked_in_at', 'tenants.time_zone') }} as date_day,
        checkins.venue_id,
        checkins.city_id
    from checkins
    inner join {{ ref('int_tenants_resolved') }} as tenants on checkins.tenant_id = tenants.tenant_id
    left join links on checkins.tenant_id = links.tenant_id and checkins.identity_key = links.identity_key
)

select * from final
