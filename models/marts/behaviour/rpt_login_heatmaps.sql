with
logins as (
    select
        visits.tenant_id,
        visits.person_id,
        visits.local_date,
        visits.day_of_week,
        visits.hour_of_day,
        visits.city_id,
        tenants.week_start
    from {{ ref('fct_visits') }} as visits
    inner join {{ ref('int_tenants_resolved') }} as tenants on visits.tenant_id = tenants.tenant_id
    where visits.visited_at <= {{ as_of() }}
),

final as (
    {% for period_type in ['day', 'week', 'month'] -%}
    select
        tenant_id,
        '{{ period_type }}' as period_type,
        {{ period_start('local_date', period_type) }} as period_start,
        day_of_week,
        hour_of_day,
        city_id,
        count(*) as logins,
        count(distinct person_id) as persons
    from logins
    group by 1, 2, 3, 4, 5, 6
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
