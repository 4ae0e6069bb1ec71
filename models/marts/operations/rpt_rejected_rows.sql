with
rejected as (
    select
        tenant_id,
        family,
        table_name,
        reason_code,
        field,
        cast(loaded_at as date) as loaded_date,
        load_id,
        loaded_at,
        rows_rejected,
        files,
        example
    from {{ ref('int_rejected_rows_counted') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by tenant_id, family, table_name, reason_code, field, loaded_date
            order by loaded_at asc, load_id asc
        ) as place
    from rejected
),

grouped as (
    select
        tenant_id,
        family,
        table_name,
        reason_code,
        field,
        loaded_date,
        cast(sum(rows_rejected) as bigint) as rows_rejected,
        cast(sum(files) as bigint) as files,
        min(loaded_at) as first_loaded_at,
        max(loaded_at) as last_loaded_at,
        max(case when place = 1 then example end) as example
    from ranked
    group by
        tenant_id,
        family,
        table_name,
        reason_code,
        field,
        loaded_date
),

judged as (
    select
        tenant_id,
        family,
        table_name,
        cast(loaded_at as date) as loaded_date,
        cast(sum(rows_judged) as bigint) as rows_judged
    from {{ ref('int_table_loads_balanced') }}
    group by
        tenant_id,
        family,
        table_name,
        cast(loaded_at as date)
),

final as (
    select
        grouped.tenant_id,
        grouped.family,
        grouped.table_name,
        grouped.reason_code,
        grouped.field,
        grouped.loaded_date,
        grouped.rows_rejected,
        judged.rows_judged,
        {{ safe_ratio('grouped.rows_rejected', 'judged.rows_judged') }} as rejected_rate,
        grouped.files,
        grouped.first_loaded_at,
        grouped.last_loaded_at,
        grouped.example
    from grouped
    inner join judged
        on
            grouped.tenant_id = judged.tenant_id
            and grouped.family = judged.family
            and grouped.table_name = judged.table_name
            and grouped.loaded_date = judged.loaded_date
)

select * from final
