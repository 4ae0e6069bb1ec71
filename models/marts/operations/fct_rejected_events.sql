with
rejected as (
    select
        tenant_id,
        reason_code,
        field,
        raw_text,
        path,
        file_id,
        line_no,
        loaded_at,
        load_id
    from {{ ref('stg_operations__rejected_rows') }}
    where family = 'events'
),

conflicting as (
    select
        tenant_id,
        event_id,
        file_id,
        line_no,
        loaded_at,
        load_id
    from {{ ref('stg_events__duplicates') }}
    where is_conflicting
),

files as (
    select
        load_id,
        file_id,
        path
    from {{ ref('stg_operations__load_files') }}
    where family = 'events' and table_name = 'events'
),

final as (
    select
        tenant_id,
        cast(null as {{ dbt.type_string() }}) as event_id,
        reason_code,
        field,
        raw_text,
        path,
        file_id,
        line_no,
        loaded_at,
        load_id
    from rejected
    union all
    select
        conflicting.tenant_id,
        conflicting.event_id,
        'conflicting_duplicate' as reason_code,
        'event_id' as field,
        cast(null as {{ dbt.type_string() }}) as raw_text,
        files.path,
        conflicting.file_id,
        conflicting.line_no,
        conflicting.loaded_at,
        conflicting.load_id
    from conflicting
    left join files
        on
            conflicting.load_id = files.load_id
            and conflicting.file_id = files.file_id
)

select * from final
