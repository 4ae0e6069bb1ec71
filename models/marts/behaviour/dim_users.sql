with
days as (
    select
        tenant_id,
        person_id,
        first_told_at,
        last_told_at,
        registered_at,
        country,
        country_told_at,
        platform,
        platform_told_at
    from {{ ref('int_person_days_active') }}
),

persons as (
    select
        tenant_id,
        person_id,
        case when {{ is_user('person_id') }} then person_id end as user_id,
        min(first_told_at) as first_seen_at,
        max(last_told_at) as last_seen_at,
        min(registered_at) as registered_at,
        {{ latest_value('country', ['country_told_at']) }} as country,
        {{ latest_value('platform', ['platform_told_at']) }} as platform
    from days
    group by tenant_id, person_id
),

bindings as (
    select
        tenant_id,
        user_id,
        min(attempted_at) as first_activated_at
    from {{ ref('stg_logs__account_bindings') }}
    where status = 'success'
    group by tenant_id, user_id
),

final as (
    select
        persons.tenant_id,
        persons.person_id,
        persons.user_id,
        persons.first_seen_at,
        persons.last_seen_at,
        persons.registered_at,
        bindings.first_activated_at,
        persons.user_id is not null as is_identified,
        persons.country,
        persons.platform
    from persons
    left join bindings
        on
            persons.tenant_id = bindings.tenant_id
            and persons.user_id = bindings.user_id
)

select * from final
