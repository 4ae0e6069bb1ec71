with
conversions as (
    select
        tenant_id,
        conversion_name,
        person_id,
        date_day,
        sample_weight,
        min(date_day) over (partition by tenant_id, conversion_name, person_id) as first_day
    from {{ ref('fct_conversions') }}
),

periods as (
    select
        tenant_id,
        date_day,
        period_type,
        period_start,
        period_end,
        is_complete
    from {{ ref('int_tenant_periods_mapped') }}
),

active as (
    select
        tenant_id,
        period_type,
        period_start,
        active_users
    from {{ ref('int_active_periods_counted') }}
),

counted as (
    select
        conversions.tenant_id,
        conversions.conversion_name,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        max(conversions.sample_weight) > 1 as is_sampled,
        sum(conversions.sample_weight) as conversions,
        count(distinct conversions.person_id) as persons,
        count(distinct case when conversions.first_day >= periods.period_start then conversions.person_id end) as first_time_persons
    from conversions
    inner join periods
        on
            conversions.tenant_id = periods.tenant_id
            and conversions.date_day = periods.date_day
    group by 1, 2, 3, 4, 5, 6
),

final as (
    select
        counted.tenant_id,
        counted.conversion_name,
        counted.period_type,
        counted.period_start,
        counted.period_end,
        counted.is_complete,
        counted.is_sampled,
        cast(counted.conversions as decimal(38, 6)) as conversions,
        case when not counted.is_sampled then counted.persons end as persons,
        case when not counted.is_sampled then counted.first_time_persons end as first_time_persons,
        coalesce(active.active_users, 0) as active_users,
        case when not counted.is_sampled then {{ safe_ratio('counted.persons', 'coalesce(active.active_users, 0)') }} end as conversion_rate
    from counted
    left join active
        on
            counted.tenant_id = active.tenant_id
            and counted.period_type = active.period_type
            and counted.period_start = active.period_start
)

select * from final
