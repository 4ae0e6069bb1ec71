{%- set a_day = 86400000 -%}
{%- set limits = {
    'latency_ms': [0, a_day],
    'time_to_first_token_ms': [0, 'latency_ms'],
    'confidence_score': [0, 1],
    'cost_estimate': [0, 1000000],
} -%}
with
requests as (
    select
        tenant_id,
        request_id,
        model_name,
        model_version,
        requested_at,
        latency_ms,
        time_to_first_token_ms,
        input_tokens,
        output_tokens,
        total_tokens as reported_total_tokens,
        is_success,
        error_type,
        confidence_score,
        satisfaction_score,
        cost_estimate,
        user_id,
        session_id
    from {{ ref('stg_logs__ai_model_requests') }}
    where requested_at <= {{ as_of() }}
),

final as (
    select
        tenant_id,
        request_id,
        model_name,
        model_version,
        requested_at,
        {{ plausible('latency_ms', 0, a_day, 18, 6) }} as latency_ms,
        {{ plausible('time_to_first_token_ms', 0, 'latency_ms', 18, 6) }} as time_to_first_token_ms,
        input_tokens,
        output_tokens,
        input_tokens + output_tokens as total_tokens,
        coalesce(reported_total_tokens <> input_tokens + output_tokens, false) as has_conflicting_total,
        is_success,
        case when not is_success then coalesce(error_type, 'unknown') end as error_type,
        {{ plausible('confidence_score', 0, 1, 18, 10) }} as confidence_score,
        cast(satisfaction_score as decimal(18, 6)) as satisfaction_score,
        {{ plausible('cost_estimate', 0, limits['cost_estimate'][1], 18, 8) }} as cost_amount,
        {{ implausible_values(limits) }} as implausible_values,
        user_id,
        session_id
    from requests
)

select * from final
