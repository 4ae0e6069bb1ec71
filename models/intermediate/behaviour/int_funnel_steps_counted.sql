with
-- Attempts of a day that went equally far are one row from here on.
days as (
    select
        tenant_id,
        funnel_name,
        counting,
        platform,
        date_day,
        last_step_order,
        is_pending,
        count(*) as attempts
    from {{ ref('int_funnel_attempts_counted') }}
    group by tenant_id, funnel_name, counting, platform, date_day, last_step_order, is_pending
),

sliced as (
    {{ funnel_dimensions('days', ['date_day', 'last_step_order', 'is_pending', 'attempts']) }}
),

steps as (
    select
        tenant_id,
        funnel_name,
        step_order
    from {{ ref('int_funnel_steps_resolved') }}
),

periods as (
    select
        tenant_id,
        date_day,
        period_type,
        period_start,
        period_end,
        is_complete
    from {{ ref('int_tenant_report_periods_mapped') }}
),

final as (
    select
        sliced.tenant_id,
        sliced.funnel_name,
        sliced.counting,
        sliced.dimension,
        sliced.dimension_value,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        cast(steps.step_order as integer) as step_order,
        cast(sum(sliced.attempts) as bigint) as entered,
        cast(sum(case when sliced.is_pending then sliced.attempts else 0 end) as bigint) as pending,
        cast(
            sum(case when not sliced.is_pending and sliced.last_step_order >= steps.step_order then sliced.attempts else 0 end) as bigint
        ) as reached
    from sliced
    inner join steps
        on
            sliced.tenant_id = steps.tenant_id
            and sliced.funnel_name = steps.funnel_name
    inner join periods
        on
            sliced.tenant_id = periods.tenant_id
            and sliced.date_day = periods.date_day
    group by
        sliced.tenant_id,
        sliced.funnel_name,
        sliced.counting,
        sliced.dimension,
        sliced.dimension_value,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        steps.step_order
)

select * from final
