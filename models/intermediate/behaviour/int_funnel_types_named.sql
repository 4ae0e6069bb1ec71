with recursive
steps as (
    select
        tenant_id,
        funnel_name,
        step_order,
        event_type,
        mode,
        excluded_event_types,
        hold_constant,
        step_count
    from {{ ref('int_funnel_steps_resolved') }}
),

-- One round per word of the longest list.
excluded as (
    select
        tenant_id,
        funnel_name,
        step_order,
        mode,
        hold_constant,
        excluded_event_types,
        1 as word_number,
        split_part(excluded_event_types, ' ', 1) as event_type
    from steps
    where step_order < step_count and excluded_event_types <> ''
    union all
    select
        tenant_id,
        funnel_name,
        step_order,
        mode,
        hold_constant,
        excluded_event_types,
        word_number + 1 as word_number,
        split_part(excluded_event_types, ' ', word_number + 1) as event_type
    from excluded
    where split_part(excluded_event_types, ' ', word_number + 1) <> ''
),

final as (
    select
        tenant_id,
        funnel_name,
        step_order,
        'step' as part,
        event_type,
        mode,
        hold_constant
    from steps
    union all
    select distinct
        tenant_id,
        funnel_name,
        step_order,
        'excluded' as part,
        event_type,
        mode,
        hold_constant
    from excluded
)

select * from final
