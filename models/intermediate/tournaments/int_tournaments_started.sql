with
tournaments as (
    select
        tenant_id,
        tournament_id,
        status,
        starts_at,
        currency
    from {{ ref('stg_logs__tournaments') }}
),

tenants as (
    select
        tenant_id,
        time_zone,
        reporting_currency
    from {{ ref('int_tenants_resolved') }}
),

final as (
    select
        tournaments.tenant_id,
        tournaments.tournament_id,
        coalesce(tournaments.currency, tenants.reporting_currency) as currency,
        {{ tenant_date('tournaments.starts_at', 'tenants.time_zone') }} as started_date,
        tournaments.status = 'completed' as is_completed,
        tournaments.status in ('cancelled', 'canceled') as is_cancelled
    from tournaments
    inner join tenants on tournaments.tenant_id = tenants.tenant_id
    -- What is only announced has no players yet that could be counted against it.
    where tournaments.starts_at <= {{ as_of() }}
)

select * from final
