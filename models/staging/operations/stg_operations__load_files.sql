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
-- What was loaded since the build began is not there for its models, nor for its clock.
where _dlt_load_id in (select visible.load_id from raw_operations.visible_loads as visible)
