with
entries as (
    select
        tenant_id,
        person_id,
        period_type,
        cohort_start,
        entered_at,
        {{ last_period_number('period_type') }} as last_number,
        {{ window_days('period_type') }} as window_length
    from {{ ref('int_cohort_entries_dated') }} as all_entries
    where {{ is_dirty('all_entries') }}
),

periods as (
    select
        tenant_id,
        person_id,
        period_type,
        period_start
    from {{ ref('int_person_periods_active') }} as all_periods
    where {{ is_dirty('all_periods') }}
),

days as (
    select
        tenant_id,
        person_id,
        utc_day,
        first_at,
        last_at
    from {{ ref('int_person_days_active') }} as all_days
    where
        event_count > 0
        and {{ is_dirty('all_days') }}
),

calendar_returns as (
    select
        entries.tenant_id,
        entries.person_id,
        entries.period_type,
        entries.cohort_start,
        {{ periods_between('entries.cohort_start', 'periods.period_start', 'entries.period_type') }} as period_number
    from entries
    inner join periods
        on
            entries.tenant_id = periods.tenant_id
            and entries.person_id = periods.person_id
            and entries.period_type = periods.period_type
            and entries.cohort_start < periods.period_start
            and periods.period_start <= {{ periods_later('entries.cohort_start', 'entries.last_number', 'entries.period_type') }}
),

-- Windows are multiples of 24 hours long, so that one of them at most ends within a day of UTC: its first and last event tell both sides.
day_windows as (
    select
        entries.tenant_id,
        entries.person_id,
        entries.period_type,
        entries.cohort_start,
        entries.last_number,
        {{ windows_between('entries.entered_at', 'days.first_at', 'entries.period_type') }} as first_window,
        {{ windows_between('entries.entered_at', 'days.last_at', 'entries.period_type') }} as last_window
    from entries
    inner join days
        on
            entries.tenant_id = days.tenant_id
            and entries.person_id = days.person_id
            and entries.entered_at <= days.first_at
            and {{ add_to_date('entries.entered_at', 'day', '(entries.last_number + 1) * entries.window_length') }} >= days.utc_day
),

united as (
    select
        tenant_id,
        person_id,
        period_type,
        cohort_start,
        'calendar' as clock,
        period_number
    from calendar_returns
    union all
    {% for side in ['first', 'last'] -%}
    select
        tenant_id,
        person_id,
        period_type,
        cohort_start,
        'rolling' as clock,
        {{ side }}_window as period_number
    from day_windows
    where {{ side }}_window between 1 and last_number
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select distinct
        tenant_id,
        person_id,
        period_type,
        cohort_start,
        clock,
        period_number
    from united
)

select * from final
