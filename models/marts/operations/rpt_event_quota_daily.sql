with
counted as (
    select
        tenant_id,
        event_type,
        date_day,
        received,
        duplicate,
        conflicting,
        unreadable,
        over_limit,
        not_enabled,
        sampled_out
    from {{ ref('int_event_days_counted') }}
),

accepted as (
    select
        tenant_id,
        event_type,
        date_day,
        count(*) as accepted,
        sum(sample_weight) as weighted_accepted
    from {{ ref('fct_events') }}
    group by tenant_id, event_type, date_day
),

tiers as (
    select
        tenant_id,
        valid_from,
        valid_to,
        tier
    from {{ ref('dim_tenant_tiers') }}
),

limits as (
    select
        tenant_id,
        tier,
        event_type,
        event_type_pattern,
        case when is_enabled then daily_limit else 0 end as daily_limit,
        sampling_rate
    from {{ ref('int_event_limits_matched') }}
),

final as (
    select
        counted.tenant_id,
        counted.event_type,
        counted.date_day,
        cast(counted.received + counted.unreadable as bigint) as received,
        cast(coalesce(accepted.accepted, 0) as bigint) as accepted,
        cast(counted.over_limit + counted.not_enabled as bigint) as dropped,
        counted.sampled_out,
        cast(counted.conflicting + counted.unreadable as bigint) as rejected,
        counted.duplicate,
        counted.not_enabled,
        cast(coalesce(accepted.weighted_accepted, 0) as decimal(38, 6)) as weighted_accepted,
        cast(limits.daily_limit as integer) as daily_limit,
        cast(limits.sampling_rate as decimal(7, 6)) as sampling_rate,
        limits.event_type_pattern,
        tiers.tier
    from counted
    left join accepted
        on
            counted.tenant_id = accepted.tenant_id
            and counted.event_type = accepted.event_type
            and counted.date_day = accepted.date_day
    left join tiers
        on
            counted.tenant_id = tiers.tenant_id
            and counted.date_day >= tiers.valid_from
            and (tiers.valid_to is null or counted.date_day < tiers.valid_to)
    left join limits
        on
            counted.tenant_id = limits.tenant_id
            and counted.event_type = limits.event_type
            and tiers.tier = limits.tier
)

select * from final
