with
events as (
    select
        tenant_id,
        identity_key,
        user_id,
        anonymous_id,
        event_type = 'user.aliased' as is_alias,
        occurred_at
    from {{ ref('int_events_admitted') }} as admitted
    where
        (user_id is not null or anonymous_id is not null)
        and {{ is_dirty('admitted') }}
),

final as (
    select
        tenant_id,
        identity_key,
        user_id,
        -- Never null, since it stands in the key.
        coalesce(anonymous_id, '') as anonymous_id,
        is_alias,
        min(occurred_at) as first_seen_at
    from events
    group by tenant_id, identity_key, user_id, anonymous_id, is_alias
)

select * from final
