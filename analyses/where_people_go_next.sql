-- After each event of the last complete month: what people do next, how often, how fast, and how many end there.
with
paths as (
    select
        tenant_id,
        from_event_type,
        to_event_type,
        sum(transitions) as transitions
    from {{ ref('rpt_user_paths') }} as paths
    where
        month = (
            select max(period_start)
            from {{ ref('int_tenant_periods_mapped') }} as periods
            where
                periods.tenant_id = paths.tenant_id
                and periods.period_type = 'month'
                and periods.is_complete
        )
    group by tenant_id, from_event_type, to_event_type
),

shares as (
    select
        tenant_id,
        from_event_type,
        to_event_type,
        transitions,
        {{ safe_ratio('transitions', 'sum(transitions) over (partition by tenant_id, from_event_type)') }} as share
    from paths
)

select *
from shares
where share >= 0.05
order by tenant_id, from_event_type, transitions desc, to_event_type
