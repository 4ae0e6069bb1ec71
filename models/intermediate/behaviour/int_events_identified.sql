with
links as (
    select
        tenant_id,
        identity_key,
        person_id,
        user_id
    from {{ ref('int_identities_linked') }}
),

-- A local day is found once per minute, not once per event: engines are slow at zones, and whole minutes are what zones differ by.
minutes as (
    select distinct
        tenant_id,
        {{ dbt.date_trunc('minute', 'occurred_at') }} as minute_at
    from {{ ref('int_events_admitted') }} as admitted
    where {{ is_dirty('admitted') }}
),

local_minutes as (
    select
        minutes.tenant_id,
        minutes.minute_at,
        {{ tenant_date('minutes.minute_at', 'tenants.time_zone') }} as date_day
    from minutes
    inner join {{ ref('int_tenants_resolved') }} as tenants on minutes.tenant_id = tenants.tenant_id
),

events as (
    select
        *,
        {{ dbt.date_trunc('minute', 'occurred_at') }} as minute_at,
        {{ is_server_sent('event_type') }} as is_server_sent,
        -- The address behind a server's event is the server's.
        case when not ({{ is_server_sent('event_type') }} and substr(identity_key, 1, 3) = 'ip:') then identity_key end as person_key
    from {{ ref('int_events_admitted') }} as admitted
    where {{ is_dirty('admitted') }}
),

final as (
    select
        events.tenant_id,
        events.event_id,
        events.event_type,
        events.person_key as identity_key,
        coalesce(links.person_id, {{ person_of_key('events.person_key') }}) as person_id,
        coalesce(links.user_id, events.user_id) as known_user_id,
        events.user_id,
        events.anonymous_id,
        events.session_id as client_session_id,
        events.module,
        events.feature,
        events.occurred_at,
        local_minutes.date_day,
        events.occurred_at <= {{ as_of() }} as has_occurred,
        events.received_at,
        events.loaded_at,
        events.platform,
        events.app_version,
        events.country,
        events.organization_id,
        events.is_server_sent,
        events.sample_weight
    from events
    inner join local_minutes
        on
            events.tenant_id = local_minutes.tenant_id
            and events.minute_at = local_minutes.minute_at
    left join links
        on
            events.tenant_id = links.tenant_id
            and events.person_key = links.identity_key
)

select * from final
