with
checkins as (
    select
        tenant_id,
        checkin_id,
        person_key,
        coalesce(person_type, 'user') as person_type,
        event_id,
        event_type,
        checked_in_at,
        venue_id,
        city_id
    from {{ ref('stg_logs__checkins') }}
),

persons as (
    select
        tenant_id,
        person_type,
        person_key,
        person_id
    from {{ ref('int_log_persons_identified') }}
),

final as (
    select
        checkins.tenant_id,
        checkins.checkin_id,
        persons.person_id,
        checkins.event_id,
        checkins.event_type,
        checkins.checked_in_at,
        {{ tenant_date('checkins.checked_in_at', 'tenants.time_zone') }} as date_day,
        checkins.venue_id,
        checkins.city_id
    from checkins
    inner join persons
        on
            checkins.tenant_id = persons.tenant_id
            and checkins.person_type = persons.person_type
            and checkins.person_key = persons.person_key
    inner join {{ ref('int_tenants_resolved') }} as tenants on checkins.tenant_id = tenants.tenant_id
)

select * from final
