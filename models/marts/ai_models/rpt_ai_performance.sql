with
requests as (
    select
        tenant_id,
        model_name,
        model_version,
        requested_at,
        is_success,
        latency_ms,
        case when is_success then latency_ms end as answer_latency_ms,
        case when is_success then time_to_first_token_ms end as time_to_first_token_ms,
        case when is_success and latency_ms is not null then output_tokens end as timed_output_tokens,
        input_tokens,
        output_tokens,
        total_tokens,
        case when cost_amount is not null then total_tokens end as priced_tokens,
        cost_amount,
        confidence_score
    from {{ ref('fct_ai_requests') }}
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

periods as (
    select
        tenant_id,
        date_day,
        period_type,
        period_start,
        period_end,
        is_complete
    from {{ ref('int_tenant_report_periods_mapped') }}
),

dated as (
    select
        requests.*,
        {{ tenant_date('requests.requested_at', 'tenants.time_zone') }} as requested_date
    from requests
    inner join tenants on requests.tenant_id = tenants.tenant_id
),

totals as (
    select
        dated.tenant_id,
        dated.model_name,
        dated.model_version,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        count(*) as requests,
        count(case when dated.is_success then 1 end) as succeeded,
        count(case when not dated.is_success then 1 end) as failed,
        count(dated.answer_latency_ms) as timed_requests,
        sum(dated.answer_latency_ms) as latency_total_ms,
        sum(cast(dated.answer_latency_ms as decimal(38, 6)) * dated.answer_latency_ms) as latency_total_of_squares,
        cast(min(dated.answer_latency_ms) as double precision) as latency_minimum_ms,
        {% for percent in [25, 50, 75, 90, 95, 99] -%}
        {{ quantile('dated.answer_latency_ms', percent / 100) }} as latency_p{{ percent }}_ms,
        {% endfor -%}
        cast(max(dated.answer_latency_ms) as double precision) as latency_maximum_ms,
        {{ quantile('dated.latency_ms', 0.95) }} as all_requests_latency_p95_ms,
        {{ quantile('dated.time_to_first_token_ms', 0.5) }} as ttft_p50_ms,
        {{ quantile('dated.time_to_first_token_ms', 0.95) }} as ttft_p95_ms,
        sum(dated.timed_output_tokens) as timed_output_tokens,
        sum(dated.input_tokens) as input_tokens,
        sum(dated.output_tokens) as output_tokens,
        sum(dated.total_tokens) as total_tokens,
        sum(dated.priced_tokens) as priced_tokens,
        count(dated.cost_amount) as priced_requests,
        sum(dated.cost_amount) as total_cost_amount,
        count(dated.confidence_score) as rated_requests,
        sum(dated.confidence_score) as confidence_total,
        count(case when dated.confidence_score < {{ var('low_confidence') }} then 1 end) as low_confidence_requests
    from dated
    inner join periods
        on
            dated.tenant_id = periods.tenant_id
            and dated.requested_date = periods.date_day
    group by
        dated.tenant_id,
        dated.model_name,
        dated.model_version,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete
),

final as (
    select
        tenant_id,
        model_name,
        model_version,
        period_type,
        period_start,
        period_end,
        is_complete,
        requests,
        succeeded,
        failed,
        {{ safe_ratio('failed', 'requests') }} as error_rate,
        timed_requests,
        latency_minimum_ms,
        latency_p25_ms,
        latency_p50_ms,
        latency_p75_ms,
        latency_p90_ms,
        latency_p95_ms,
        latency_p99_ms,
        latency_maximum_ms,
        {{ mean_of_sums('timed_requests', 'latency_total_ms') }} as latency_mean_ms,
        {{ standard_deviation_of_sums('timed_requests', 'latency_total_ms', 'latency_total_of_squares') }}
            as latency_standard_deviation_ms,
        all_requests_latency_p95_ms,
        ttft_p50_ms,
        ttft_p95_ms,
        cast(timed_output_tokens as bigint) as timed_output_tokens,
        cast(latency_total_ms as decimal(38, 6)) as latency_total_ms,
        {{ divide('1000 * timed_output_tokens', 'latency_total_ms') }} as output_tokens_per_second,
        cast(input_tokens as bigint) as input_tokens,
        cast(output_tokens as bigint) as output_tokens,
        cast(total_tokens as bigint) as total_tokens,
        priced_requests,
        cast(priced_tokens as bigint) as priced_tokens,
        cast(total_cost_amount as decimal(38, 8)) as total_cost_amount,
        -- The cost has eight decimals and division keeps six: both sides times 100.
        {{ divide('100000 * total_cost_amount', '100 * priced_tokens', 10) }} as cost_per_1k_tokens_amount,
        'USD' as currency,
        rated_requests,
        {{ mean_of_sums('rated_requests', 'confidence_total') }} as mean_confidence,
        low_confidence_requests,
        {{ safe_ratio('low_confidence_requests', 'rated_requests') }} as low_confidence_rate
    from totals
)

select * from final
