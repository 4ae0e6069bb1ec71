with
assessments as (
    select *
    from {{ ref('int_assessments_matched') }}
),

flagged as (
    select
        *,
        coalesce(ai_confidence < {{ var('low_confidence') }}, false) as is_low_confidence,
        coalesce(dual_ai_agreement < {{ var('low_agreement') }}, false) as is_low_agreement,
        is_completed and (ai_confidence is null or dual_ai_agreement is null) as is_missing_ai
    from assessments
),

final as (
    select
        tenant_id,
        assessment_id,
        person_id,
        organization_id,
        assessment_type,
        started_at,
        completed_at,
        is_completed,
        is_fully_completed,
        duration_seconds,
        completion_percentage,
        ai_confidence,
        dual_ai_agreement,
        {{ divide('agreeableness + conscientiousness + 100 - neuroticism', 3) }} as stability_score,
        {{ divide('extraversion + openness', 2) }} as plasticity_score,
        is_low_confidence,
        is_low_agreement,
        is_missing_ai,
        is_low_confidence or is_low_agreement or is_missing_ai as needs_review,
        implausible_values
    from flagged
)

select * from final
