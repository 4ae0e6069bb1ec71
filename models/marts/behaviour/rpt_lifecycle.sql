with
periods as (
    select
        tenant_id,
        period_type,
        period_start,
        period_end,
        is_complete,
        lag(period_start) over (partition by tenant_id, period_type order by period_start asc) as previous_start
    from {{ ref('int_tenant_periods_listed') }}
),

sampled_periods as (
    select distinct
        periods.tenant_id,
        periods.period_type,
        periods.period_start
    from {{ ref('int_tenant_periods_mapped') }} as periods
    inner join {{ ref('int_sampled_days_listed') }} as sampled_days
        on
            periods.tenant_id = sampled_days.tenant_id
            and periods.date_day = sampled_days.date_day
),

activity as (
    select
        tenant_id,
        period_type,
        period_start,
        previous_start,
        count(*) as persons
    from {{ ref('int_person_periods_active') }}
    group by tenant_id, period_type, period_start, previous_start
),

first_periods as (
    select
        tenant_id,
        period_type,
        min(period_start) as first_start
    from activity
    group by tenant_id, period_type
),

counted as (
    select
        periods.tenant_id,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        sampled_periods.tenant_id is not null as is_sampled,
        coalesce(sum(activity.persons), 0) as active_users,
        coalesce(sum(case when activity.previous_start is null then activity.persons end), 0) as new_users,
        coalesce(sum(case when activity.previous_start = periods.previous_start then activity.persons end), 0) as returning_users
    from periods
    inner join first_periods
        on
            periods.tenant_id = first_periods.tenant_id
            and periods.period_type = first_periods.period_type
            and periods.period_start >= first_periods.first_start
    left join activity
        on
            periods.tenant_id = activity.tenant_id
            and periods.period_type = activity.period_type
            and periods.period_start = activity.period_start
    left join sampled_periods
        on
            periods.tenant_id = sampled_periods.tenant_id
            and periods.period_type = sampled_periods.period_type
            and periods.period_start = sampled_periods.period_start
    group by
        periods.tenant_id,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        sampled_periods.tenant_id
),

compared as (
    select
        *,
        coalesce(lag(active_users) over (of_type), 0) as previous_users,
        is_sampled or coalesce(lag(is_sampled) over (of_type), false) as is_withheld
    from counted
    window of_type as (partition by tenant_id, period_type order by period_start asc)
),

final as (
    select
        tenant_id,
        period_type,
        period_start,
        period_end,
        cast(case when not is_sampled then active_users end as bigint) as active_users,
        {% for measure, count in {
            'previous_active_users': 'previous_users',
            'new_users': 'new_users',
            'returning_users': 'returning_users',
            'resurrecting_users': 'active_users - new_users - returning_users',
            'dormant_users': 'previous_users - returning_users',
        }.items() -%}
        cast(case when not is_withheld then {{ count }} end as bigint) as {{ measure }},
        {% endfor -%}
        is_complete,
        is_withheld as is_sampled
    from compared
)

select * from final
