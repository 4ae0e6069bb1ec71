-- Returns the periods whose opening MRR or customers are not the closing ones of the period before, or whose first opening is not 0.
-- The bug would be a gap in the calendar, or a balance taken on the wrong day.
-- Does not check that the balance itself is right.
{{ config(group='revenue') }}
with
ordered as (
    select
        tenant_id,
        currency,
        is_reporting_currency,
        period_type,
        period_start,
        opening_mrr_amount,
        opening_customers,
        lag(period_end) over (
            partition by tenant_id, currency, is_reporting_currency, period_type order by period_start asc
        ) as previous_period_end,
        lag(mrr_amount, 1, 0) over (
            partition by tenant_id, currency, is_reporting_currency, period_type order by period_start asc
        ) as previous_mrr_amount,
        lag(active_customers, 1, 0) over (
            partition by tenant_id, currency, is_reporting_currency, period_type order by period_start asc
        ) as previous_customers
    from {{ ref('rpt_revenue_aggregates') }}
)

select *
from ordered
where
    opening_mrr_amount <> previous_mrr_amount
    or opening_customers <> previous_customers
    or period_start <> previous_period_end
