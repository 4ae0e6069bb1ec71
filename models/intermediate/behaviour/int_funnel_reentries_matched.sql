with
entries as (
    select
        tenant_id,
        funnel_name,
        person_id,
        entered_at,
        ended_at
    from {{ ref('int_funnel_entries_concluded') }}
),

timeline as (
    select
        tenant_id,
        funnel_name,
        person_id,
        entered_at as moment_at,
        entered_at as start_at,
        cast(null as timestamp) as ended_start_at
    from entries
    union all
    select
        tenant_id,
        funnel_name,
        person_id,
        ended_at as moment_at,
        cast(null as timestamp) as start_at,
        entered_at as ended_start_at
    from entries
    where ended_at is not null
),

matched as (
    select
        tenant_id,
        funnel_name,
        person_id,
        ended_start_at,
        min(start_at) over (
            partition by tenant_id, funnel_name, person_id
            order by moment_at desc
            range between unbounded preceding and interval '1 microsecond' preceding
        ) as next_at
    from timeline
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        ended_start_at as start_at,
        next_at
    from matched
    where ended_start_at is not null and next_at is not null
)

select * from final
