{%- set keys = ['tenant_id', 'funnel_name', 'person_id', 'held_value'] -%}
with
entries as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        platform,
        entered_at,
        last_step_order,
        last_step_at,
        ended_at,
        ended_by
    from {{ ref('int_funnel_entries_concluded') }} as concluded
    where {{ is_dirty('concluded') }}
),

timeline as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        entered_at as moment_at,
        entered_at as start_at,
        cast(null as timestamp) as ended_start_at
    from entries
    union all
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        -- The event that interrupts an attempt is free for the next one: nothing has used it.
        case when ended_by = 'interruption' then last_step_at else ended_at end as moment_at,
        cast(null as timestamp) as start_at,
        entered_at as ended_start_at
    from entries
),

matched as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        ended_start_at as start_at,
        min(start_at) over (
            partition by tenant_id, funnel_name, person_id, held_value
            order by moment_at desc
            range between unbounded preceding and interval '1 microsecond' preceding
        ) as next_at
    from timeline
),

pointers as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        start_at,
        next_at
    from matched
    where start_at is not null
),

first_entries as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        min(entered_at) as start_at
    from entries
    group by tenant_id, funnel_name, person_id, held_value
),

attempts as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        start_at
    from {{ follow_pointers('first_entries', 'pointers', keys) }} as attempts
),

final as (
    select
        entries.tenant_id,
        entries.funnel_name,
        entries.person_id,
        cast(
            row_number() over (
                partition by entries.tenant_id, entries.funnel_name, entries.person_id
                order by entries.entered_at asc, {{ byte_order('entries.held_value') }} asc
            ) as integer
        ) as attempt_number,
        entries.held_value,
        entries.platform,
        entries.entered_at,
        entries.last_step_order,
        entries.last_step_at,
        entries.ended_at,
        entries.ended_by
    from entries
    inner join attempts
        on
            entries.tenant_id = attempts.tenant_id
            and entries.funnel_name = attempts.funnel_name
            and entries.person_id = attempts.person_id
            and entries.held_value = attempts.held_value
            and entries.entered_at = attempts.start_at
)

select * from final
