select
    tenant_id,
    date_day,
    period_type,
    period_start,
    period_end,
    is_complete
from {{ ref('int_tenant_periods_mapped') }}
union all
select
    tenant_id,
    date_day,
    'all' as period_type,
    cast(null as date) as period_start,
    cast(null as date) as period_end,
    false as is_complete
from {{ ref('int_tenant_days_listed') }}
