with
links as (
    select
        tenant_id,
        identity_key,
        linked_key,
        source,
        linked_at
    from {{ ref('int_identity_links_listed') }}
),

merged as (
    select
        tenant_id,
        identity_key,
        person_id
    from {{ ref('int_identities_merged') }}
),

-- A link in the words of each of its ends.
ends as (
    select
        tenant_id,
        identity_key,
        linked_key as other_key,
        source,
        linked_at
    from links
    union all
    select
        tenant_id,
        linked_key as identity_key,
        identity_key as other_key,
        source,
        linked_at
    from links
),

merged_keys as (
    select
        merged.tenant_id,
        merged.identity_key,
        merged.person_id,
        ends.source,
        ends.linked_at,
        row_number() over (
            partition by merged.tenant_id, merged.identity_key
            order by ends.linked_at asc, ends.source asc
        ) as link_rank
    from merged
    inner join ends
        on
            merged.tenant_id = ends.tenant_id
            and merged.identity_key = ends.identity_key
            and substr(ends.other_key, 1, 3) <> 'ip:'
    where merged.identity_key <> 'user:' || merged.person_id
),

-- A device belongs to the first user seen with it, and makes no one of two users.
seen_together as (
    select
        seen.tenant_id,
        'anonymous:' || seen.anonymous_id as identity_key,
        coalesce(merged.person_id, seen.user_id) as person_id,
        seen.first_seen_at as linked_at,
        row_number() over (
            partition by seen.tenant_id, seen.anonymous_id
            order by seen.first_seen_at asc, {{ byte_order('seen.user_id') }} asc
        ) as link_rank
    from {{ ref('int_identities_seen') }} as seen
    left join merged
        on
            seen.tenant_id = merged.tenant_id
            and seen.identity_key = merged.identity_key
    where
        seen.user_id is not null
        and seen.anonymous_id <> ''
        and not seen.is_alias
),

visitors as (
    select
        seen_together.tenant_id,
        seen_together.identity_key,
        seen_together.person_id,
        seen_together.linked_at
    from seen_together
    left join merged
        on
            seen_together.tenant_id = merged.tenant_id
            and seen_together.identity_key = merged.identity_key
    where
        seen_together.link_rank = 1
        and merged.identity_key is null
),

addresses as (
    select
        ends.tenant_id,
        ends.identity_key,
        min(coalesce(merged.person_id, visitors.person_id, substr(ends.other_key, 6))) as person_id,
        min(ends.linked_at) as linked_at
    from ends
    left join merged
        on
            ends.tenant_id = merged.tenant_id
            and ends.other_key = merged.identity_key
    left join visitors
        on
            ends.tenant_id = visitors.tenant_id
            and ends.other_key = visitors.identity_key
    where
        substr(ends.identity_key, 1, 3) = 'ip:'
        and (merged.person_id is not null or visitors.person_id is not null or substr(ends.other_key, 1, 5) = 'user:')
    group by ends.tenant_id, ends.identity_key
    -- An address that two persons share tells nothing of either.
    having count(distinct coalesce(merged.person_id, visitors.person_id, substr(ends.other_key, 6))) = 1
),

united as (
    select
        tenant_id,
        identity_key,
        person_id,
        source,
        linked_at
    from merged_keys
    where link_rank = 1
    union all
    select
        tenant_id,
        identity_key,
        person_id,
        'event' as source,
        linked_at
    from visitors
    union all
    select
        tenant_id,
        identity_key,
        person_id,
        'linked_keys' as source,
        linked_at
    from addresses
),

final as (
    select
        tenant_id,
        identity_key,
        person_id,
        -- Whoever a key is linked to is a user.
        person_id as user_id,
        source,
        linked_at
    from united
)

select * from final
