-- Returns tenants whose logged requests until the clock differ in number, tokens or failures from the requests of the mart.
-- That would be a request lost, doubled, or turned from failure into success on the way.
-- Does not check latencies and costs, of which the impossible ones are nulled on purpose.
with
logged as (
    select
        tenant_id,
        count(*) as requests,
        sum(input_tokens + output_tokens) as tokens,
        count(case when not is_success then 1 end) as failures
    from {{ ref('stg_logs__ai_model_requests') }}
    where requested_at <= {{ as_of() }}
    group by tenant_id
),

served as (
    select
        tenant_id,
        count(*) as requests,
        sum(total_tokens) as tokens,
        count(error_type) as failures
    from {{ ref('fct_ai_requests') }}
    group by tenant_id
)

select
    logged.tenant_id,
    logged.requests,
    served.requests as served_requests
from logged
left join served on logged.tenant_id = served.tenant_id
where
    logged.requests <> coalesce(served.requests, 0)
    or logged.tokens <> coalesce(served.tokens, 0)
    or logged.failures <> coalesce(served.failures, 0)
