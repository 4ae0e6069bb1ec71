{# Schemas are named by layer, not by developer. PostgreSQL builds beside what people read, and publishing swaps it in. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%} {{ target.schema }}
    {%- elif custom_schema_name == 'marts' and target.type == 'postgres' -%} marts_build
    {%- else -%} {{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
