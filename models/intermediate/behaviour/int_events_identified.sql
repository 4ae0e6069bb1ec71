with
events as (
    select
        tenant_id,
        event_id,
        event_type,
        user_id,
        -- The address behind a server's event is the server's.
        case when not ({{ is_server_sent('event_type') }} and substr(identity_key, 1, 3) = 'ip:') then identity_key end as identity_key,
        occurred_at,
        loaded_at,
        file_id,
        line_no,
        load_id,
        lane,
        sample_weight,
        {{ is_server_sent('event_type') }} as is_server_sent
    from {{ ref('int_events_admitted') }}
),

links as (
    select
        tenant_id,
        identity_key,
        person_id,
        user_id
    from {{ ref('int_identities_linked') }}
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

final as (
    select
        events.tenant_id,
        events.event_id,
        events.event_type,
        events.identity_key,
        coalesce(links.person_id, {{ person_of_key('events.identity_key') }}) as person_id,
        coalesce(links.user_id, events.user_id) as known_user_id,
        events.occurred_at,
        {{ tenant_date('events.occurred_at', 'tenants.time_zone') }} as date_day,
        events.occurred_at <= {{ as_of() }} as has_occurred,
        events.is_server_sent,
        -- With these, whatever changes in an event changes a row here.
        events.sample_weight,
        events.loaded_at,
        events.lane,
        events.load_id,
        events.file_id,
        events.line_no
    from events
    inner join tenants on events.tenant_id = tenants.tenant_id
    left join links
        on
            events.tenant_id = links.tenant_id
            and events.identity_key = links.identity_key
    where {{ is_dirty('events') }}
)

select * from final
