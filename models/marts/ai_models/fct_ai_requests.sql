with
requests as (
    select *
    from {{ ref('int_ai_requests_validated') }}
),

links as (
    select
        tenant_id,
        identity_key,
        person_id
    from {{ ref('int_identities_linked') }}
),

final as (
    select
        requests.tenant_id,
        requests.request_id,
        requests.model_name,
        requests.model_version,
        requests.requested_at,
        requests.latency_ms,
        requests.time_to_first_token_ms,
        requests.input_tokens,
        requests.output_tokens,
        requests.total_tokens,
        requests.has_conflicting_total,
        requests.is_success,
        requests.error_type,
        requests.confidence_score,
        requests.satisfaction_score,
        requests.cost_amount,
        'USD' as currency,
        coalesce(links.person_id, requests.user_id) as person_id,
        requests.session_id,
        requests.implausible_values
    from requests
    left join links
        on
            requests.tenant_id = links.tenant_id
            and 'user:' || requests.user_id = links.identity_key
)

select * from final
