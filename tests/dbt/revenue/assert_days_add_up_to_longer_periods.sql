-- Returns the periods whose flows are not the sum of the days within them, or whose closing MRR is not that of their last day.
-- The bug would be a week, quarter or fiscal year cut differently from the days, or a flow counted in two periods.
-- Does not check a flow that is wrong on its day.
{{ config(group='revenue') }}
with
days as (
    select *
    from {{ ref('rpt_revenue_aggregates') }}
    where period_type = 'day'
),

periods as (
    select *
    from {{ ref('rpt_revenue_aggregates') }}
    where period_type <> 'day'
),

summed as (
    select
        periods.tenant_id,
        periods.currency,
        periods.is_reporting_currency,
        periods.period_type,
        periods.period_start,
        max(periods.mrr_amount) as mrr_amount,
        max(periods.new_mrr_amount + periods.expansion_mrr_amount + periods.reactivation_mrr_amount) as gained_amount,
        max(periods.contraction_mrr_amount + periods.churned_mrr_amount) as lost_amount,
        max(periods.fx_mrr_amount) as fx_mrr_amount,
        max(periods.total_revenue_amount) as total_revenue_amount,
        max(periods.new_customers + periods.churned_customers + periods.reactivated_customers) as customers_moved,
        max(periods.trials_started + periods.trials_converted) as trials,
        sum(days.new_mrr_amount + days.expansion_mrr_amount + days.reactivation_mrr_amount) as days_gained_amount,
        sum(days.contraction_mrr_amount + days.churned_mrr_amount) as days_lost_amount,
        sum(days.fx_mrr_amount) as days_fx_mrr_amount,
        sum(days.total_revenue_amount) as days_total_revenue_amount,
        sum(days.new_customers + days.churned_customers + days.reactivated_customers) as days_customers_moved,
        sum(days.trials_started + days.trials_converted) as days_trials,
        max(days.period_start) as last_day
    from periods
    left join days
        on
            periods.tenant_id = days.tenant_id
            and periods.currency = days.currency
            and periods.is_reporting_currency = days.is_reporting_currency
            and periods.period_start <= days.period_start
            and periods.period_end > days.period_start
    group by periods.tenant_id, periods.currency, periods.is_reporting_currency, periods.period_type, periods.period_start
)

select summed.*
from summed
left join days
    on
        summed.tenant_id = days.tenant_id
        and summed.currency = days.currency
        and summed.is_reporting_currency = days.is_reporting_currency
        and summed.last_day = days.period_start
where
    coalesce(summed.gained_amount <> summed.days_gained_amount, true)
    or coalesce(summed.lost_amount <> summed.days_lost_amount, true)
    or coalesce(summed.fx_mrr_amount <> summed.days_fx_mrr_amount, true)
    or coalesce(summed.total_revenue_amount <> summed.days_total_revenue_amount, true)
    or coalesce(summed.customers_moved <> summed.days_customers_moved, true)
    or coalesce(summed.trials <> summed.days_trials, true)
    or coalesce(summed.mrr_amount <> days.mrr_amount, true)
