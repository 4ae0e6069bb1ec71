{%- set fates = ['received', 'duplicate', 'conflicting', 'unreadable', 'over_limit', 'not_enabled'] -%}
with
tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

received as (
    select
        received.tenant_id,
        received.event_type,
        {{ tenant_date('received.occurred_at', 'tenants.time_zone') }} as date_day,
        'received' as fate,
        count(*) as events
    from {{ ref('stg_events__received') }} as received
    inner join tenants on received.tenant_id = tenants.tenant_id
    group by 1, 2, 3
),

duplicates as (
    select
        duplicates.tenant_id,
        duplicates.event_type,
        {{ tenant_date('duplicates.occurred_at', 'tenants.time_zone') }} as date_day,
        case when duplicates.is_conflicting then 'conflicting' else 'duplicate' end as fate,
        count(*) as events
    from {{ ref('stg_events__duplicates') }} as duplicates
    inner join tenants on duplicates.tenant_id = tenants.tenant_id
    group by 1, 2, 3, 4
),

-- A line that could not be read seldom tells its type or its time.
unreadable as (
    select
        rejected.tenant_id,
        'unknown' as event_type,
        {{ tenant_date('rejected.loaded_at', 'tenants.time_zone') }} as date_day,
        'unreadable' as fate,
        count(*) as events
    from {{ ref('stg_operations__rejected_rows') }} as rejected
    inner join tenants on rejected.tenant_id = tenants.tenant_id
    where rejected.family = 'events'
    group by 1, 2, 3, 4
),

limited as (
    select
        tenant_id,
        event_type,
        date_day,
        reason as fate,
        count(*) as events
    from {{ ref('int_events_limited') }}
    where not is_admitted
    group by 1, 2, 3, 4
),

united as (
    select *
    from received
    union all
    select *
    from duplicates
    union all
    select *
    from unreadable
    union all
    select *
    from limited
),

final as (
    select
        tenant_id,
        event_type,
        date_day,
        {% for fate in fates -%}
        cast(sum(case when fate = '{{ fate }}' then events else 0 end) as bigint) as {{ fate }},
        {% endfor -%}
        cast(sum(case when fate = 'sampled_out' then events else 0 end) as bigint) as sampled_out
    from united
    group by 1, 2, 3
)

select * from final
