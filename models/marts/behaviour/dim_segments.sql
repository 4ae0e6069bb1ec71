with
segments as (
    select
        segment_name,
        tenant_id,
        title,
        predicate,
        description
    from {{ ref('segments') }}
),

tenants as (
    select tenant_id
    from {{ ref('int_tenants_resolved') }}
),

own_segments as (
    select
        tenant_id,
        segment_name
    from segments
    where tenant_id is not null
),

final as (
    select
        tenants.tenant_id,
        segments.segment_name,
        segments.title,
        segments.predicate as criteria,
        segments.description,
        segments.tenant_id is not null as is_own
    from tenants
    inner join segments on tenants.tenant_id = coalesce(segments.tenant_id, tenants.tenant_id)
    left join own_segments
        on
            tenants.tenant_id = own_segments.tenant_id
            and segments.segment_name = own_segments.segment_name
    -- A tenant's own segment replaces the general one of that name.
    where segments.tenant_id is not null or own_segments.tenant_id is null
)

select * from final
