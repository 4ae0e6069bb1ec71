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

final as (
    select
        tenant_id,
        tenant_name,
        time_zone,
        reporting_currency,
        week_start,
        cast(fiscal_start_month as integer) as fiscal_start_month,
        cast(floor(registration_number / 1000) as integer) as shard_id,
        is_registered,
        first_seen_at
    from tenants
)

select * from final
