select
    tenant_id,
    segment_name,
    person_id,
    joined_at
from {{ ref('int_segment_spells_dated') }}
where left_at is null
