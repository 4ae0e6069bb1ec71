with
periods as (
    select
        tenant_id,
        person_id,
        period_type,
        period_start,
        previous_start,
        first_at,
        max(period_start) over (partition by tenant_id, person_id, period_type) as last_start,
        max(last_at) over (partition by tenant_id, person_id, period_type) as last_at
    from {{ ref('int_person_periods_active') }} as all_periods
    where
        {{ last_period_number('period_type') }} is not null
        and {{ is_dirty('all_periods') }}
),

final as (
    select
        tenant_id,
        person_id,
        period_type,
        period_start as cohort_start,
        first_at as entered_at,
        {{ periods_between('period_start', 'last_start', 'period_type') }} as last_period_number,
        {{ windows_between('first_at', 'last_at', 'period_type') }} as last_window_number
    from periods
    where {{ is_cohort_entry('previous_start') }}
)

select * from final
