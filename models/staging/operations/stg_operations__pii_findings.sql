select
    tenant_id,
    family,
    table_name,
    column_name,
    pii_class,
    findings,
    file_id,
    loaded_at,
    _dlt_load_id as load_id
from {{ source('raw_operations', 'pii_findings') }}
