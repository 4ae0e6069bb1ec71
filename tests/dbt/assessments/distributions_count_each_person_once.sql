-- Returns types and traits whose whole history counts another number of people than the scores name.
-- That would be a person counted for each assessment, or lost in the join with the calendar.
-- Does not check which of a person's scores was taken, nor shorter periods. Scores after the clock's day are in no period.
with
people as (
    select
        scores.tenant_id,
        scores.assessment_type,
        scores.trait,
        count(distinct scores.person_id) as people
    from {{ ref('fct_ocean_scores') }} as scores
    inner join {{ ref('int_tenants_resolved') }} as tenants on scores.tenant_id = tenants.tenant_id
    where
        scores.is_comparable
        and {{ tenant_date('scores.completed_at', 'tenants.time_zone') }} <= {{ tenant_date(as_of(), 'tenants.time_zone') }}
    group by
        scores.tenant_id,
        scores.assessment_type,
        scores.trait
)

select
    people.tenant_id,
    people.assessment_type,
    people.trait,
    people.people,
    distributions.respondents
from people
left join {{ ref('rpt_ocean_distributions') }} as distributions
    on
        people.tenant_id = distributions.tenant_id
        and people.assessment_type = distributions.assessment_type
        and people.trait = distributions.trait
        and distributions.period_type = 'all'
where people.people <> coalesce(distributions.respondents, 0)
