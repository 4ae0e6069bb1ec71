with
days as (
    select
        listed.tenant_id,
        listed.date_day,
        listed.last_day,
        cast({{ dbt.date_trunc('month', 'listed.date_day') }} as date) as month_start,
        case when sampled_days.tenant_id is not null then 1 else 0 end as sampled_days
    from {{ ref('int_tenant_days_listed') }} as listed
    left join {{ ref('int_sampled_days_listed') }} as sampled_days
        on
            listed.tenant_id = sampled_days.tenant_id
            and listed.date_day = sampled_days.date_day
),

changes as (
    select
        tenant_id,
        date_day,
        wau_change,
        mau_change,
        month_change
    from {{ ref('int_active_users_changed') }}
),

lifecycle as (
    select
        tenant_id,
        period_start as date_day,
        active_users,
        new_users,
        returning_users,
        resurrecting_users,
        dormant_users
    from {{ ref('rpt_lifecycle') }}
    where period_type = 'day'
),

counted as (
    select
        days.tenant_id,
        days.date_day,
        {{ days_between('days.month_start', 'days.date_day') }} + 1 as days_of_month,
        lifecycle.active_users as dau,
        lifecycle.new_users,
        lifecycle.returning_users,
        lifecycle.resurrecting_users,
        lifecycle.dormant_users,
        {% for metric in ['wau', 'mau'] -%}
        sum(coalesce(changes.{{ metric }}_change, 0)) over (until_day) as {{ metric }},
        {% endfor -%}
        sum(coalesce(changes.month_change, 0)) over (of_month) as month_active_users,
        sum(coalesce(lifecycle.active_users, 0)) over (of_month) as month_active_days,
        sum(days.sampled_days) over (until_day rows between 6 preceding and current row) > 0 as is_week_sampled,
        sum(days.sampled_days) over (until_day rows between 29 preceding and current row) > 0 as is_30_days_sampled,
        sum(days.sampled_days) over (of_month) > 0 as is_month_sampled,
        days.date_day < days.last_day as is_complete
    from days
    left join changes
        on
            days.tenant_id = changes.tenant_id
            and days.date_day = changes.date_day
    left join lifecycle
        on
            days.tenant_id = lifecycle.tenant_id
            and days.date_day = lifecycle.date_day
    window
        until_day as (partition by days.tenant_id order by days.date_day asc),
        of_month as (partition by days.tenant_id, days.month_start order by days.date_day asc)
),

-- Nobody was there before the first activity.
first_days as (
    select
        tenant_id,
        min(date_day) as first_day
    from lifecycle
    group by tenant_id
),

final as (
    select
        counted.tenant_id,
        counted.date_day,
        counted.dau,
        cast(case when not counted.is_week_sampled then counted.wau end as bigint) as wau,
        cast(case when not counted.is_30_days_sampled then counted.mau end as bigint) as mau,
        cast(case when not counted.is_month_sampled then counted.month_active_users end as bigint) as month_active_users,
        cast(case when not counted.is_month_sampled then counted.month_active_days end as bigint) as month_active_days,
        case
            when not counted.is_month_sampled
                then {{ safe_ratio('counted.month_active_days', 'counted.days_of_month * counted.month_active_users') }}
        end as stickiness,
        counted.new_users,
        counted.returning_users,
        counted.resurrecting_users,
        counted.dormant_users,
        counted.is_complete,
        counted.is_30_days_sampled or counted.is_month_sampled as is_sampled
    from counted
    inner join first_days
        on
            counted.tenant_id = first_days.tenant_id
            and counted.date_day >= first_days.first_day
)

select * from final
