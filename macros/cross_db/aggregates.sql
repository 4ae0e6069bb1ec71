{% macro latest_value(value, order_by) %}
    {{- return(adapter.dispatch('latest_value', 'plumbline')(value, order_by)) -}}
{% endmacro %}

{% macro default__latest_value(value, order_by) -%}
    max_by({{ value }}, case when {{ value }} is not null then struct({{ order_by | join(', ') }}) end)
{%- endmacro %}

{% macro duckdb__latest_value(value, order_by) -%}
    arg_max({{ value }}, ({{ order_by | join(', ') }})) filter (where {{ value }} is not null)
{%- endmacro %}

{% macro postgres__latest_value(value, order_by) -%}
    (array_agg({{ value }} order by {{ order_by | join(' desc, ') }} desc) filter (where {{ value }} is not null))[1]
{%- endmacro %}


{% macro earliest_value(value, order_by) %}
    {{- return(adapter.dispatch('earliest_value', 'plumbline')(value, order_by)) -}}
{% endmacro %}

{% macro default__earliest_value(value, order_by) -%}
    min_by({{ value }}, case when {{ value }} is not null then struct({{ order_by | join(', ') }}) end)
{%- endmacro %}

{% macro duckdb__earliest_value(value, order_by) -%}
    arg_min({{ value }}, ({{ order_by | join(', ') }})) filter (where {{ value }} is not null)
{%- endmacro %}

{% macro postgres__earliest_value(value, order_by) -%}
    (array_agg({{ value }} order by {{ order_by | join(', ') }}) filter (where {{ value }} is not null))[1]
{%- endmacro %}
