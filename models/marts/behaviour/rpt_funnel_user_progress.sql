with
attempts as (
    select
        *,
        row_number() over (
            partition by tenant_id, funnel_name, person_id
            order by last_step_order desc, last_step_at asc, attempt_number asc
        ) as place_by_step,
        row_number() over (
            partition by tenant_id, funnel_name, person_id
            order by attempt_number desc
        ) as place_from_end
    from {{ ref('fct_funnel_attempts') }}
),

persons as (
    select
        tenant_id,
        funnel_name,
        person_id,
        mode,
        step_count,
        count(*) as attempt_count,
        count(converted_at) as conversion_count,
        min(entered_at) as first_entered_at,
        min(converted_at) as first_converted_at,
        max(case when place_by_step = 1 then last_step_order end) as furthest_step_order,
        max(case when place_by_step = 1 then last_step_at end) as furthest_step_at,
        max(case when attempt_number = 1 then outcome end) as first_outcome,
        max(case when place_from_end = 1 then outcome end) as last_outcome,
        max(case when place_from_end = 1 then entered_at end) as last_entered_at
    from attempts
    group by tenant_id, funnel_name, person_id, mode, step_count
),

steps as (
    select
        tenant_id,
        funnel_name,
        step_order,
        step_name
    from {{ ref('int_funnel_steps_resolved') }}
),

final as (
    select
        persons.tenant_id,
        persons.funnel_name,
        persons.person_id,
        persons.mode,
        persons.step_count,
        persons.furthest_step_order,
        furthest_steps.step_name as furthest_step_name,
        persons.furthest_step_at,
        case when persons.furthest_step_order < persons.step_count then persons.furthest_step_order + 1 end as next_step_order,
        next_steps.step_name as next_step_name,
        persons.attempt_count,
        persons.conversion_count,
        persons.first_entered_at,
        persons.first_outcome,
        persons.first_converted_at,
        persons.last_entered_at,
        persons.last_outcome
    from persons
    left join steps as furthest_steps
        on
            persons.tenant_id = furthest_steps.tenant_id
            and persons.funnel_name = furthest_steps.funnel_name
            and persons.furthest_step_order = furthest_steps.step_order
    left join steps as next_steps
        on
            persons.tenant_id = next_steps.tenant_id
            and persons.funnel_name = next_steps.funnel_name
            and persons.furthest_step_order + 1 = next_steps.step_order
)

select * from final
