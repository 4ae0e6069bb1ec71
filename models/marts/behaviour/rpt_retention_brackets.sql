with
brackets as (
    select
        period_type,
        first_period_number,
        last_period_number
    from {{ ref('retention_brackets') }}
),

cells as (
    select
        tenant_id,
        period_type,
        cohort_start,
        clock,
        period_number,
        cohort_size,
        is_complete,
        is_sampled
    from {{ ref('int_cohort_cells_listed') }}
),

returned as (
    select
        numbered.tenant_id,
        numbered.period_type,
        numbered.cohort_start,
        numbered.clock,
        brackets.first_period_number,
        brackets.last_period_number,
        -- A person enters a cohort once.
        count(distinct numbered.person_id) as retained_users
    from {{ ref('int_cohort_returns_numbered') }} as numbered
    inner join brackets
        on
            numbered.period_type = brackets.period_type
            and numbered.period_number between brackets.first_period_number and brackets.last_period_number
    group by 1, 2, 3, 4, 5, 6
),

-- There from the bracket's first period on; complete with its last one.
bracket_cells as (
    select
        cells.tenant_id,
        cells.period_type,
        cells.cohort_start,
        cells.clock,
        brackets.first_period_number,
        brackets.last_period_number,
        cells.cohort_size,
        max(case when cells.period_number = brackets.last_period_number and cells.is_complete then 1 else 0 end) = 1 as is_complete,
        max(case when cells.is_sampled then 1 else 0 end) = 1 as is_sampled
    from cells
    inner join brackets
        on
            cells.period_type = brackets.period_type
            and cells.period_number between brackets.first_period_number and brackets.last_period_number
    group by 1, 2, 3, 4, 5, 6, 7
),

counted as (
    select
        bracket_cells.*,
        coalesce(returned.retained_users, 0) as present_users
    from bracket_cells
    left join returned
        on
            bracket_cells.tenant_id = returned.tenant_id
            and bracket_cells.period_type = returned.period_type
            and bracket_cells.cohort_start = returned.cohort_start
            and bracket_cells.clock = returned.clock
            and bracket_cells.first_period_number = returned.first_period_number
            and bracket_cells.last_period_number = returned.last_period_number
),

final as (
    select
        tenant_id,
        period_type,
        cohort_start,
        first_period_number,
        last_period_number,
        clock,
        cast(cohort_size as bigint) as cohort_size,
        cast(case when not is_sampled then present_users end as bigint) as retained_users,
        case when is_complete and not is_sampled then {{ safe_ratio('present_users', 'cohort_size') }} end as retention_rate,
        is_complete,
        is_sampled
    from counted
)

select * from final
