with recursive
steps as (
    select
        tenant_id,
        funnel_name,
        step_order,
        event_type,
        mode,
        window_seconds
    from {{ ref('int_funnel_steps_resolved') }}
    where mode <> 'any'
),

-- One event satisfies one step: how many of a step's type a moment must hold, for all steps from `run_start` to this one to happen at it.
needs as (
    select
        steps.tenant_id,
        steps.funnel_name,
        steps.step_order,
        runs.step_order as run_start,
        steps.mode,
        count(*) as event_count
    from steps
    inner join steps as runs
        on
            steps.tenant_id = runs.tenant_id
            and steps.funnel_name = runs.funnel_name
            and steps.step_order > runs.step_order
    inner join steps as same
        on
            steps.tenant_id = same.tenant_id
            and steps.funnel_name = same.funnel_name
            and steps.event_type = same.event_type
            and same.step_order between runs.step_order and steps.step_order
    group by steps.tenant_id, steps.funnel_name, steps.step_order, runs.step_order, steps.mode
),

moments as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        step_order,
        -- PostgreSQL tells a column's timestamp(6) from a computed timestamp in the two halves of a recursion.
        cast(occurred_at as timestamp) as occurred_at,
        platform,
        next_events_now,
        cast(next_at as timestamp) as next_at,
        cast(excluded_at as timestamp) as excluded_at,
        neighbor_count,
        cast(neighbor_at as timestamp) as neighbor_at
    from {{ ref('int_funnel_moments_matched') }}
    where {{ is_dirty('int_funnel_moments_matched') }}
),

later_moments as (
    select *
    from moments
    where step_order > 1
),

moves as (
    select true as is_now
    union all
    select false as is_now
),

-- One round per step of the longest funnel. `run_start`: the first of the steps that happened at the moment of this one.
followed as (
    select
        moments.tenant_id,
        moments.funnel_name,
        moments.person_id,
        moments.held_value,
        moments.platform,
        moments.occurred_at as entered_at,
        cast({{ add_seconds('moments.occurred_at', 'steps.window_seconds') }} as timestamp) as window_ends_at,
        moments.step_order,
        moments.occurred_at as reached_at,
        cast(null as timestamp) as previous_reached_at,
        1 as run_start,
        1 as steps_at_entry,
        moments.next_events_now,
        moments.next_at,
        moments.excluded_at,
        moments.neighbor_count,
        moments.neighbor_at
    from moments
    inner join steps
        on
            moments.tenant_id = steps.tenant_id
            and moments.funnel_name = steps.funnel_name
            and moments.step_order = steps.step_order
    where moments.step_order = 1
    union all
    select
        followed.tenant_id,
        followed.funnel_name,
        followed.person_id,
        followed.held_value,
        followed.platform,
        followed.entered_at,
        followed.window_ends_at,
        moments.step_order,
        moments.occurred_at as reached_at,
        followed.reached_at as previous_reached_at,
        case when moves.is_now then followed.run_start else moments.step_order end as run_start,
        case when moves.is_now and followed.run_start = 1 then moments.step_order else followed.steps_at_entry end as steps_at_entry,
        moments.next_events_now,
        moments.next_at,
        moments.excluded_at,
        moments.neighbor_count,
        moments.neighbor_at
    from followed
    inner join needs
        on
            followed.tenant_id = needs.tenant_id
            and followed.funnel_name = needs.funnel_name
            and followed.step_order + 1 = needs.step_order
            and followed.run_start = needs.run_start
    cross join moves
    inner join later_moments as moments
        on
            followed.tenant_id = moments.tenant_id
            and followed.funnel_name = moments.funnel_name
            and followed.person_id = moments.person_id
            and followed.held_value = moments.held_value
            and needs.step_order = moments.step_order
            and case when moves.is_now then followed.reached_at else followed.next_at end = moments.occurred_at
    where
        moments.occurred_at <= followed.window_ends_at
        and (followed.excluded_at is null or moments.occurred_at <= followed.excluded_at)
        and case
            when moves.is_now then followed.next_events_now >= needs.event_count
            -- The earliest event counts. Where nothing may stand between, a step may have to be left to a later event.
            when needs.mode = 'ordered' then followed.next_events_now < needs.event_count
            else
                followed.next_at = followed.neighbor_at
                and (followed.run_start = 1 or followed.neighbor_count = followed.step_order - followed.run_start + 1)
        end
),

-- Most entries lead nowhere; only the others are sorted.
ranked as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        entered_at,
        step_order,
        steps_at_entry,
        row_number() over (
            partition by tenant_id, funnel_name, person_id, held_value, entered_at
            order by step_order desc, steps_at_entry desc
        ) as place_from_end
    from followed
    where step_order > 1
),

-- Of the ways that lead equally far, the one that takes most steps at once.
best_ways as (
    select *
    from ranked
    where place_from_end = 1
),

final as (
    select
        followed.tenant_id,
        followed.funnel_name,
        followed.person_id,
        followed.held_value,
        followed.platform,
        followed.entered_at,
        followed.window_ends_at,
        cast(followed.step_order as integer) as step_order,
        followed.reached_at,
        followed.previous_reached_at,
        followed.step_order = coalesce(best_ways.step_order, 1) as is_furthest,
        followed.excluded_at,
        case
            when followed.run_start > 1 and followed.neighbor_count > followed.step_order - followed.run_start + 1 then followed.reached_at
            else followed.neighbor_at
        end as interrupted_at
    from followed
    left join best_ways
        on
            followed.tenant_id = best_ways.tenant_id
            and followed.funnel_name = best_ways.funnel_name
            and followed.person_id = best_ways.person_id
            and followed.held_value = best_ways.held_value
            and followed.entered_at = best_ways.entered_at
    where followed.steps_at_entry = least(followed.step_order, coalesce(best_ways.steps_at_entry, 1))
)

select * from final
