with
attempts as (
    select
        *,
        {{ funnel_outcome('ended_by', "case when ended_by = 'window' then ended_at end") }} as outcome
    from {{ ref('int_funnel_attempts_chained') }}
),

funnels as (
    select
        tenant_id,
        funnel_name,
        mode,
        step_count
    from {{ ref('int_funnel_steps_resolved') }}
    where step_order = 1
),

tenants as (
    select
        tenant_id,
        time_zone
    from {{ ref('int_tenants_resolved') }}
),

final as (
    select
        attempts.tenant_id,
        attempts.funnel_name,
        attempts.person_id,
        attempts.attempt_number,
        funnels.mode,
        nullif(attempts.held_value, '') as held_value,
        attempts.platform,
        attempts.entered_at,
        {{ tenant_date('attempts.entered_at', 'tenants.time_zone') }} as date_day,
        attempts.last_step_order,
        cast(funnels.step_count as integer) as step_count,
        attempts.last_step_at,
        case when attempts.outcome = 'converted' then attempts.last_step_at end as converted_at,
        case when attempts.outcome <> 'pending' then attempts.ended_at end as ended_at,
        case when attempts.outcome <> 'pending' then attempts.ended_by end as ended_by,
        attempts.outcome
    from attempts
    inner join funnels
        on
            attempts.tenant_id = funnels.tenant_id
            and attempts.funnel_name = funnels.funnel_name
    inner join tenants on attempts.tenant_id = tenants.tenant_id
)

select * from final
