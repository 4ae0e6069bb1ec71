with
loads as (
    select
        tenant_id,
        -- Lines that no table could be found for are counted per family.
        case when table_name = 'unknown' then family || '.unknown' else table_name end as table_name,
        family,
        loaded_at,
        rows_judged,
        rows_accepted,
        rows_rejected,
        last_event_at,
        tenant_id <> '(unknown)' and table_name <> 'unknown' as is_placed
    from {{ ref('int_table_loads_balanced') }}
),

allowances as (
    select
        table_name,
        fresh_within_seconds
    from {{ ref('table_freshness') }}
),

latest as (
    select max(loaded_at) as loaded_at
    from loads
),

recent as (
    select
        loads.*,
        loads.loaded_at > {{ add_seconds('latest.loaded_at', -86400 * var('health_window_days')) }} as is_recent
    from loads
    cross join latest
),

totals as (
    select
        tenant_id,
        table_name,
        family,
        is_placed,
        max(last_event_at) as last_event_at,
        max(loaded_at) as last_loaded_at,
        cast(sum(case when is_recent then rows_judged else 0 end) as bigint) as rows_judged,
        cast(sum(case when is_recent then rows_accepted else 0 end) as bigint) as rows_accepted,
        cast(sum(case when is_recent then rows_rejected else 0 end) as bigint) as rows_rejected
    from recent
    group by
        tenant_id,
        table_name,
        family,
        is_placed
),

measured as (
    select
        totals.tenant_id,
        totals.table_name,
        totals.family,
        totals.is_placed,
        totals.last_event_at,
        totals.last_loaded_at,
        greatest({{ seconds_between('totals.last_event_at', as_of()) }}, 0) as freshness_seconds,
        -- A table that is listed without a number changes now and then, and is not judged.
        case
            when allowances.table_name is null then {{ var('fresh_within_seconds') }}
            else allowances.fresh_within_seconds
        end as fresh_within_seconds,
        totals.rows_judged,
        totals.rows_accepted,
        totals.rows_rejected,
        {{ safe_ratio('totals.rows_accepted', 'totals.rows_judged') }} as completeness_rate,
        {{ safe_ratio('totals.rows_rejected', 'totals.rows_judged') }} as rejected_rate
    from totals
    left join allowances on totals.table_name = allowances.table_name
),

final as (
    select
        tenant_id,
        table_name,
        family,
        last_event_at,
        last_loaded_at,
        -- greatest() of a null and a number is the number.
        case when last_event_at is not null then freshness_seconds end as freshness_seconds,
        fresh_within_seconds,
        rows_judged,
        rows_accepted,
        rows_rejected,
        completeness_rate,
        rejected_rate,
        case when last_event_at is not null then freshness_seconds < fresh_within_seconds end as is_fresh,
        -- Lines without a tenant or a table are never accepted: they tell of no table whether it is complete.
        case when is_placed then completeness_rate > {{ var('least_completeness') }} end as is_complete
    from measured
)

select * from final
