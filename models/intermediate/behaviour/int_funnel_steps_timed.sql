with
concluded as (
    select
        tenant_id,
        funnel_name,
        counting,
        person_id,
        held_value,
        platform,
        entered_at,
        date_day
    from {{ ref('int_funnel_attempts_counted') }}
    where not is_pending and last_step_order > 1
),

steps as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        entered_at,
        step_order,
        {{ seconds_between('previous_reached_at', 'reached_at') }} as seconds_from_previous,
        {{ seconds_between('entered_at', 'reached_at') }} as seconds_from_first
    from {{ ref('int_funnel_steps_reached') }}
    where step_order > 1
),

timed as (
    select
        concluded.tenant_id,
        concluded.funnel_name,
        concluded.counting,
        concluded.platform,
        concluded.date_day,
        steps.step_order,
        steps.seconds_from_previous,
        steps.seconds_from_first
    from concluded
    inner join steps
        on
            concluded.tenant_id = steps.tenant_id
            and concluded.funnel_name = steps.funnel_name
            and concluded.person_id = steps.person_id
            and concluded.held_value = steps.held_value
            and concluded.entered_at = steps.entered_at
),

sliced as (
    {{ funnel_dimensions('timed', ['date_day', 'step_order', 'seconds_from_previous', 'seconds_from_first']) }}
),

periods as (
    select
        tenant_id,
        date_day,
        period_type,
        period_start
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
        sliced.step_order,
        {{ quantile('sliced.seconds_from_previous', 0.5) }} as median_seconds_from_previous,
        {{ quantile('sliced.seconds_from_previous', 0.9) }} as p90_seconds_from_previous,
        {{ quantile('sliced.seconds_from_first', 0.5) }} as median_seconds_from_first,
        {{ quantile('sliced.seconds_from_first', 0.9) }} as p90_seconds_from_first
    from sliced
    inner join periods
        on
            sliced.tenant_id = periods.tenant_id
            and sliced.date_day = periods.date_day
    group by 1, 2, 3, 4, 5, 6, 7, 8
)

select * from final
