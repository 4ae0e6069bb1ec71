with
days as (
    select *
    from {{ ref('int_tenant_days_measured') }}
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

-- People do not add up over days: a period counts each of them once.
people as (
    select
        periods.tenant_id,
        periods.period_type,
        periods.period_start,
        count(distinct active.person_id) as active_users
    from {{ ref('int_person_days_active') }} as active
    inner join periods on active.tenant_id = periods.tenant_id and active.date_day = periods.date_day
    group by periods.tenant_id, periods.period_type, periods.period_start
),

totals as (
    select
        periods.tenant_id,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        sum(days.assessments_completed) as assessments_completed,
        sum(days.tournaments_completed) as tournaments_completed,
        sum(days.ai_requests) as ai_requests,
        sum(days.ai_failed_requests) as ai_failed_requests,
        -- A sum without some of its parts would look like a small cost.
        case when sum(days.ai_unconverted_costs) = 0 then sum(days.ai_cost_amount) end as ai_cost_amount
    from days
    inner join periods on days.tenant_id = periods.tenant_id and days.date_day = periods.date_day
    group by
        periods.tenant_id,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete
),

final as (
    select
        totals.*,
        coalesce(people.active_users, 0) as active_users
    from totals
    left join people
        on
            totals.tenant_id = people.tenant_id
            and totals.period_type = people.period_type
            and totals.period_start = people.period_start
)

select * from final
