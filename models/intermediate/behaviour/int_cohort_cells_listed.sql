with
sizes as (
    select
        tenant_id,
        period_type,
        cohort_start,
        count(*) as cohort_size
    from {{ ref('int_cohort_entries_dated') }}
    group by tenant_id, period_type, cohort_start
),

tenants as (
    select
        tenant_id,
        time_zone,
        {{ as_of() }} as as_of_at,
        {{ tenant_date(as_of(), 'time_zone') }} as clock_day
    from {{ ref('int_tenants_resolved') }}
),

sampled_days as (
    select
        tenant_id,
        date_day
    from {{ ref('int_sampled_days_listed') }}
),

first_sampled_days as (
    select
        sizes.tenant_id,
        sizes.period_type,
        sizes.cohort_start,
        min(sampled_days.date_day) as first_sampled_day
    from sizes
    inner join sampled_days
        on
            sizes.tenant_id = sampled_days.tenant_id
            and sizes.cohort_start <= sampled_days.date_day
    group by sizes.tenant_id, sizes.period_type, sizes.cohort_start
),

numbers (period_type, period_number) as (
    values
    {% for period_type, last_number in var('retention_periods').items() -%}
    {% set types = loop -%}
    {% for number in range(last_number + 1) -%}
    ('{{ period_type }}', {{ number }}){{ ',' if not (loop.last and types.last) }}
    {% endfor -%}
    {% endfor -%}
),

cohorts as (
    select
        sizes.tenant_id,
        sizes.period_type,
        sizes.cohort_start,
        {{ periods_later('sizes.cohort_start', '1', 'sizes.period_type') }} as cohort_end,
        sizes.cohort_size,
        86400 * {{ window_days('sizes.period_type') }} as window_seconds,
        tenants.time_zone,
        tenants.as_of_at,
        tenants.clock_day,
        first_sampled_days.first_sampled_day
    from sizes
    inner join tenants on sizes.tenant_id = tenants.tenant_id
    left join first_sampled_days
        on
            sizes.tenant_id = first_sampled_days.tenant_id
            and sizes.period_type = first_sampled_days.period_type
            and sizes.cohort_start = first_sampled_days.cohort_start
),

dated as (
    select
        *,
        {{ utc_time('cohort_start', 'time_zone') }} as cohort_begins_at,
        {{ utc_time('cohort_end', 'time_zone') }} as cohort_ends_at,
        {{ utc_time('first_sampled_day', 'time_zone') }} as sampled_from_at
    from cohorts
),

-- A rolling window is there when that of the earliest possible member begins, and over when that of the latest possible one ends.
cells as (
    select
        dated.*,
        numbers.period_number,
        {{ periods_later('dated.cohort_start', 'numbers.period_number', 'dated.period_type') }} as period_start,
        {{ periods_later('dated.cohort_start', 'numbers.period_number + 1', 'dated.period_type') }} as period_end,
        {{ add_seconds('dated.cohort_begins_at', 'dated.window_seconds * numbers.period_number') }} as window_begins_at,
        {{ add_seconds('dated.cohort_ends_at', 'dated.window_seconds * (numbers.period_number + 1)') }} as window_ends_at
    from dated
    inner join numbers on dated.period_type = numbers.period_type
),

united as (
    select
        *,
        'calendar' as clock,
        period_end <= clock_day as is_complete,
        coalesce(first_sampled_day < period_end, false) as is_sampled
    from cells
    where period_start <= clock_day
    union all
    select
        *,
        'rolling' as clock,
        window_ends_at <= as_of_at as is_complete,
        coalesce(sampled_from_at < window_ends_at, false) as is_sampled
    from cells
    where window_begins_at <= as_of_at
),

final as (
    select
        tenant_id,
        period_type,
        cohort_start,
        clock,
        period_number,
        case when first_sampled_day is null or first_sampled_day >= cohort_end then cohort_size end as cohort_size,
        is_complete,
        is_sampled,
        first_sampled_day is not null as is_ever_sampled
    from united
)

select * from final
