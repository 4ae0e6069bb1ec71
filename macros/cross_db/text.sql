{% macro json_text(json_column, key) %}
    {{- return(adapter.dispatch('json_text', 'plumbline')(json_column, key)) -}}
{% endmacro %}

{% macro default__json_text(json_column, key) -%}
    cast({{ json_column }} as jsonb) ->> '{{ key }}'
{%- endmacro %}

{% macro duckdb__json_text(json_column, key) -%}
    json_extract_string({{ json_column }}, '$."{{ key }}"')
{%- endmacro %}

{% macro spark__json_text(json_column, key) -%}
    get_json_object({{ json_column }}, '$["{{ key }}"]')
{%- endmacro %}


{% macro surrogate_key(columns) -%}
    md5(
        {%- for column in columns -%}
            coalesce(cast({{ column }} as {{ dbt.type_string() }}), '')
            {%- if not loop.last %} || '|' || {% endif -%}
        {%- endfor -%}
    )
{%- endmacro %}
