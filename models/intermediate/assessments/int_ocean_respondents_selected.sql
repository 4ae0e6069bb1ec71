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

periods as (
    select
        tenant_id,
        date_day,
        period_type,
        period_start,
        period_end,
        is_complete
    from {{ ref('int_tenant_report_periods_mapped') }}
),

ranked as (
    select
        scores.tenant_id,
        scores.assessment_type,
        scores.trait,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        scores.person_id,
        scores.assessment_id,
        scores.score,
        row_number() over (
            partition by
                scores.tenant_id,
                scores.assessment_type,
                scores.trait,
                periods.period_type,
                periods.period_start,
                scores.person_id
            order by scores.completed_at desc, scores.assessment_id desc
        ) as recency
    from scores
    inner join periods
        on
            scores.tenant_id = periods.tenant_id
            and scores.completed_date = periods.date_day
),

final as (
    select
        tenant_id,
        assessment_type,
        trait,
        period_type,
        period_start,
        period_end,
        is_complete,
        person_id,
        assessment_id,
        score
    from ranked
    where recency = 1
)

select * from final
