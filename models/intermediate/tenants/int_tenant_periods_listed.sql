select distinct
    tenant_id,
    period_type,
    period_start,
    period_end,
    is_complete
from {{ ref('int_tenant_periods_mapped') }}
