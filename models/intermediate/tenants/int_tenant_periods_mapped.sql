with
days as (
    select
        tenant_id,
        week_start,
        fiscal_start_month,
        last_day,
        date_day
    from {{ ref('int_tenant_days_listed') }}
),

starts as (
    {% for period_type in period_types() -%}
    select
        tenant_id,
        date_day,
        last_day,
        '{{ period_type }}' as period_type,
        {{ period_start('date_day', period_type) }} as period_start
    from days
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ends as (
    select
        tenant_id,
        date_day,
        last_day,
        period_type,
        period_start,
        case period_type
            {% for period_type in period_types() -%}
            when '{{ period_type }}' then {{ period_end('period_start', period_type) }}
            {% endfor -%}
        end as period_end
    from starts
),

final as (
    select
        tenant_id,
        date_day,
        period_type,
        period_start,
        period_end,
        -- The day of the clock is itself still running.
        period_end <= last_day as is_complete
    from ends
)

select * from final
