{#
    A table that was just made has no statistics, and PostgreSQL joins what it takes for small row by row: minutes instead of
    seconds. Its autovacuum may come too late, so that every table is analysed as soon as it stands.
#}
{% macro gather_statistics() %}
    {{- return(plumbline.analyze(this) if config.get('materialized') != 'view' else '') -}}
{% endmacro %}


{% macro analyze(relation) %}
    {{- return(adapter.dispatch('analyze', 'plumbline')(relation)) -}}
{% endmacro %}

{% macro default__analyze(relation) -%} {%- endmacro %}

{% macro postgres__analyze(relation) -%} analyze {{ relation }} {%- endmacro %}
