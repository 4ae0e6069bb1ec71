-- The three hours of the week with most logins in each city over the last complete month: when to send a message to the people there.
with
months as (
    select
        tenant_id,
        max(period_start) as month_start
    from {{ ref('rpt_login_heatmaps') }}
    where period_type = 'month' and {{ add_to_date('period_start', 'month', 1) }} <= {{ as_of() }}
    group by tenant_id
),

ranked as (
    select
        heatmaps.tenant_id,
        heatmaps.period_start,
        heatmaps.city_id,
        heatmaps.day_of_week,
        heatmaps.hour_of_day,
        heatmaps.logins,
        heatmaps.persons,
        row_number() over (
            partition by heatmaps.tenant_id, heatmaps.city_id
            order by heatmaps.logins desc, heatmaps.day_of_week asc, heatmaps.hour_of_day asc
        ) as place
    from {{ ref('rpt_login_heatmaps') }} as heatmaps
    inner join months
        on
            heatmaps.tenant_id = months.tenant_id
            and heatmaps.period_start = months.month_start
    where heatmaps.period_type = 'month' and heatmaps.city_id is not null
)

select
    tenant_id,
    period_start,
    city_id,
    day_of_week,
    hour_of_day,
    logins,
    persons
from ranked
where place <= 3
order by tenant_id asc, city_id asc, place asc
