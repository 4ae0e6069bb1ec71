with
sample as (
    select
        tenant_id,
        assessment_type,
        trait,
        valid_from,
        score
    from {{ ref('int_ocean_norm_samples_selected') }}
),

norms as (
    select
        tenant_id,
        norm_id,
        assessment_type,
        trait,
        valid_from,
        valid_to,
        respondents,
        mean_score,
        standard_deviation
    from {{ ref('dim_ocean_norms') }}
),

scored as (
    select
        scores.tenant_id,
        scores.assessment_id,
        scores.trait,
        scores.score,
        norms.norm_id
    from {{ ref('int_ocean_scores_unpivoted') }} as scores
    inner join norms
        on
            scores.tenant_id = norms.tenant_id
            and scores.assessment_type = norms.assessment_type
            and scores.trait = norms.trait
            and scores.completed_date >= norms.valid_from
            and scores.completed_date < norms.valid_to
    where scores.is_comparable
),

-- Both sets in one order, so that counting the sample below a score needs no join of every score with every other.
weighed as (
    select
        sample.tenant_id,
        norms.norm_id,
        cast(null as {{ dbt.type_string() }}) as assessment_id,
        sample.score,
        1 as sample_weight
    from sample
    inner join norms
        on
            sample.tenant_id = norms.tenant_id
            and sample.assessment_type = norms.assessment_type
            and sample.trait = norms.trait
            and sample.valid_from = norms.valid_from
    union all
    select
        tenant_id,
        norm_id,
        assessment_id,
        score,
        0 as sample_weight
    from scored
),

counted as (
    select
        tenant_id,
        norm_id,
        assessment_id,
        score,
        sum(sample_weight) over (
            partition by tenant_id, norm_id
            order by score asc
            range between unbounded preceding and current row
        ) as at_or_below,
        sum(sample_weight) over (partition by tenant_id, norm_id, score) as equal
    from weighed
),

final as (
    select
        counted.tenant_id,
        counted.assessment_id,
        norms.trait,
        counted.norm_id,
        (counted.score - norms.mean_score) / nullif(norms.standard_deviation, 0) as z_score,
        {{ divide('100 * counted.at_or_below - 50 * counted.equal', 'norms.respondents') }} as percentile_rank
    from counted
    inner join norms
        on
            counted.tenant_id = norms.tenant_id
            and counted.norm_id = norms.norm_id
    where counted.assessment_id is not null
)

select * from final
