with
tenants as (
    select
        tenant_id,
        tenant_name,
        time_zone,
        reporting_currency,
        week_start,
        fiscal_start_month,
        registration_number,
        is_registered,
        first_seen_at
    from {{ ref('int_tenants_resolved') }}
),

-- Tiers are told until the day of the clock: the last one is that day's.
tiers as (
    select
        tenant_id,
        tier
    from {{ ref('dim_tenant_tiers') }}
    where valid_to is null
),

final as (
    select
        tenants.tenant_id,
        tenants.tenant_name,
        tenants.time_zone,
        tenants.reporting_currency,
        tenants.week_start,
        cast(tenants.fiscal_start_month as integer) as fiscal_start_month,
        tiers.tier,
        cast(floor(tenants.registration_number / 1000) as integer) as shard_id,
        tenants.is_registered,
        tenants.first_seen_at
    from tenants
    left join tiers on tenants.tenant_id = tiers.tenant_id
)

select * from final
