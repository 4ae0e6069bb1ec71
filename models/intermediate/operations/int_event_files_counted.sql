{%- set fates = ['accepted', 'dropped', 'sampled_out', 'duplicate', 'conflicting'] -%}
with
admitted as (
    select
        load_id,
        file_id,
        'accepted' as fate
    from {{ ref('int_events_admitted') }}
),

limited as (
    select
        events.load_id,
        events.file_id,
        case when limited.reason = 'sampled_out' then 'sampled_out' else 'dropped' end as fate
    from {{ ref('int_events_limited') }} as limited
    inner join {{ ref('stg_events__events') }} as events
        on
            limited.tenant_id = events.tenant_id
            and limited.event_id = events.event_id
    where not limited.is_admitted
),

duplicates as (
    select
        load_id,
        file_id,
        case when is_conflicting then 'conflicting' else 'duplicate' end as fate
    from {{ ref('stg_events__duplicates') }}
),

copies as (
    select
        load_id,
        file_id,
        'copied' as fate
    from {{ ref('stg_events__realtime_copies') }}
),

united as (
    select *
    from admitted
    union all
    select *
    from limited
    union all
    select *
    from duplicates
    union all
    select *
    from copies
),

final as (
    select
        load_id,
        file_id,
        {% for fate in fates -%}
        cast(sum(case when fate = '{{ fate }}' then 1 else 0 end) as bigint) as {{ fate }},
        {% endfor -%}
        cast(sum(case when fate = 'copied' then 1 else 0 end) as bigint) as copied
    from united
    group by load_id, file_id
)

select * from final
