select
    family,
    lane,
    table_name,
    file_id,
    path,
    stamp,
    fingerprint,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_duplicate,
    min_event_at,
    max_event_at,
    error,
    loaded_at,
    _dlt_load_id as load_id
from {{ source('raw_operations', 'load_files') }}
