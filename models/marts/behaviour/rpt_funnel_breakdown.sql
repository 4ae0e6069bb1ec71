{%- set of_a_cell = 'tenant_id, funnel_name, counting, dimension, dimension_value, period_type, period_start' -%}
with
counts as (
    select
        *,
        -- Of what entered and is concluded, everything reaches step 1.
        lag(reached, 1, reached) over (partition by {{ of_a_cell }} order by step_order asc) as reached_previous,
        entered - pending as concluded
    from {{ ref('int_funnel_steps_counted') }}
),

times as (
    select
        tenant_id,
        funnel_name,
        counting,
        dimension,
        dimension_value,
        period_type,
        period_start,
        step_order,
        median_seconds_from_previous,
        p90_seconds_from_previous,
        median_seconds_from_first,
        p90_seconds_from_first
    from {{ ref('int_funnel_steps_timed') }}
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

final as (
    select
        counts.tenant_id,
        counts.funnel_name,
        counts.counting,
        counts.dimension,
        counts.dimension_value,
        counts.period_type,
        counts.period_start,
        counts.period_end,
        counts.is_complete,
        counts.step_order,
        steps.step_name,
        steps.mode,
        steps.is_last_step,
        counts.entered,
        counts.pending,
        counts.reached,
        counts.reached_previous,
        counts.reached_previous - counts.reached as dropped,
        {{ safe_ratio('counts.reached', 'counts.reached_previous') }} as converted_from_previous_rate,
        {{ safe_ratio('counts.reached', 'counts.concluded') }} as converted_from_first_rate,
        times.median_seconds_from_previous,
        times.p90_seconds_from_previous,
        times.median_seconds_from_first,
        times.p90_seconds_from_first,
        {{ wilson_bound('counts.reached', 'counts.concluded', -1) }} as wilson_low,
        {{ wilson_bound('counts.reached', 'counts.concluded', 1) }} as wilson_high,
        counts.concluded < {{ var('small_sample_entries') }} as is_small_sample
    from counts
    inner join steps
        on
            counts.tenant_id = steps.tenant_id
            and counts.funnel_name = steps.funnel_name
            and counts.step_order = steps.step_order
    left join times
        on
            counts.tenant_id = times.tenant_id
            and counts.funnel_name = times.funnel_name
            and counts.counting = times.counting
            and counts.dimension = times.dimension
            and counts.dimension_value = times.dimension_value
            and counts.period_type = times.period_type
            and counts.period_start is not distinct from times.period_start
            and counts.step_order = times.step_order
)

select * from final
