{%- set limits = {
    'completion_percentage': [0, 100],
    'duration_seconds': [0, 31536000],
    'ai_confidence': [0, 1],
    'dual_ai_agreement': [0, 1],
} -%}
{%- do limits.update(dict.fromkeys(ocean_traits(), [0, 100])) -%}
with
persons as (
    select
        tenant_id,
        event_id,
        person_id
    from {{ ref('int_events_identified') }}
),

completions as (
    select
        tenant_id,
        event_id,
        assessment_id,
        organization_id,
        assessment_type,
        occurred_at,
        completion_percentage,
        duration_seconds,
        ai_confidence,
        dual_ai_agreement,
        {{ ocean_traits() | join(',\n        ') }}
    from {{ ref('int_events_admitted') }}
    where
        event_type = 'assessment.completed'
        and assessment_id is not null
        and occurred_at <= {{ as_of() }}
),

plausible as (
    select
        tenant_id,
        event_id,
        assessment_id,
        organization_id,
        assessment_type,
        occurred_at,
        {{ plausible('completion_percentage', 0, 100, 9, 6) }} as completion_percentage,
        {{ plausible('duration_seconds', 0, limits['duration_seconds'][1], 18, 6) }} as duration_seconds,
        {{ plausible('ai_confidence', 0, 1, 18, 10) }} as ai_confidence,
        {{ plausible('dual_ai_agreement', 0, 1, 18, 10) }} as dual_ai_agreement,
        {% for trait in ocean_traits() -%}
        {{ plausible(trait, 0, 100, 9, 6) }} as {{ trait }},
        {% endfor -%}
        {{ implausible_values(limits) }} as implausible_values
    from completions
),

final as (
    select
        plausible.*,
        persons.person_id,
        -- A result is the first event that reached the highest completion: a partial result never replaces a full one.
        row_number() over (
            partition by plausible.tenant_id, plausible.assessment_id
            order by plausible.completion_percentage desc nulls last, plausible.occurred_at asc, plausible.event_id asc
        ) as completion_rank
    from plausible
    inner join persons
        on
            plausible.tenant_id = persons.tenant_id
            and plausible.event_id = persons.event_id
)

select * from final
