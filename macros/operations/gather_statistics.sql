{#
    A table that was just made has no statistics, and PostgreSQL joins what it takes for small row by row: minutes instead of
    seconds. Its autovacuum may come too late, so that every table is analysed as soon as it stands.
#}
{% macro gather_statistics() %}
    {{- return(adapter.dispatch('gather_statistics', 'plumbline')()) -}}
{% endmacro %}

{% macro default__gather_statistics() -%} {%- endmacro %}

{% macro postgres__gather_statistics() -%}
    {%- if config.get('materialized') != 'view' -%} analyze {{ this }} {%- endif -%}
{%- endmacro %}
