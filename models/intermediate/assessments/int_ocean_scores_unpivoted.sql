with
assessments as (
    select
        tenant_id,
        assessment_id,
        person_id,
        assessment_type,
        completed_at,
        is_fully_completed,
        {{ ocean_traits() | join(',\n        ') }}
    from {{ ref('int_assessments_matched') }}
    where is_completed
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

scores as (
    {% for trait in ocean_traits() -%}
    select
        tenant_id,
        assessment_id,
        person_id,
        assessment_type,
        completed_at,
        is_fully_completed,
        '{{ trait }}' as trait,
        {{ trait }} as score
    from assessments
    where {{ trait }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        scores.tenant_id,
        scores.assessment_id,
        scores.trait,
        scores.person_id,
        scores.assessment_type,
        scores.completed_at,
        {{ tenant_date('scores.completed_at', 'tenants.time_zone') }} as completed_date,
        -- Only these enter norms and distributions: a partial form and a nobody say nothing of a population.
        scores.is_fully_completed and scores.person_id is not null as is_comparable,
        scores.score
    from scores
    inner join tenants on scores.tenant_id = tenants.tenant_id
)

select * from final
