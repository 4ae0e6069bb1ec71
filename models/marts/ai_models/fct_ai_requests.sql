with
requests as (
    select *
    from {{ ref('int_ai_requests_validated') }}
),

final as (
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
        total_tokens,
        has_conflicting_total,
        is_success,
        error_type,
        confidence_score,
        satisfaction_score,
        cost_amount,
        'USD' as currency,
        user_id as person_id,
        session_id,
        implausible_values
    from requests
)

select * from final
