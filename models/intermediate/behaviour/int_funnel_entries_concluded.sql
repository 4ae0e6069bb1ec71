with
reached as (
    select
        tenant_id,
        funnel_name,
        person_id,
        entered_at,
        window_ends_at,
        step_order,
        reached_at,
        row_number() over (
            partition by tenant_id, funnel_name, person_id, entered_at
            order by step_order desc
        ) as place_from_end
    from {{ ref('int_funnel_steps_reached') }}
),

moments as (
    select
        tenant_id,
        funnel_name,
        person_id,
        step_order,
        occurred_at,
        excluded_at
    from {{ ref('int_funnel_moments_matched') }}
),

funnels as (
    select distinct
        tenant_id,
        funnel_name,
        mode,
        step_count
    from {{ ref('int_funnel_steps_resolved') }}
),

last_steps as (
    select
        reached.tenant_id,
        reached.funnel_name,
        reached.person_id,
        funnels.mode,
        funnels.step_count,
        reached.entered_at,
        reached.window_ends_at,
        reached.step_order as last_step_order,
        reached.reached_at as last_step_at,
        case when moments.excluded_at <= reached.window_ends_at then moments.excluded_at end as excluded_at
    from reached
    inner join funnels
        on
            reached.tenant_id = funnels.tenant_id
            and reached.funnel_name = funnels.funnel_name
    inner join moments
        on
            reached.tenant_id = moments.tenant_id
            and reached.funnel_name = moments.funnel_name
            and reached.person_id = moments.person_id
            and reached.step_order = moments.step_order
            and reached.reached_at = moments.occurred_at
    where reached.place_from_end = 1
),

concluded as (
    select
        *,
        case
            when last_step_order = step_count then 'converted'
            when excluded_at is not null then 'dropped'
            when window_ends_at < {{ as_of() }} then 'dropped'
            else 'pending'
        end as outcome
    from last_steps
),

final as (
    select
        tenant_id,
        funnel_name,
        person_id,
        mode,
        step_count,
        entered_at,
        last_step_order,
        case when outcome = 'converted' then last_step_at end as converted_at,
        case
            when outcome = 'converted' then last_step_at
            when outcome = 'dropped' then coalesce(excluded_at, window_ends_at)
        end as ended_at,
        outcome
    from concluded
)

select * from final
