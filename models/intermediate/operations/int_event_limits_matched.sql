with
tenants as (
    select
        tenant_id,
        admission_policy
    from {{ ref('int_tenants_resolved') }}
    where admission_policy is not null
),

limits as (
    select
        admission_policy,
        tier,
        event_type_pattern,
        is_enabled,
        daily_limit,
        sampling_rate
    from {{ ref('event_limits') }}
),

types as (
    select distinct
        tenants.tenant_id,
        tenants.admission_policy,
        events.event_type
    from {{ ref('stg_events__events') }} as events
    inner join tenants on events.tenant_id = tenants.tenant_id
    where events.event_type not in (select lanes.event_type from {{ ref('event_lanes') }} as lanes)
),

ranked as (
    select
        types.tenant_id,
        limits.tier,
        types.event_type,
        limits.event_type_pattern,
        limits.is_enabled,
        limits.daily_limit,
        limits.sampling_rate,
        row_number() over (
            partition by types.tenant_id, limits.tier, types.event_type
            order by
                case
                    when limits.event_type_pattern = types.event_type then 1
                    when limits.event_type_pattern = 'default' then 3
                    else 2
                end asc,
                length(replace(limits.event_type_pattern, '*', '')) desc,
                {{ byte_order('limits.event_type_pattern') }} asc
        ) as choice
    from types
    inner join limits on types.admission_policy = limits.admission_policy
    where {{ matches_event_pattern('types.event_type', 'limits.event_type_pattern') }}
),

final as (
    select
        tenant_id,
        tier,
        event_type,
        event_type_pattern,
        is_enabled,
        daily_limit,
        sampling_rate
    from ranked
    where choice = 1
)

select * from final
