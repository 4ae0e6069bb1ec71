{%- set seen_in = {
    'stg_events__events': 'occurred_at',
    'stg_payments__subscriptions': 'coalesce(started_at, created_at, state_at)',
    'stg_payments__charges': 'created_at',
    'stg_logs__ai_model_requests': 'requested_at',
    'stg_logs__messages': 'sent_at',
    'stg_logs__tournaments': 'starts_at',
    'stg_logs__visits': 'visited_at',
    'stg_logs__checkins': 'checked_in_at',
} -%}
with
registered as (
    select
        tenant_id,
        tenant_name,
        time_zone,
        reporting_currency,
        week_start,
        fiscal_start_month,
        admission_policy,
        registration_number
    from {{ ref('tenants') }}
),

seen as (
    {% for model, seen_at in seen_in.items() -%}
    select
        tenant_id,
        min({{ seen_at }}) as first_seen_at
    from {{ ref(model) }}
    group by tenant_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

first_seen as (
    select
        tenant_id,
        min(first_seen_at) as first_seen_at
    from seen
    group by tenant_id
),

final as (
    select
        coalesce(registered.tenant_id, first_seen.tenant_id) as tenant_id,
        coalesce(registered.tenant_name, first_seen.tenant_id) as tenant_name,
        coalesce(registered.time_zone, 'UTC') as time_zone,
        coalesce(registered.reporting_currency, 'USD') as reporting_currency,
        coalesce(registered.week_start, 'monday') as week_start,
        coalesce(registered.fiscal_start_month, 1) as fiscal_start_month,
        registered.admission_policy,
        registered.registration_number,
        registered.tenant_id is not null as is_registered,
        first_seen.first_seen_at
    from registered
    full outer join first_seen on registered.tenant_id = first_seen.tenant_id
)

select * from final
