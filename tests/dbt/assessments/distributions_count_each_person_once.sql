-- Returns types and traits whose whole history counts another number of people than the scores name.
-- That would be a person counted for each assessment, or lost in the join with the calendar.
-- Does not check which of a person's scores was taken, nor shorter periods.
with
people as (
    select
        tenant_id,
        assessment_type,
        trait,
        count(distinct person_id) as people
    from {{ ref('fct_ocean_scores') }}
    where is_comparable
    group by
        tenant_id,
        assessment_type,
        trait
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
