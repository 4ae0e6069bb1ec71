with
cells as (
    select
        *,
        respondents < {{ var('small_cell_k') }} as is_suppressed
    from {{ ref('int_ocean_cells_summarized') }}
),

described as (
    select
        *,
        {{ mean_of_sums('respondents', 'total') }} as mean_score,
        {{ standard_deviation_of_sums('respondents', 'total', 'total_of_squares') }} as standard_deviation,
        {{ skewness_of_sums('respondents', 'deviations', 'squared_deviations', 'cubed_deviations') }} as skewness
    from cells
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
        respondents,
        {% for statistic in [
            'mean_score', 'standard_deviation', 'minimum', 'p05', 'p10', 'p25', 'p50', 'p75', 'p90', 'p95', 'maximum', 'skewness',
        ] -%}
        case when not is_suppressed then {{ statistic }} end as {{ statistic }},
        {% endfor -%}
        {% for lower in score_bins() -%}
        case when not is_suppressed then {{ score_bin_name(lower) }} end as {{ score_bin_name(lower) }},
        {% endfor -%}
        is_suppressed
    from described
)

select * from final
