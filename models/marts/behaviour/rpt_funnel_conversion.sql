with
attempts as (
    select
        tenant_id,
        funnel_name,
        person_id,
        entered_at,
        date_day,
        outcome
    from {{ ref('fct_funnel_attempts') }}
    where attempt_number = 1
),

steps as (
    select
        tenant_id,
        funnel_name,
        step_order,
        step_name,
        mode,
        step_order = step_count as is_last_step
    from {{ ref('int_funnel_steps_resolved') }}
),

steps_reached as (
    select
        tenant_id,
        funnel_name,
        person_id,
        entered_at,
        step_order,
        {{ seconds_between('previous_reached_at', 'reached_at') }} as seconds_from_previous
    from {{ ref('int_funnel_steps_reached') }}
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

attempt_steps as (
    select
        attempts.tenant_id,
        attempts.funnel_name,
        attempts.date_day,
        attempts.outcome = 'pending' as is_pending,
        steps.step_order,
        steps.step_name,
        steps.mode,
        steps.is_last_step,
        steps_reached.step_order is not null and attempts.outcome <> 'pending' as is_reached,
        case when attempts.outcome <> 'pending' then steps_reached.seconds_from_previous end as seconds_from_previous
    from attempts
    inner join steps
        on
            attempts.tenant_id = steps.tenant_id
            and attempts.funnel_name = steps.funnel_name
    left join steps_reached
        on
            attempts.tenant_id = steps_reached.tenant_id
            and attempts.funnel_name = steps_reached.funnel_name
            and attempts.person_id = steps_reached.person_id
            and attempts.entered_at = steps_reached.entered_at
            and steps.step_order = steps_reached.step_order
),

counted as (
    select
        attempt_steps.tenant_id,
        attempt_steps.funnel_name,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        attempt_steps.step_order,
        attempt_steps.step_name,
        attempt_steps.mode,
        attempt_steps.is_last_step,
        count(*) as entered,
        count(case when attempt_steps.is_pending then 1 end) as pending,
        count(case when attempt_steps.is_reached then 1 end) as reached,
        {{ quantile('attempt_steps.seconds_from_previous', 0.5) }} as median_seconds_from_previous,
        {{ quantile('attempt_steps.seconds_from_previous', 0.9) }} as p90_seconds_from_previous
    from attempt_steps
    inner join periods
        on
            attempt_steps.tenant_id = periods.tenant_id
            and attempt_steps.date_day = periods.date_day
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
),

compared as (
    select
        *,
        lag(reached, 1, entered - pending) over (
            partition by tenant_id, funnel_name, period_type, period_start order by step_order asc
        ) as reached_previous
    from counted
),

final as (
    select
        tenant_id,
        funnel_name,
        period_type,
        period_start,
        period_end,
        is_complete,
        cast(step_order as integer) as step_order,
        step_name,
        mode,
        is_last_step,
        entered,
        pending,
        reached,
        reached_previous,
        reached_previous - reached as dropped,
        {{ safe_ratio('reached', 'reached_previous') }} as converted_from_previous_rate,
        {{ safe_ratio('reached', 'entered - pending') }} as converted_from_first_rate,
        median_seconds_from_previous,
        p90_seconds_from_previous,
        {{ wilson_bound('reached', '(entered - pending)', -1) }} as wilson_low,
        {{ wilson_bound('reached', '(entered - pending)', 1) }} as wilson_high,
        entered - pending < {{ var('small_sample_entries') }} as is_small_sample
    from compared
)

select * from final
