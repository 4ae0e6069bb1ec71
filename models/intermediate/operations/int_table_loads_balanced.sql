with
accepted as (
    select
        tenant_id,
        family,
        table_name,
        load_id,
        rows_accepted,
        loaded_at,
        last_event_at
    from {{ ref('stg_operations__table_loads') }}
),

rejected as (
    select
        tenant_id,
        family,
        table_name,
        load_id,
        cast(sum(rows_rejected) as bigint) as rows_rejected,
        min(loaded_at) as loaded_at
    from {{ ref('int_rejected_rows_counted') }}
    group by
        tenant_id,
        family,
        table_name,
        load_id
),

final as (
    select
        coalesce(accepted.tenant_id, rejected.tenant_id) as tenant_id,
        coalesce(accepted.family, rejected.family) as family,
        coalesce(accepted.table_name, rejected.table_name) as table_name,
        coalesce(accepted.load_id, rejected.load_id) as load_id,
        coalesce(accepted.loaded_at, rejected.loaded_at) as loaded_at,
        coalesce(accepted.rows_accepted, 0) + coalesce(rejected.rows_rejected, 0) as rows_judged,
        coalesce(accepted.rows_accepted, 0) as rows_accepted,
        coalesce(rejected.rows_rejected, 0) as rows_rejected,
        accepted.last_event_at
    from accepted
    full outer join rejected
        on
            accepted.tenant_id = rejected.tenant_id
            and accepted.family = rejected.family
            and accepted.table_name = rejected.table_name
            and accepted.load_id = rejected.load_id
)

select * from final
