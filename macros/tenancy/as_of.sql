{% macro as_of() -%}
    (select as_of_at from {{ ref('int_clock_set') }})
{%- endmacro %}


{# Rows of a load that was killed, or that had not completed when the build began, are not there for any model. #}
{% macro completed_loads(dataset) -%}
    (select load_id from raw_operations.visible_loads where dataset = '{{ dataset }}')
{%- endmacro %}


{# Raw rows that are gone from their live source: there are as many rows here as changes, and the last one counts. #}
{% macro deleted_rows(table) -%}
    (
        select file_id, line_no
        from {{ source('raw_operations', 'deleted_rows') }}
        where table_name = '{{ table }}'
        group by file_id, line_no
        having sum(case when is_deleted then 1 else -1 end) > 0
    )
{%- endmacro %}


{# The first received of the rows that share a key; where a version is named, the latest version. #}
{% macro deduplicated(family, table, key, version=none, received='loaded_at') %}
    with
    visible as (
        select *
        from {{ source('raw_' ~ family, table) }} as stored
        where
            _dlt_load_id in {{ plumbline.completed_loads(family) }}
            {%- if family == 'logs' %}
            and not exists (
                select 1
                from {{ plumbline.deleted_rows(table) }} as gone
                where gone.file_id = stored.file_id and gone.line_no = stored.line_no
            )
            {%- endif %}
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
