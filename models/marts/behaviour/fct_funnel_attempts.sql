with
entries as (
    select
        tenant_id,
        funnel_name,
        person_id,
        mode,
        step_count,
        entered_at,
        last_step_order,
        converted_at,
        ended_at,
        outcome
    from {{ ref('int_funnel_entries_concluded') }}
),

first_entries as (
    select
        tenant_id,
        funnel_name,
        person_id,
        min(entered_at) as start_at
    from entries
    group by tenant_id, funnel_name, person_id
),

reentries as (
    select
        tenant_id,
        funnel_name,
        person_id,
        start_at,
        next_at
    from {{ ref('int_funnel_reentries_matched') }}
),

attempts as (
    select
        tenant_id,
        funnel_name,
        person_id,
        start_at
    from {{ follow_pointers('first_entries', 'reentries', ['tenant_id', 'funnel_name', 'person_id']) }} as attempts
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

final as (
    select
        entries.tenant_id,
        entries.funnel_name,
        entries.person_id,
        cast(
            row_number() over (
                partition by entries.tenant_id, entries.funnel_name, entries.person_id
                order by entries.entered_at asc
            ) as integer
        ) as attempt_number,
        entries.mode,
        entries.entered_at,
        {{ tenant_date('entries.entered_at', 'tenants.time_zone') }} as date_day,
        cast(entries.last_step_order as integer) as last_step_order,
        cast(entries.step_count as integer) as step_count,
        entries.converted_at,
        entries.ended_at,
        entries.outcome
    from entries
    inner join attempts
        on
            entries.tenant_id = attempts.tenant_id
            and entries.funnel_name = attempts.funnel_name
            and entries.person_id = attempts.person_id
            and entries.entered_at = attempts.start_at
    inner join tenants on entries.tenant_id = tenants.tenant_id
)

select * from final
