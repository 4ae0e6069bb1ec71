select
    tenant_id,
    family,
    table_name,
    field,
    rows_with_it,
    path,
    loaded_at,
    _dlt_load_id as load_id
from {{ source('raw_operations', 'unknown_fields') }}
