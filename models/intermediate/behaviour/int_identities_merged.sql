with
links as (
    select
        tenant_id,
        identity_key,
        linked_key
    from {{ ref('int_identity_links_listed') }}
    where substr(identity_key, 1, 3) <> 'ip:' and substr(linked_key, 1, 3) <> 'ip:'
),

edges as (
    select
        tenant_id,
        identity_key as node,
        linked_key as neighbour
    from links
    union
    select
        tenant_id,
        linked_key as node,
        identity_key as neighbour
    from links
),

components as (
    select
        tenant_id,
        node as identity_key,
        component
    from {{ connected_components('edges') }} as components
),

first_seen as (
    select
        tenant_id,
        identity_key,
        min(first_seen_at) as first_seen_at
    from {{ ref('int_identities_seen') }}
    where (tenant_id, identity_key) in (
        select
            components.tenant_id,
            components.identity_key
        from components
    )
    group by tenant_id, identity_key
),

final as (
    select
        components.tenant_id,
        components.identity_key,
        first_value({{ person_of_key('components.identity_key') }}) over (
            partition by components.tenant_id, components.component
            order by
                case when substr(components.identity_key, 1, 5) = 'user:' then 0 else 1 end asc,
                first_seen.first_seen_at asc nulls last,
                {{ byte_order('components.identity_key') }} asc
        ) as person_id
    from components
    left join first_seen
        on
            components.tenant_id = first_seen.tenant_id
            and components.identity_key = first_seen.identity_key
)

select * from final
