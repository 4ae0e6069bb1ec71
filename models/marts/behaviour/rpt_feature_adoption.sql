with
uses as (
    select
        tenant_id,
        person_id,
        date_day,
        feature,
        uses,
        weighted_uses,
        is_sampled,
        first_sampled_day,
        is_first_day,
        is_adoption_day
    from {{ ref('int_feature_uses_ranked') }}
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

person_periods as (
    select
        uses.tenant_id,
        uses.feature,
        uses.person_id,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        sum(uses.uses) as uses,
        sum(uses.weighted_uses) as weighted_uses,
        max(case when uses.is_sampled then 1 else 0 end) as is_sampled,
        max(case when uses.first_sampled_day < periods.period_end then 1 else 0 end) as is_history_sampled,
        max(case when uses.is_first_day then 1 else 0 end) as is_first_time,
        max(case when uses.is_adoption_day then 1 else 0 end) as is_adopted
    from uses
    inner join periods
        on
            uses.tenant_id = periods.tenant_id
            and uses.date_day = periods.date_day
    group by 1, 2, 3, 4, 5, 6, 7
),

counted as (
    select
        tenant_id,
        feature,
        period_type,
        period_start,
        period_end,
        is_complete,
        max(is_sampled) = 1 as is_sampled,
        max(is_history_sampled) = 1 as is_history_sampled,
        count(*) as users,
        count(case when uses > 1 then 1 end) as repeat_users,
        sum(is_first_time) as first_time_users,
        sum(is_adopted) as adopted_users,
        sum(weighted_uses) as events
    from person_periods
    group by 1, 2, 3, 4, 5, 6
),

final as (
    select
        counted.tenant_id,
        counted.feature,
        counted.period_type,
        counted.period_start,
        counted.period_end,
        counted.is_complete,
        counted.is_sampled,
        -- A sample holds some of the people only: nobody knows how many there were, nor who had come before.
        case when not counted.is_sampled then counted.users end as users,
        case when not counted.is_sampled then counted.repeat_users end as repeat_users,
        case when not counted.is_history_sampled then cast(counted.first_time_users as bigint) end as first_time_users,
        case when not counted.is_history_sampled then cast(counted.adopted_users as bigint) end as adopted_users,
        active.active_users,
        case when not counted.is_sampled then {{ safe_ratio('counted.users', 'active.active_users') }} end as adoption_rate,
        cast(counted.events as decimal(38, 6)) as events
    from counted
    inner join active
        on
            counted.tenant_id = active.tenant_id
            and counted.period_type = active.period_type
            and counted.period_start = active.period_start
)

select * from final
