with
scores as (
    select
        tenant_id,
        assessment_id,
        trait,
        person_id,
        assessment_type,
        completed_at,
        is_comparable,
        score
    from {{ ref('int_ocean_scores_unpivoted') }}
),

ranked as (
    select
        tenant_id,
        assessment_id,
        trait,
        norm_id,
        z_score,
        percentile_rank
    from {{ ref('int_ocean_scores_ranked') }}
),

final as (
    select
        scores.tenant_id,
        scores.assessment_id,
        scores.trait,
        scores.assessment_type,
        scores.person_id,
        scores.completed_at,
        scores.is_comparable,
        scores.score,
        ranked.z_score,
        50 + 10 * ranked.z_score as t_score,
        ranked.percentile_rank,
        ranked.norm_id
    from scores
    left join ranked
        on
            scores.tenant_id = ranked.tenant_id
            and scores.assessment_id = ranked.assessment_id
            and scores.trait = ranked.trait
)

select * from final
