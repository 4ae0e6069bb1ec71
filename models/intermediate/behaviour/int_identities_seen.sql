with
events as (
    select
        events.tenant_id,
        {{ identity_key('events') }} as identity_key,
        events.user_id,
        events.anonymous_id,
        events.event_type = 'user.aliased' as is_alias,
        events.occurred_at
    from {{ ref('int_events_admitted') }} as events
),

final as (
    select
        tenant_id,
        identity_key,
        user_id,
        anonymous_id,
        is_alias,
        min(occurred_at) as first_seen_at
    from events
    where user_id is not null or anonymous_id is not null
    group by tenant_id, identity_key, user_id, anonymous_id, is_alias
)

select * from final
