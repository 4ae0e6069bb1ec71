with
rejected as (
    select
        coalesce(tenant_id, '(unknown)') as tenant_id,
        family,
        table_name,
        reason_code,
        coalesce(field, '(whole line)') as field,
        load_id,
        loaded_at,
        file_id,
        path,
        line_no
    from {{ ref('stg_operations__rejected_rows') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by tenant_id, family, table_name, reason_code, field, load_id
            order by file_id asc, line_no asc
        ) as place
    from rejected
),

final as (
    select
        tenant_id,
        family,
        table_name,
        reason_code,
        field,
        load_id,
        min(loaded_at) as loaded_at,
        count(*) as rows_rejected,
        count(distinct file_id) as files,
        max(case when place = 1 then path || ':' || cast(line_no as {{ dbt.type_string() }}) end) as example
    from ranked
    group by
        tenant_id,
        family,
        table_name,
        reason_code,
        field,
        load_id
)

select * from final
