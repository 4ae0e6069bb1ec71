{%- set cell = ['tenant_id', 'assessment_type', 'trait', 'period_type', 'period_start'] -%}
with
respondents as (
    select
        *,
        {{ surrogate_key(cell) }} as cell_id
    from {{ ref('int_ocean_respondents_selected') }}
),

centres as (
    select
        cell_id,
        {{ divide('sum(score)', 'count(*)') }} as centre
    from respondents
    group by cell_id
),

deviations as (
    select
        respondents.*,
        cast(respondents.score - centres.centre as decimal(9, 6)) as deviation
    from respondents
    inner join centres on respondents.cell_id = centres.cell_id
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
        count(*) as respondents,
        sum(score) as total,
        sum(score * score) as total_of_squares,
        sum(deviation) as deviations,
        sum(deviation * deviation) as squared_deviations,
        sum(deviation * deviation * deviation) as cubed_deviations,
        cast(min(score) as double precision) as minimum,
        {% for percent in [5, 10, 25, 50, 75, 90, 95] -%}
        {{ quantile('score', percent / 100) }} as {{ 'p%02d' % percent }},
        {% endfor -%}
        {% for lower in score_bins() -%}
        count(
            case when score >= {{ lower }} and score {{ '<' if lower < 90 else '<=' }} {{ lower + 10 }} then 1 end
        ) as {{ score_bin_name(lower) }},
        {% endfor -%}
        cast(max(score) as double precision) as maximum
    from deviations
    group by
        tenant_id,
        assessment_type,
        trait,
        period_type,
        period_start,
        period_end,
        is_complete
)

select * from final
