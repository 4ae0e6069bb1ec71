-- Does the number of users grow by people who stay? Months with their growth, and whether new people register.
select
    tenant_id,
    period_start,
    opening_users,
    new_users,
    resurrecting_users,
    dormant_users,
    closing_users,
    growth_rate,
    quick_ratio,
    registrations
from {{ ref('rpt_growth') }}
where
    period_type = 'month'
    and is_complete
order by tenant_id, period_start
