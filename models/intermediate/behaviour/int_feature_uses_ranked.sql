with
days as (
    select
        tenant_id,
        person_id,
        date_day,
        feature,
        uses,
        weighted_uses,
        is_sampled,
        sum(uses) over (
            partition by tenant_id, person_id, feature
            order by date_day asc rows between unbounded preceding and current row
        ) as uses_so_far,
        min(case when is_sampled then date_day end) over (partition by tenant_id, feature) as first_sampled_day
    from {{ ref('int_feature_days_counted') }}
),

final as (
    select
        tenant_id,
        person_id,
        date_day,
        feature,
        uses,
        weighted_uses,
        is_sampled,
        first_sampled_day,
        uses_so_far = uses as is_first_day,
        uses_so_far >= {{ var('feature_adoption_uses') }}
        and uses_so_far - uses < {{ var('feature_adoption_uses') }} as is_adoption_day
    from days
)

select * from final
