with
events as (
    select
        tenant_id,
        person_id,
        known_user_id,
        event_type,
        occurred_at,
        is_server_sent
    from {{ ref('int_events_identified') }}
    where person_id is not null
),

clients as (
    select
        tenant_id,
        event_id,
        person_id,
        occurred_at,
        country,
        platform
    from {{ ref('fct_events') }}
    where person_id is not null and not is_server_sent
),

persons as (
    select
        tenant_id,
        person_id,
        max(known_user_id) as user_id,
        min(case when not is_server_sent then occurred_at end) as first_seen_at,
        max(case when not is_server_sent then occurred_at end) as last_seen_at,
        min(case when event_type = 'user.registered' then occurred_at end) as registered_at
    from events
    group by tenant_id, person_id
),

{% for column in ['country', 'platform'] -%}
told_{{ column }} as (
    select
        tenant_id,
        person_id,
        {{ column }},
        row_number() over (
            partition by tenant_id, person_id
            order by occurred_at desc, event_id desc
        ) as recency
    from clients
    where {{ column }} is not null
),

{% endfor -%}
final as (
    select
        persons.tenant_id,
        persons.person_id,
        persons.user_id,
        persons.first_seen_at,
        persons.last_seen_at,
        persons.registered_at,
        persons.user_id is not null as is_identified,
        told_country.country,
        told_platform.platform
    from persons
    left join told_country
        on
            persons.tenant_id = told_country.tenant_id
            and persons.person_id = told_country.person_id
            and told_country.recency = 1
    left join told_platform
        on
            persons.tenant_id = told_platform.tenant_id
            and persons.person_id = told_platform.person_id
            and told_platform.recency = 1
)

select * from final
