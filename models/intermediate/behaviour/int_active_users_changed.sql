{%- set windows = {'wau': 7, 'mau': 30} -%}
{%- set longest = windows.values() | max -%}
with
person_days as (
    select
        tenant_id,
        period_start as date_day,
        previous_start as previous_day,
        cast({{ dbt.date_trunc('month', 'period_start') }} as date) as month_start
    from {{ ref('int_person_periods_active') }}
    where period_type = 'day'
),

-- Whoever was away for longer than every window has left them all: the days since need not be told apart.
absences as (
    select
        tenant_id,
        date_day,
        least(coalesce({{ days_between('previous_day', 'date_day') }}, {{ longest }}), {{ longest }}) as days_away,
        previous_day is null or previous_day < month_start as is_first_of_month
    from person_days
),

shapes as (
    select
        tenant_id,
        date_day,
        days_away,
        is_first_of_month,
        count(*) as persons
    from absences
    group by tenant_id, date_day, days_away, is_first_of_month
),

-- An active day counts in each trailing window that holds it and no earlier active day of the person.
changes as (
    {% for metric, length in windows.items() -%}
    select
        tenant_id,
        '{{ metric }}' as metric,
        case
            when days_away < {{ length }} then {{ add_to_date('date_day', 'day', length ~ ' - days_away') }}
            else date_day
        end as date_day,
        persons as delta
    from shapes
    union all
    select
        tenant_id,
        '{{ metric }}' as metric,
        {{ add_to_date('date_day', 'day', length) }} as date_day,
        -persons as delta
    from shapes
    union all
    {% endfor -%}
    select
        tenant_id,
        'month' as metric,
        date_day,
        persons as delta
    from shapes
    where is_first_of_month
),

final as (
    select
        tenant_id,
        date_day,
        cast(sum(case when metric = 'wau' then delta else 0 end) as bigint) as wau_change,
        cast(sum(case when metric = 'mau' then delta else 0 end) as bigint) as mau_change,
        cast(sum(case when metric = 'month' then delta else 0 end) as bigint) as month_change
    from changes
    group by tenant_id, date_day
)

select * from final
