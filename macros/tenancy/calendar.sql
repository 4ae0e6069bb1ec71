{% macro period_types() -%}
    {{ return(['day', 'week', 'month', 'quarter', 'year']) }}
{%- endmacro %}


{# Quarters and years begin in the tenant's fiscal month, weeks on the tenant's day. #}
{% macro period_start(date, period_type, week_start='week_start', fiscal_start_month='fiscal_start_month') -%}
    {%- if period_type == 'day' -%}
        cast({{ date }} as date)
    {%- elif period_type == 'week' -%}
        case
            when {{ week_start }} = 'sunday'
                then {{ plumbline.add_to_date(dbt.date_trunc('week', plumbline.add_to_date(date, 'day', 1)), 'day', -1) }}
            else cast({{ dbt.date_trunc('week', date) }} as date)
        end
    {%- elif period_type == 'month' -%}
        cast({{ dbt.date_trunc('month', date) }} as date)
    {%- else -%}
        {{ plumbline.add_to_date(
            dbt.date_trunc(period_type, plumbline.add_to_date(date, 'month', '(1 - ' ~ fiscal_start_month ~ ')')),
            'month',
            '(' ~ fiscal_start_month ~ ' - 1)',
        ) }}
    {%- endif -%}
{%- endmacro %}


{% macro period_end(period_start, period_type) -%}
    {{ plumbline.add_to_date(period_start, 'month', 3) if period_type == 'quarter' else plumbline.add_to_date(period_start, period_type, 1) }}
{%- endmacro %}
