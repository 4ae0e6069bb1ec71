with
changes as (
    select
        tenant_id,
        segment_name,
        joined_at as changed_at,
        1 as joined,
        0 as gone
    from {{ ref('int_segment_spells_dated') }}
    union all
    select
        tenant_id,
        segment_name,
        left_at as changed_at,
        0 as joined,
        1 as gone
    from {{ ref('int_segment_spells_dated') }}
    where left_at is not null
),

daily as (
    select
        changes.tenant_id,
        changes.segment_name,
        {{ tenant_date('changes.changed_at', 'tenants.time_zone') }} as date_day,
        sum(changes.joined) as joined_members,
        sum(changes.gone) as left_members
    from changes
    inner join {{ ref('int_tenants_resolved') }} as tenants on changes.tenant_id = tenants.tenant_id
    group by 1, 2, 3
),

days as (
    select
        listed.tenant_id,
        segments.segment_name,
        listed.date_day,
        listed.date_day < listed.last_day as is_complete
    from {{ ref('int_tenant_days_listed') }} as listed
    inner join {{ ref('dim_segments') }} as segments on listed.tenant_id = segments.tenant_id
),

final as (
    select
        days.tenant_id,
        days.segment_name,
        days.date_day,
        cast(
            sum(coalesce(daily.joined_members, 0) - coalesce(daily.left_members, 0)) over (
                partition by days.tenant_id, days.segment_name
                order by days.date_day asc
                rows between unbounded preceding and current row
            ) as bigint
        ) as member_count,
        cast(coalesce(daily.joined_members, 0) as bigint) as joined_members,
        cast(coalesce(daily.left_members, 0) as bigint) as left_members,
        days.is_complete
    from days
    left join daily
        on
            days.tenant_id = daily.tenant_id
            and days.segment_name = daily.segment_name
            and days.date_day = daily.date_day
)

select * from final
