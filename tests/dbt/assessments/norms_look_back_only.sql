-- Returns norms that stand on another number of people than had a comparable score before the norm's first day.
-- That would be a norm that knows the scores it judges, or a retake that counts twice.
-- Does not check the mean and the spread: the oracle in tests/python/assessments does.
with
people as (
    select
        norms.tenant_id,
        norms.norm_id,
        norms.respondents,
        count(distinct scores.person_id) as people
    from {{ ref('dim_ocean_norms') }} as norms
    inner join {{ ref('int_tenants_resolved') }} as tenants on norms.tenant_id = tenants.tenant_id
    left join {{ ref('fct_ocean_scores') }} as scores
        on
            norms.tenant_id = scores.tenant_id
            and norms.assessment_type = scores.assessment_type
            and norms.trait = scores.trait
            and scores.is_comparable
            and norms.valid_from > {{ tenant_date('scores.completed_at', 'tenants.time_zone') }}
    group by
        norms.tenant_id,
        norms.norm_id,
        norms.respondents
)

select
    tenant_id,
    norm_id,
    respondents,
    people
from people
where respondents <> people
