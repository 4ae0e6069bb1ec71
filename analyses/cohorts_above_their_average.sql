-- Which cohorts are kept better than usual in their third month, and pay more than usual by then?
select
    tenant_id,
    cohort_month,
    cohort_size,
    retention_rate,
    average_retention_rate,
    ltv_amount,
    average_ltv_amount,
    currency
from {{ ref('rpt_cohort_compare') }}
where
    month_number = 3
    and retention_rate_difference > 0
    and ltv_difference_amount > 0
order by tenant_id, cohort_month
