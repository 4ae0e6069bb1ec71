{#- The days of a person, then what they add up to: each type from the shortest one that it is made of. -#}
{%- set made_of = {'week': 'day', 'month': 'day', 'quarter': 'month', 'year': 'quarter'} -%}
with
person_days as (
    select
        active.tenant_id,
        active.person_id,
        active.date_day,
        tenants.week_start,
        tenants.fiscal_start_month,
        active.first_at,
        active.last_at
    from {{ ref('int_person_days_active') }} as active
    inner join {{ ref('int_tenants_resolved') }} as tenants on active.tenant_id = tenants.tenant_id
    where
        active.event_count > 0
        and {{ is_dirty('active') }}
),

day_periods as (
    select
        tenant_id,
        person_id,
        week_start,
        fiscal_start_month,
        date_day as period_start,
        min(first_at) as first_at,
        max(last_at) as last_at
    from person_days
    group by tenant_id, person_id, week_start, fiscal_start_month, date_day
),

{% for period_type, shorter in made_of.items() -%}
{{ period_type }}_periods as (
    select
        tenant_id,
        person_id,
        week_start,
        fiscal_start_month,
        {{ period_start('period_start', period_type) }} as period_start,
        min(first_at) as first_at,
        max(last_at) as last_at
    from {{ shorter }}_periods
    group by tenant_id, person_id, week_start, fiscal_start_month, {{ period_start('period_start', period_type) }}
),

{% endfor -%}
united as (
    {% for period_type in period_types() -%}
    select
        tenant_id,
        person_id,
        '{{ period_type }}' as period_type,
        period_start,
        first_at,
        last_at
    from {{ period_type }}_periods
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        tenant_id,
        person_id,
        period_type,
        period_start,
        first_at,
        last_at,
        lag(period_start) over (partition by tenant_id, person_id, period_type order by period_start asc) as previous_start
    from united
)

select * from final
