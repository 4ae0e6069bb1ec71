with
uses as (
    select
        tenant_id,
        person_id,
        date_day,
        feature,
        sample_weight
    from {{ ref('fct_events') }} as events
    where
        feature is not null
        and person_id is not null
        and not is_server_sent
        and has_occurred
        and {{ is_dirty('events') }}
),

final as (
    select
        tenant_id,
        person_id,
        date_day,
        feature,
        count(*) as uses,
        sum(sample_weight) as weighted_uses,
        max(case when sample_weight > 1 then 1 else 0 end) = 1 as is_sampled
    from uses
    group by tenant_id, person_id, date_day, feature
)

select * from final
