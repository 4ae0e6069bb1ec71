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
            select max(periods.period_start)
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
        {{ safe_ratio('transitions', 'sum(transitions) over (partition by tenant_id, from_event_type)') }} as share_of_next
    from paths
)

select *
from shares
where share_of_next >= 0.05
order by tenant_id asc, from_event_type asc, transitions desc, to_event_type asc
