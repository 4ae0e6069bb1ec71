with
seen as (
    select
        tenant_id,
        user_id,
        anonymous_id,
        is_alias,
        first_seen_at
    from {{ ref('int_identities_seen') }}
),

profiles as (
    select
        tenant_id,
        person_key,
        person_type,
        linked_keys,
        updated_at
    from {{ ref('stg_logs__experience_profiles') }}
),

profile_keys as (
    select
        tenant_id,
        person_key,
        person_type,
        {{ each_json_text('linked_keys') }} as other_id,
        updated_at
    from profiles
    where linked_keys is not null
),

-- What the other id is, nobody says.
claims as (
    select
        tenant_id,
        'user:' || user_id as identity_key,
        anonymous_id as other_id,
        'alias' as source,
        first_seen_at as linked_at
    from seen
    where is_alias and user_id is not null and anonymous_id <> ''
    union all
    select
        tenant_id,
        person_type || ':' || person_key as identity_key,
        other_id,
        'linked_keys' as source,
        updated_at as linked_at
    from profile_keys
),

known_visitors as (
    select distinct
        tenant_id,
        anonymous_id
    from seen
    where
        not is_alias
        and anonymous_id in (select claims.other_id from claims)
),

known_users as (
    select
        tenant_id,
        user_id
    from seen
    where user_id in (select claims.other_id from claims)
    union
    select
        tenant_id,
        person_key as user_id
    from profiles
    where person_type = 'user'
),

named as (
    select
        claims.tenant_id,
        claims.identity_key,
        case
            when known_visitors.anonymous_id is not null then 'anonymous:'
            when known_users.user_id is not null then 'user:'
            when claims.source = 'alias' then 'anonymous:'
            -- An address, as far as anybody knows: it merges no one.
            else 'ip:'
        end || claims.other_id as linked_key,
        claims.source,
        claims.linked_at
    from claims
    left join known_visitors
        on
            claims.tenant_id = known_visitors.tenant_id
            and claims.other_id = known_visitors.anonymous_id
    left join known_users
        on
            claims.tenant_id = known_users.tenant_id
            and claims.other_id = known_users.user_id
),

final as (
    select
        tenant_id,
        identity_key,
        linked_key,
        source,
        min(linked_at) as linked_at
    from named
    where identity_key <> linked_key
    group by tenant_id, identity_key, linked_key, source
)

select * from final
