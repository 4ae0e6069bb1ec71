with
limits as (
    select
        tenant_id,
        tier,
        event_type,
        event_type_pattern,
        is_enabled,
        daily_limit,
        sampling_rate
    from {{ ref('int_event_limits_matched') }}
),

types as (
    select distinct
        tenant_id,
        event_type
    from limits
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

tiers as (
    select
        tenant_id,
        valid_from,
        valid_to,
        tier
    from {{ ref('dim_tenant_tiers') }}
),

-- Only what some tier limits is ranked: a tenant without a policy costs nothing here.
events as (
    select
        received.tenant_id,
        received.event_id,
        received.event_type,
        received.identity_key,
        received.occurred_at,
        {{ tenant_date('received.occurred_at', 'tenants.time_zone') }} as date_day
    from {{ ref('stg_events__events') }} as received
    inner join types
        on
            received.tenant_id = types.tenant_id
            and received.event_type = types.event_type
    inner join tenants on received.tenant_id = tenants.tenant_id
),

matched as (
    select
        events.tenant_id,
        events.event_id,
        events.event_type,
        events.identity_key,
        events.occurred_at,
        events.date_day,
        limits.tier,
        limits.event_type_pattern,
        limits.is_enabled,
        limits.daily_limit,
        limits.sampling_rate,
        limits.sampling_rate is null or {{ is_sampled('events.event_id', 'limits.sampling_rate') }} as is_in_sample
    from events
    inner join tiers
        on
            events.tenant_id = tiers.tenant_id
            and events.date_day >= tiers.valid_from
            and (tiers.valid_to is null or events.date_day < tiers.valid_to)
    inner join limits
        on
            events.tenant_id = limits.tenant_id
            and events.event_type = limits.event_type
            and tiers.tier = limits.tier
),

ranked as (
    select
        *,
        row_number() over (
            partition by tenant_id, event_type, date_day, is_enabled, is_in_sample
            order by occurred_at asc, {{ byte_order('event_id') }} asc
        ) as day_rank
    from matched
),

judged as (
    select
        *,
        case
            when not is_enabled then 'not_enabled'
            when not is_in_sample then 'sampled_out'
            when day_rank > daily_limit then 'over_limit'
        end as reason
    from ranked
),

final as (
    select
        tenant_id,
        event_id,
        event_type,
        identity_key,
        date_day,
        tier,
        event_type_pattern,
        daily_limit,
        sampling_rate,
        day_rank,
        reason is null as is_admitted,
        reason,
        case when reason is null then {{ divide('1', 'coalesce(sampling_rate, 1)') }} end as sample_weight
    from judged
)

select * from final
