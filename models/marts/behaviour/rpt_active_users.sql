with
days as (
    select
        tenant_id,
        date_day,
        last_day,
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start
    from {{ ref('int_tenant_days_listed') }}
),

changes as (
    select
        tenant_id,
        date_day,
        dau_change,
        wau_change,
        mau_change,
        month_change,
        new_change,
        returning_change,
        dormant_change
    from {{ ref('int_active_users_changed') }}
),

first_days as (
    select
        tenant_id,
        min(date_day) as first_day
    from changes
    group by tenant_id
),

counted as (
    select
        days.tenant_id,
        days.date_day,
        days.month_start,
        {% for metric in ['dau', 'wau', 'mau'] -%}
        sum(coalesce(changes.{{ metric }}_change, 0)) over (
            partition by days.tenant_id order by days.date_day asc rows between unbounded preceding and current row
        ) as {{ metric }},
        {% endfor -%}
        sum(coalesce(changes.month_change, 0)) over (
            partition by days.tenant_id, days.month_start order by days.date_day asc rows between unbounded preceding and current row
        ) as month_active_users,
        coalesce(changes.new_change, 0) as new_users,
        coalesce(changes.returning_change, 0) as returning_users,
        coalesce(changes.dormant_change, 0) as dormant_users,
        days.date_day < days.last_day as is_complete
    from days
    inner join first_days
        on
            days.tenant_id = first_days.tenant_id
            and days.date_day >= first_days.first_day
    left join changes
        on
            days.tenant_id = changes.tenant_id
            and days.date_day = changes.date_day
),

summed as (
    select
        *,
        sum(dau) over (
            partition by tenant_id, month_start order by date_day asc rows between unbounded preceding and current row
        ) as month_active_days,
        {{ days_between('month_start', 'date_day') }} + 1 as days_of_month
    from counted
),

final as (
    select
        tenant_id,
        date_day,
        cast(dau as bigint) as dau,
        cast(wau as bigint) as wau,
        cast(mau as bigint) as mau,
        cast(month_active_users as bigint) as month_active_users,
        cast(month_active_days as bigint) as month_active_days,
        {{ safe_ratio('month_active_days', 'days_of_month * month_active_users') }} as stickiness,
        cast(new_users as bigint) as new_users,
        cast(returning_users as bigint) as returning_users,
        cast(dau - new_users - returning_users as bigint) as resurrecting_users,
        cast(dormant_users as bigint) as dormant_users,
        is_complete
    from summed
)

select * from final
