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
        ended_at,
        ended_by,
        max(case when ended_by = 'window' then ended_at end) over (
            partition by tenant_id, funnel_name, person_id
        ) as last_window_ends_at,
        row_number() over (
            partition by tenant_id, funnel_name, person_id
            order by
                last_step_order desc,
                last_step_at asc,
                entered_at desc,
                {{ byte_order('held_value') }} asc
        ) as preference
    from {{ ref('int_funnel_entries_concluded') }}
    where {{ is_dirty('int_funnel_entries_concluded') }}
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        held_value,
        platform,
        entered_at,
        last_step_order,
        ended_at,
        ended_by,
        last_window_ends_at
    from entries
    where preference = 1
)

select * from final
