with
persons as (
    select
        tenant_id,
        event_id,
        person_id
    from {{ ref('int_events_identified') }}
),

starts as (
    select
        tenant_id,
        event_id,
        assessment_id,
        organization_id,
        assessment_type,
        occurred_at,
        row_number() over (
            partition by tenant_id, assessment_id
            order by occurred_at asc, event_id asc
        ) as start_rank
    from {{ ref('int_events_admitted') }}
    where
        event_type = 'assessment.started'
        and assessment_id is not null
        and occurred_at <= {{ as_of() }}
),

first_starts as (
    select
        starts.tenant_id,
        starts.assessment_id,
        persons.person_id,
        starts.organization_id,
        starts.assessment_type,
        starts.occurred_at
    from starts
    inner join persons
        on
            starts.tenant_id = persons.tenant_id
            and starts.event_id = persons.event_id
    where starts.start_rank = 1
),

completions as (
    select *
    from {{ ref('int_assessment_completions_ranked') }}
    where completion_rank = 1
),

final as (
    select
        coalesce(completions.tenant_id, first_starts.tenant_id) as tenant_id,
        coalesce(completions.assessment_id, first_starts.assessment_id) as assessment_id,
        coalesce(completions.person_id, first_starts.person_id) as person_id,
        coalesce(completions.organization_id, first_starts.organization_id, 'unknown') as organization_id,
        coalesce(completions.assessment_type, first_starts.assessment_type, 'unknown') as assessment_type,
        -- A start that a client's clock puts after the completion is no start.
        case
            when completions.assessment_id is null or first_starts.occurred_at <= completions.occurred_at
                then first_starts.occurred_at
        end as started_at,
        completions.occurred_at as completed_at,
        completions.assessment_id is not null as is_completed,
        coalesce(completions.completion_percentage = 100, false) as is_fully_completed,
        completions.completion_percentage,
        completions.duration_seconds,
        completions.ai_confidence,
        completions.dual_ai_agreement,
        {% for trait in ocean_traits() -%}
        completions.{{ trait }},
        {% endfor -%}
        coalesce(completions.implausible_values, 0) as implausible_values
    from completions
    full outer join first_starts
        on
            completions.tenant_id = first_starts.tenant_id
            and completions.assessment_id = first_starts.assessment_id
)

select * from final
