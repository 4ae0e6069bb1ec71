/*
    Links whose two keys are different persons: a chain of links that was not followed to its end, or a key that leads to one that leads on.
    Addresses join no one and are left out; whether the right keys are linked is the oracle's matter (test_identity.py).
*/
with
persons as (
    select
        tenant_id,
        identity_key,
        person_id
    from {{ ref('int_identities_linked') }}
),

links as (
    select
        tenant_id,
        identity_key,
        linked_key
    from {{ ref('int_identity_links_listed') }}
    where substr(identity_key, 1, 3) <> 'ip:' and substr(linked_key, 1, 3) <> 'ip:'
    union all
    select
        tenant_id,
        identity_key,
        'user:' || person_id as linked_key
    from persons
)

select links.*
from links
left join persons as ones
    on
        links.tenant_id = ones.tenant_id
        and links.identity_key = ones.identity_key
left join persons as linked_ones
    on
        links.tenant_id = linked_ones.tenant_id
        and links.linked_key = linked_ones.identity_key
where
    coalesce(ones.person_id, {{ person_of_key('links.identity_key') }})
    <> coalesce(linked_ones.person_id, {{ person_of_key('links.linked_key') }})
