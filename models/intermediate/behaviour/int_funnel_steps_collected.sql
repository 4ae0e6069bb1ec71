{%- set of_an_entry = 'partition by tenant_id, funnel_name, person_id, held_value, entered_at' -%}
with
taken as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        platform,
        entered_at,
        window_ends_at,
        taken_at as reached_at,
        row_number() over ({{ of_an_entry }} order by taken_at asc, step_order asc) as step_order,
        lag(taken_at) over ({{ of_an_entry }} order by taken_at asc, step_order asc) as previous_reached_at,
        lead(taken_at) over ({{ of_an_entry }} order by taken_at asc, step_order asc) as next_reached_at
    from {{ ref('int_funnel_steps_taken') }}
    where {{ is_dirty('int_funnel_steps_taken') }}
),

excluded_types as (
    select distinct
        tenant_id,
        funnel_name,
        event_type
    from {{ ref('int_funnel_types_named') }}
    where mode = 'any' and part = 'excluded'
),

timeline as (
    select
        events.tenant_id,
        events.funnel_name,
        events.person_id,
        events.held_value,
        events.occurred_at,
        events.occurred_at as excluded_at
    from {{ ref('int_funnel_events_matched') }} as events
    inner join excluded_types
        on
            events.tenant_id = excluded_types.tenant_id
            and events.funnel_name = excluded_types.funnel_name
            and events.event_type = excluded_types.event_type
    where {{ is_dirty('events') }}
    union all
    select distinct
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        reached_at as occurred_at,
        cast(null as timestamp) as excluded_at
    from taken
),

exclusions as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        occurred_at,
        excluded_at is null as is_reached,
        min(excluded_at) over (
            partition by tenant_id, funnel_name, person_id, held_value
            order by occurred_at desc
            range between unbounded preceding and interval '1 microsecond' preceding
        ) as next_excluded_at
    from timeline
),

judged as (
    select
        taken.*,
        exclusions.next_excluded_at as excluded_at,
        min(case when exclusions.next_excluded_at < taken.next_reached_at then taken.step_order end) over (
            partition by taken.tenant_id, taken.funnel_name, taken.person_id, taken.held_value, taken.entered_at
        ) as excluded_after_step
    from taken
    inner join exclusions
        on
            taken.tenant_id = exclusions.tenant_id
            and taken.funnel_name = exclusions.funnel_name
            and taken.person_id = exclusions.person_id
            and taken.held_value = exclusions.held_value
            and taken.reached_at = exclusions.occurred_at
            and exclusions.is_reached
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        platform,
        entered_at,
        window_ends_at,
        cast(step_order as integer) as step_order,
        reached_at,
        previous_reached_at,
        case when excluded_after_step is null then next_reached_at is null else step_order = excluded_after_step end as is_furthest,
        excluded_at
    from judged
    where excluded_after_step is null or step_order <= excluded_after_step
)

select * from final
