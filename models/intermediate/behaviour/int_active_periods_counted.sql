select
    tenant_id,
    period_type,
    period_start,
    count(*) as active_users
from {{ ref('int_person_periods_active') }}
group by tenant_id, period_type, period_start
