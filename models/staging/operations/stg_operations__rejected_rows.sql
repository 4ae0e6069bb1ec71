select
    tenant_id,
    family,
    table_name,
    file_id,
    path,
    line_no,
    reason_code,
    field,
    raw_text,
    loaded_at,
    _dlt_load_id as load_id
from {{ source('raw_quarantine', 'rejected_rows') }}
