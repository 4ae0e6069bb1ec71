with
events as (
    select
        tenant_id,
        anonymous_id,
        user_id,
        occurred_at
    from {{ ref('int_events_admitted') }}
    where anonymous_id is not null and user_id is not null
),

links as (
    select
        tenant_id,
        anonymous_id,
        user_id,
        min(occurred_at) as linked_at
    from events
    group by tenant_id, anonymous_id, user_id
),

ranked as (
    select
        tenant_id,
        anonymous_id,
        user_id,
        linked_at,
        row_number() over (
            partition by tenant_id, anonymous_id
            order by linked_at asc, user_id asc
        ) as link_rank,
        count(*) over (partition by tenant_id, anonymous_id) as user_count
    from links
),

final as (
    select
        tenant_id,
        'anonymous:' || anonymous_id as identity_key,
        anonymous_id,
        user_id,
        linked_at,
        user_count
    from ranked
    where link_rank = 1
)

select * from final
