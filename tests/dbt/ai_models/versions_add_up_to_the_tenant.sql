-- Returns tenants and days whose requests, tokens or costs in the report differ from the requests of the day.
-- That would be a version lost in grouping, a day cut in another zone, or a cost rounded on the way.
-- Does not check latencies, which do not add up.
with
days as (
    select
        tenant_id,
        period_start as date_day,
        sum(requests) as requests,
        sum(total_tokens) as total_tokens,
        sum(total_cost_amount) as total_cost_amount
    from {{ ref('rpt_ai_performance') }}
    where period_type = 'day'
    group by 1, 2
),

facts as (
    select
        requests.tenant_id,
        {{ tenant_date('requests.requested_at', 'tenants.time_zone') }} as date_day,
        count(*) as requests,
        sum(requests.total_tokens) as total_tokens,
        sum(requests.cost_amount) as total_cost_amount
    from {{ ref('fct_ai_requests') }} as requests
    inner join {{ ref('int_tenants_resolved') }} as tenants on requests.tenant_id = tenants.tenant_id
    group by 1, 2
)

select
    facts.tenant_id,
    facts.date_day,
    facts.requests,
    days.requests as reported_requests
from facts
left join days
    on
        facts.tenant_id = days.tenant_id
        and facts.date_day = days.date_day
where
    facts.requests <> coalesce(days.requests, 0)
    or facts.total_tokens <> coalesce(days.total_tokens, 0)
    or coalesce(facts.total_cost_amount, 0) <> coalesce(days.total_cost_amount, 0)
