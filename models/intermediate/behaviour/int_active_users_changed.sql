{%- set windows = {'dau': 1, 'wau': 7, 'mau': 30} -%}
with
person_days as (
    select
        tenant_id,
        date_day,
        previous_day,
        next_day,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start
    from {{ ref('int_person_days_active') }}
),

-- Someone active on a day stays in a trailing window until it ends, or until their next active day renews it.
changes as (
    {% for metric, length in windows.items() -%}
    select
        tenant_id,
        '{{ metric }}' as metric,
        date_day,
        1 as delta
    from person_days
    union all
    select
        tenant_id,
        '{{ metric }}' as metric,
        case
            when next_day < {{ add_to_date('date_day', 'day', length) }} then next_day
            else {{ add_to_date('date_day', 'day', length) }}
        end as date_day,
        -1 as delta
    from person_days
    union all
    {% endfor -%}
    select
        tenant_id,
        'month' as metric,
        date_day,
        1 as delta
    from person_days
    where previous_day is null or previous_day < month_start
    union all
    select
        tenant_id,
        'new' as metric,
        date_day,
        1 as delta
    from person_days
    where previous_day is null
    union all
    select
        tenant_id,
        'returning' as metric,
        date_day,
        1 as delta
    from person_days
    where previous_day = {{ add_to_date('date_day', 'day', -1) }}
    union all
    select
        tenant_id,
        'dormant' as metric,
        {{ add_to_date('date_day', 'day', 1) }} as date_day,
        1 as delta
    from person_days
    where next_day is null or next_day > {{ add_to_date('date_day', 'day', 1) }}
),

final as (
    select
        tenant_id,
        date_day,
        cast(sum(case when metric = 'dau' then delta else 0 end) as bigint) as dau_change,
        cast(sum(case when metric = 'wau' then delta else 0 end) as bigint) as wau_change,
        cast(sum(case when metric = 'mau' then delta else 0 end) as bigint) as mau_change,
        cast(sum(case when metric = 'month' then delta else 0 end) as bigint) as month_change,
        cast(sum(case when metric = 'new' then delta else 0 end) as bigint) as new_change,
        cast(sum(case when metric = 'returning' then delta else 0 end) as bigint) as returning_change,
        cast(sum(case when metric = 'dormant' then delta else 0 end) as bigint) as dormant_change
    from changes
    group by tenant_id, date_day
)

select * from final
