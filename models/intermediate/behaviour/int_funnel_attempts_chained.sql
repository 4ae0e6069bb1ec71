{%- set keys = ['tenant_id', 'funnel_name', 'person_id', 'held_value'] -%}
{%- set in_time = 'partition by ' ~ keys | join(', ') ~ ' order by entered_at asc' -%}
{%- set newest_first = 'partition by ' ~ keys | join(', ') ~ ' order by moment_at desc' -%}
{%- set after = newest_first ~ " range between unbounded preceding and interval '1 microsecond' preceding" -%}
with
entries as (
    select
        *,
        -- The event that interrupts an attempt is free for the next one: nothing has used it.
        case when ended_by = 'interruption' then last_step_at else ended_at end as busy_until
    from {{ ref('int_funnel_entries_concluded') }}
    where {{ is_dirty('int_funnel_entries_concluded') }}
),

compared as (
    select
        *,
        max(busy_until) over ({{ in_time }} rows between unbounded preceding and 1 preceding) as busy_before,
        max(busy_until) over ({{ in_time }} rows between unbounded preceding and current row) as busy_through,
        lead(entered_at) over ({{ in_time }}) as next_entered_at
    from entries
),

judged as (
    select
        *,
        -- Whatever was tried before is over: here an attempt begins, whichever these were.
        coalesce(entered_at > busy_before, true) as is_free
    from compared
),

-- Only where entries overlap, it depends on the attempts before, which of them are attempts.
overlapping as (
    select *
    from judged
    where not is_free or next_entered_at <= busy_through
),

timeline as (
    select
        {{ keys | join(',\n        ') }},
        entered_at as moment_at,
        entered_at as start_at,
        is_free,
        cast(null as timestamp) as ended_start_at
    from overlapping
    union all
    select
        {{ keys | join(',\n        ') }},
        busy_until as moment_at,
        cast(null as timestamp) as start_at,
        is_free,
        entered_at as ended_start_at
    from overlapping
),

matched as (
    select
        {{ keys | join(',\n        ') }},
        ended_start_at as start_at,
        is_free,
        min(start_at) over ({{ after }}) as next_at,
        min(case when is_free then start_at end) over ({{ after }}) as next_free_at
    from timeline
),

all_pointers as (
    select *
    from matched
    where start_at is not null and next_at is not null and next_at is distinct from next_free_at
),

targets as (
    select distinct
        {{ keys | join(',\n        ') }},
        next_at as start_at
    from all_pointers
),

pointers as (
    select all_pointers.*
    from all_pointers
    left join targets
        on
            {% for key in keys -%}
            all_pointers.{{ key }} = targets.{{ key }}
            and {% endfor %}all_pointers.start_at = targets.start_at
    where all_pointers.is_free or targets.start_at is not null
),

starts as (
    select *
    from pointers
    where is_free
),

followed as (
    select
        {{ keys | join(',\n        ') }},
        start_at
    from {{ follow_pointers('starts', 'pointers', keys) }} as attempts
),

final as (
    select
        judged.tenant_id,
        judged.funnel_name,
        judged.person_id,
        cast(
            row_number() over (
                partition by judged.tenant_id, judged.funnel_name, judged.person_id
                order by judged.entered_at asc, {{ byte_order('judged.held_value') }} asc
            ) as integer
        ) as attempt_number,
        judged.held_value,
        judged.platform,
        judged.entered_at,
        judged.last_step_order,
        judged.last_step_at,
        judged.ended_at,
        judged.ended_by
    from judged
    left join followed
        on
            judged.tenant_id = followed.tenant_id
            and judged.funnel_name = followed.funnel_name
            and judged.person_id = followed.person_id
            and judged.held_value = followed.held_value
            and judged.entered_at = followed.start_at
    where judged.is_free or followed.start_at is not null
)

select * from final
