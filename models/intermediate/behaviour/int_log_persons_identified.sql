with
named as (
    select
        tenant_id,
        person_key,
        coalesce(person_type, 'user') as person_type
    from {{ ref('stg_logs__visits') }}
    union
    select
        tenant_id,
        person_key,
        coalesce(person_type, 'user') as person_type
    from {{ ref('stg_logs__checkins') }}
),

final as (
    select
        tenant_id,
        person_type,
        person_key,
        case when person_type = 'ip' then 'ip:' || person_key else person_key end as person_id
    from named
)

select * from final
