{#- Newest first, a running minimum is the next one in time: linear on every engine, unlike a frame whose beginning moves. -#}
{%- set of_a_step = 'partition by tenant_id, funnel_name, person_id, step_order order by occurred_at desc' -%}
{%- set at_or_after = of_a_step ~ ' range between unbounded preceding and current row' -%}
{%- set after = of_a_step ~ " range between unbounded preceding and interval '1 microsecond' preceding" -%}
with
steps as (
    select
        tenant_id,
        funnel_name,
        step_order,
        event_type,
        excluded_event_types,
        step_count,
        is_repeated_type
    from {{ ref('int_funnel_steps_resolved') }}
),

moments as (
    select distinct
        tenant_id,
        person_id,
        event_type,
        occurred_at
    from {{ ref('int_events_identified') }}
    where
        person_id is not null
        and occurred_at <= {{ as_of() }}
),

event_types as (
    select distinct
        tenant_id,
        event_type
    from moments
),

-- What a moment is to the wait for the step after `step_order`: where it begins, what ends it, what breaks it off.
parts as (
    select
        tenant_id,
        funnel_name,
        event_type,
        step_order,
        'from' as part
    from steps
    union all
    select
        tenant_id,
        funnel_name,
        event_type,
        step_order - 1 as step_order,
        case when is_repeated_type then 'to_later' else 'to' end as part
    from steps
    where step_order > 1
    union all
    select
        steps.tenant_id,
        steps.funnel_name,
        event_types.event_type,
        steps.step_order,
        'excluded' as part
    from steps
    inner join event_types
        on
            steps.tenant_id = event_types.tenant_id
            and {{ dbt.position("' ' || event_types.event_type || ' '", "' ' || steps.excluded_event_types || ' '") }} > 0
    where steps.step_order < steps.step_count
),

timeline as (
    select
        moments.tenant_id,
        parts.funnel_name,
        moments.person_id,
        parts.step_order,
        parts.part,
        moments.occurred_at
    from moments
    inner join parts
        on
            moments.tenant_id = parts.tenant_id
            and moments.event_type = parts.event_type
),

matched as (
    select
        tenant_id,
        funnel_name,
        person_id,
        step_order,
        part,
        occurred_at,
        min(case when part = 'to' then occurred_at end) over ({{ at_or_after }}) as next_at,
        min(case when part = 'to_later' then occurred_at end) over ({{ after }}) as next_later_at,
        min(case when part = 'excluded' then occurred_at end) over ({{ after }}) as excluded_at
    from timeline
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        step_order,
        occurred_at,
        coalesce(next_at, next_later_at) as next_at,
        excluded_at
    from matched
    where part = 'from'
)

select * from final
