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

final as (
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
)

select * from final
