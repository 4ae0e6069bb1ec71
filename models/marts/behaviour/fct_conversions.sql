with
named as (
    select
        conversion_name,
        tenant_id,
        event_type
    from {{ ref('conversion_events') }}
),

own as (
    select distinct
        conversion_name,
        tenant_id
    from named
    where tenant_id is not null
),

final as (
    select
        events.tenant_id,
        named.conversion_name,
        events.event_id,
        events.person_id,
        events.session_id,
        events.event_type,
        events.occurred_at as converted_at,
        events.date_day,
        events.sample_weight
    from {{ ref('fct_events') }} as events
    inner join named
        on
            events.event_type = named.event_type
            and events.tenant_id = coalesce(named.tenant_id, events.tenant_id)
    left join own
        on
            events.tenant_id = own.tenant_id
            and named.conversion_name = own.conversion_name
    -- A tenant's own conversion replaces the general one of that name.
    where
        (named.tenant_id is not null or own.tenant_id is null)
        and events.has_occurred
        and {{ is_dirty('events') }}
)

select * from final
