with
users as (
    select
        tenant_id,
        user_id,
        coalesce(registered_at, first_seen_at) as joined_at
    from {{ ref('dim_users') }}
    where is_identified
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

final as (
    select
        users.tenant_id,
        users.user_id,
        cast({{ dbt.date_trunc('month', tenant_date('users.joined_at', 'tenants.time_zone')) }} as date) as cohort_month
    from users
    inner join tenants on users.tenant_id = tenants.tenant_id
    where users.joined_at <= {{ as_of() }}
)

select * from final
