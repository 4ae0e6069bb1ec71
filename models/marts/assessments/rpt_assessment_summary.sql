{%- set measures = ocean_traits() + ['duration_seconds', 'ai_confidence'] -%}
with
completed as (
    select
        tenant_id,
        {{ dbt.date_trunc('hour', 'completed_at') }} as hour_start,
        organization_id,
        assessment_type,
        is_fully_completed,
        {{ measures | join(',\n        ') }}
    from {{ ref('int_assessments_matched') }}
    where is_completed
),

totals as (
    select
        tenant_id,
        hour_start,
        organization_id,
        assessment_type,
        {% for measure in measures -%}
        count({{ measure }}) as count_{{ measure }},
        sum({{ measure }}) as sum_{{ measure }},
        {% endfor -%}
        count(*) as assessments,
        count(case when is_fully_completed then 1 end) as fully_completed
    from completed
    group by
        tenant_id,
        hour_start,
        organization_id,
        assessment_type
),

final as (
    select
        tenant_id,
        cast(hour_start as timestamp) as hour_start,
        organization_id,
        assessment_type,
        assessments,
        {% for measure in measures -%}
        count_{{ measure }},
        cast(sum_{{ measure }} as decimal(38, {{ 10 if measure == 'ai_confidence' else 6 }})) as sum_{{ measure }},
        {{ mean_of_sums('count_' ~ measure, 'sum_' ~ measure) }} as average_{{ measure }},
        {% endfor -%}
        fully_completed
    from totals
)

select * from final
