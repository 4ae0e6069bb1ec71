with
kept as (
    select
        tenant_id,
        date_day
    from {{ ref('int_person_days_active') }}
    where weighted_event_count > event_count
),

left_out as (
    select
        tenant_id,
        date_day
    from {{ ref('int_event_days_counted') }}
    where
        sampled_out > 0
        and not {{ is_server_sent('event_type') }}
),

final as (
    select
        tenant_id,
        date_day
    from kept
    union distinct
    select
        tenant_id,
        date_day
    from left_out
)

select * from final
