with
-- Withheld and incomplete cells have no rate.
cells as (
    select
        tenant_id,
        period_type,
        period_number,
        mode,
        clock,
        cohort_size,
        retained_users
    from {{ ref('rpt_retention') }}
    where retention_rate is not null
),

summed as (
    select
        tenant_id,
        period_type,
        period_number,
        mode,
        clock,
        count(*) as cohorts,
        sum(cohort_size) as cohort_users,
        sum(retained_users) as retained_users
    from cells
    group by tenant_id, period_type, period_number, mode, clock
),

final as (
    select
        tenant_id,
        period_type,
        period_number,
        mode,
        clock,
        cast(cohorts as bigint) as cohorts,
        cast(cohort_users as bigint) as cohort_users,
        cast(retained_users as bigint) as retained_users,
        {{ safe_ratio('retained_users', 'cohort_users') }} as retention_rate
    from summed
)

select * from final
