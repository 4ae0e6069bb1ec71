with
days as (
    select
        tenant_id,
        date_day,
        date_day < last_day as is_complete
    from {{ ref('int_tenant_days_listed') }}
),

assessments as (
    select
        assessments.tenant_id,
        {{ tenant_date('assessments.completed_at', 'tenants.time_zone') }} as date_day,
        count(*) as assessments_completed,
        count(assessments.duration_seconds) as timed_assessments,
        sum(assessments.duration_seconds) as total_duration_seconds
    from {{ ref('fct_assessments') }} as assessments
    inner join {{ ref('int_tenants_resolved') }} as tenants on assessments.tenant_id = tenants.tenant_id
    where assessments.is_completed
    group by 1, 2
),

subscriptions as (
    select
        tenant_id,
        date_day,
        count(*) as new_subscriptions
    from {{ ref('int_events_identified') }}
    where
        event_type = 'subscription.created'
        and occurred_at <= {{ as_of() }}
    group by 1, 2
),

tournaments as (
    select
        tenant_id,
        started_date as date_day,
        count(*) as tournaments_completed
    from {{ ref('int_tournaments_started') }}
    where is_completed
    group by 1, 2
),

ai_requests as (
    select
        tenant_id,
        date_day,
        sum(requests) as ai_requests,
        sum(failed_requests) as ai_failed_requests,
        sum(cost_reporting_amount) as ai_cost_amount,
        count(case when cost_reporting_amount is null then 1 end) as ai_unconverted_costs
    from {{ ref('int_ai_costs_converted') }}
    group by 1, 2
),

final as (
    select
        days.tenant_id,
        days.date_day,
        days.is_complete,
        coalesce(assessments.assessments_completed, 0) as assessments_completed,
        coalesce(assessments.timed_assessments, 0) as timed_assessments,
        coalesce(assessments.total_duration_seconds, 0) as total_duration_seconds,
        coalesce(subscriptions.new_subscriptions, 0) as new_subscriptions,
        coalesce(tournaments.tournaments_completed, 0) as tournaments_completed,
        coalesce(ai_requests.ai_requests, 0) as ai_requests,
        coalesce(ai_requests.ai_failed_requests, 0) as ai_failed_requests,
        coalesce(ai_requests.ai_cost_amount, 0) as ai_cost_amount,
        coalesce(ai_requests.ai_unconverted_costs, 0) as ai_unconverted_costs
    from days
    left join assessments on days.tenant_id = assessments.tenant_id and days.date_day = assessments.date_day
    left join subscriptions on days.tenant_id = subscriptions.tenant_id and days.date_day = subscriptions.date_day
    left join tournaments on days.tenant_id = tournaments.tenant_id and days.date_day = tournaments.date_day
    left join ai_requests on days.tenant_id = ai_requests.tenant_id and days.date_day = ai_requests.date_day
)

select * from final
