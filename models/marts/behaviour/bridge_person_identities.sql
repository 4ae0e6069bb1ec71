select
    tenant_id,
    identity_key,
    person_id,
    linked_at,
    source
from {{ ref('int_identities_linked') }}
