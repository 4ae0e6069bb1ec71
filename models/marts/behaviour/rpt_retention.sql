with
cells as (
    select
        tenant_id,
        period_type,
        cohort_start,
        clock,
        period_number,
        cohort_size,
        is_complete,
        is_sampled,
        is_ever_sampled
    from {{ ref('int_cohort_cells_listed') }}
),

returned as (
    select
        tenant_id,
        period_type,
        cohort_start,
        clock,
        period_number,
        count(*) as returned_users
    from {{ ref('int_cohort_returns_numbered') }}
    group by tenant_id, period_type, cohort_start, clock, period_number
),

-- Everyone once, at the last period in which they were there; later ones than are published count as the last.
lasts as (
    {% for clock, column in {'calendar': 'last_period_number', 'rolling': 'last_window_number'}.items() -%}
    select
        tenant_id,
        period_type,
        cohort_start,
        '{{ clock }}' as clock,
        least({{ column }}, {{ last_period_number('period_type') }}) as period_number,
        count(*) as last_users
    from {{ ref('int_cohort_entries_dated') }}
    group by tenant_id, period_type, cohort_start, least({{ column }}, {{ last_period_number('period_type') }})
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

counted as (
    select
        cells.tenant_id,
        cells.period_type,
        cells.cohort_start,
        cells.clock,
        cells.period_number,
        cells.cohort_size,
        cells.is_complete,
        cells.is_sampled,
        cells.is_ever_sampled,
        case when cells.period_number = 0 then cells.cohort_size else coalesce(returned.returned_users, 0) end as users_on,
        sum(coalesce(lasts.last_users, 0)) over (
            partition by cells.tenant_id, cells.period_type, cells.cohort_start, cells.clock
            order by cells.period_number desc
            rows between unbounded preceding and current row
        ) as users_on_or_after
    from cells
    left join returned
        on
            cells.tenant_id = returned.tenant_id
            and cells.period_type = returned.period_type
            and cells.cohort_start = returned.cohort_start
            and cells.clock = returned.clock
            and cells.period_number = returned.period_number
    left join lasts
        on
            cells.tenant_id = lasts.tenant_id
            and cells.period_type = lasts.period_type
            and cells.cohort_start = lasts.cohort_start
            and cells.clock = lasts.clock
            and cells.period_number = lasts.period_number
),

modes as (
    select
        *,
        'on' as mode,
        is_sampled as is_withheld,
        users_on as present_users
    from counted
    union all
    select
        *,
        'on_or_after' as mode,
        is_ever_sampled as is_withheld,
        users_on_or_after as present_users
    from counted
),

-- Dividing exactly is dear, and small cohorts have few quotients: each is computed once.
shares as (
    select distinct
        present_users,
        cohort_size
    from modes
    where is_complete and not is_withheld
),

rates as (
    select
        present_users,
        cohort_size,
        {{ safe_ratio('present_users', 'cohort_size') }} as retention_rate
    from shares
),

final as (
    select
        modes.tenant_id,
        modes.period_type,
        modes.cohort_start,
        modes.period_number,
        modes.mode,
        modes.clock,
        cast(modes.cohort_size as bigint) as cohort_size,
        cast(case when not modes.is_withheld then modes.present_users end as bigint) as retained_users,
        case when modes.is_complete and not modes.is_withheld then rates.retention_rate end as retention_rate,
        modes.is_complete,
        modes.is_withheld as is_sampled
    from modes
    left join rates
        on
            modes.present_users = rates.present_users
            and modes.cohort_size = rates.cohort_size
)

select * from final
