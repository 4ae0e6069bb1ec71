select
    periods.tenant_id,
    periods.period_type,
    periods.period_start,
    count(distinct active.person_id) as active_users
from {{ ref('int_person_days_active') }} as active
inner join {{ ref('int_tenant_periods_mapped') }} as periods
    on
        active.tenant_id = periods.tenant_id
        and active.date_day = periods.date_day
group by periods.tenant_id, periods.period_type, periods.period_start
