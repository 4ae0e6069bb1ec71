with
sample as (
    select
        tenant_id,
        assessment_type,
        trait,
        valid_from,
        valid_to,
        score
    from {{ ref('int_ocean_norm_samples_selected') }}
),

totals as (
    select
        tenant_id,
        assessment_type,
        trait,
        valid_from,
        valid_to,
        count(*) as respondents,
        sum(score) as total,
        sum(score * score) as total_of_squares
    from sample
    group by
        tenant_id,
        assessment_type,
        trait,
        valid_from,
        valid_to
    having count(*) >= {{ var('small_cell_k') }}
),

final as (
    select
        tenant_id,
        {{ surrogate_key(['tenant_id', 'assessment_type', 'trait', 'valid_from']) }} as norm_id,
        assessment_type,
        trait,
        valid_from,
        valid_to,
        respondents,
        {{ mean_of_sums('respondents', 'total') }} as mean_score,
        {{ standard_deviation_of_sums('respondents', 'total', 'total_of_squares') }} as standard_deviation
    from totals
)

select * from final
