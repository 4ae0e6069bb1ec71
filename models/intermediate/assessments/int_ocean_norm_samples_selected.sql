with
scores as (
    select
        tenant_id,
        assessment_id,
        trait,
        person_id,
        assessment_type,
        completed_at,
        completed_date,
        score
    from {{ ref('int_ocean_scores_unpivoted') }}
    where is_comparable
),

quarters as (
    select
        tenant_id,
        period_start as valid_from,
        period_end as valid_to
    from {{ ref('int_tenant_periods_listed') }}
    where period_type = 'quarter'
),

ranked as (
    select
        scores.tenant_id,
        scores.assessment_type,
        scores.trait,
        quarters.valid_from,
        quarters.valid_to,
        scores.person_id,
        scores.score,
        row_number() over (
            partition by
                scores.tenant_id,
                scores.assessment_type,
                scores.trait,
                quarters.valid_from,
                scores.person_id
            order by scores.completed_at desc, scores.assessment_id desc
        ) as recency
    from scores
    inner join quarters
        on
            scores.tenant_id = quarters.tenant_id
            and scores.completed_date < quarters.valid_from
),

final as (
    select
        tenant_id,
        assessment_type,
        trait,
        valid_from,
        valid_to,
        person_id,
        score
    from ranked
    where recency = 1
)

select * from final
