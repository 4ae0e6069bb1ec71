{% macro as_of() -%}
    (select as_of_at from {{ ref('int_clock_set') }})
{%- endmacro %}


{# Rows of a load that has not completed, or was killed, are not there for any model. #}
{% macro completed_loads(family) -%}
    (
        select load_id
        from {{ api.Relation.create(database=target.database, schema='raw_' ~ family, identifier='_dlt_loads') }}
        where status = 0
    )
{%- endmacro %}


{# The first received of the rows that share a key; where a version is named, the latest version. #}
{% macro deduplicated(family, table, key, version=none, received='loaded_at') %}
    with
    visible as (
        select *
        from {{ source('raw_' ~ family, table) }}
        where _dlt_load_id in {{ plumbline.completed_loads(family) }}
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by tenant_id, {{ key | join(', ') }}
                order by
                    {% if version -%} {{ version }} desc nulls last, {% endif -%}
                    {{ received }} asc nulls last, _dlt_load_id asc, file_id asc, line_no asc
            ) as occurrence
        from visible
    )

    select *
    from ranked
    where occurrence = 1
{% endmacro %}
