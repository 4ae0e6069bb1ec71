with
files as (
    select
        load_id,
        lane,
        family,
        table_name,
        file_id,
        path,
        rows_read,
        rows_accepted,
        rows_rejected,
        rows_duplicate,
        min_event_at,
        max_event_at,
        error,
        loaded_at
    from {{ ref('stg_operations__load_files') }}
),

-- On the way in a file is read by itself; what its events are beside those of others shows here.
events as (
    select
        load_id,
        file_id,
        accepted,
        dropped,
        sampled_out,
        duplicate,
        conflicting,
        copied
    from {{ ref('int_event_files_counted') }}
),

final as (
    select
        -- The folder names one; a file beside it may hold several.
        nullif(split_part(split_part('/' || files.path, '/tenant=', 2), '/', 1), '') as tenant_id,
        files.load_id,
        files.lane,
        files.family,
        files.table_name,
        files.file_id,
        files.path,
        files.rows_read,
        case
            when files.table_name = 'events' then cast(coalesce(events.accepted, 0) as bigint)
            else cast(files.rows_accepted as bigint)
        end as rows_accepted,
        cast(files.rows_rejected + coalesce(events.conflicting, 0) as bigint) as rows_rejected,
        cast(files.rows_duplicate + coalesce(events.duplicate, 0) + coalesce(events.copied, 0) as bigint) as rows_duplicate,
        cast(coalesce(events.dropped, 0) as bigint) as rows_dropped,
        cast(coalesce(events.sampled_out, 0) as bigint) as rows_sampled_out,
        files.min_event_at,
        files.max_event_at,
        files.error,
        files.loaded_at
    from files
    left join events
        on
            files.load_id = events.load_id
            and files.file_id = events.file_id
            and files.table_name = 'events'
)

select * from final
