-- What boards ask the behaviour marts: one tenant, the tiles and charts of a page.
select date_day, dau, wau, mau, stickiness from marts.rpt_active_users where tenant_id = 'alpha' order by date_day;
select period_start, new_users, returning_users, resurrecting_users, dormant_users
from marts.rpt_lifecycle where tenant_id = 'alpha' and period_type = 'week' order by period_start;
select cohort_start, period_number, retention_rate
from marts.rpt_retention where tenant_id = 'alpha' and period_type = 'month' and mode = 'on' and clock = 'calendar' order by 1, 2;
select cohort_start, period_number, retention_rate
from marts.rpt_retention where tenant_id = 'alpha' and period_type = 'day' and mode = 'on_or_after' and clock = 'rolling' order by 1, 2;
select cohort_month, month_number, retention_rate, ltv_amount from marts.rpt_user_cohorts where tenant_id = 'alpha' order by 1, 2;
select step_order, step_name, reached, converted_from_first_rate, wilson_low, wilson_high
from marts.rpt_funnel_conversion where tenant_id = 'alpha' and funnel_name = 'signup_to_subscription' and period_type = 'all' order by 1;
select period_start, step_order, converted_from_previous_rate
from marts.rpt_funnel_conversion where tenant_id = 'alpha' and funnel_name = 'signup_to_subscription' and period_type = 'month' order by 1, 2;
select from_event_type, to_event_type, sum(transitions) as transitions
from marts.rpt_user_paths where tenant_id = 'alpha' and step_number <= 3 group by 1, 2 order by 3 desc limit 20;
select feature, period_start, users, adoption_rate from marts.rpt_feature_adoption where tenant_id = 'alpha' and period_type = 'month' order by 1, 2;
select period_start, net_growth_users, growth_rate, quick_ratio from marts.rpt_growth where tenant_id = 'alpha' and period_type = 'month' order by 1;
select date_day, count(*) as sessions, avg(duration_seconds) as average_seconds
from marts.fct_sessions where tenant_id = 'alpha' and date_day >= date '2025-12-01' group by 1 order by 1;
select platform, count(*) as users from marts.dim_users where tenant_id = 'alpha' and is_identified group by 1 order by 2 desc
