{# One row per dbt invocation that changed or tested models: publishing asks it whether the last full build passed. #}
{% macro record_build(results) %}
    {% if execute and flags.WHICH in ['build', 'run', 'test'] and results %}
        {% set failed = results | selectattr('status', 'in', ['error', 'fail', 'runtime error']) | list | length %}
        {% set skipped = results | selectattr('status', 'equalto', 'skipped') | list | length %}
        {% set is_full = flags.WHICH == 'build' and not invocation_args_dict.get('select') and not invocation_args_dict.get('exclude') and not invocation_args_dict.get('selector') %}
        {% set builds = api.Relation.create(database=target.database, schema='raw_operations', identifier='builds') %}
        {% call statement('create_builds') %}
            create schema if not exists raw_operations;
            create table if not exists {{ builds }} (
                invocation_id text, command text, is_full boolean, nodes bigint, failed bigint, skipped bigint,
                started_at timestamp, as_of text
            );
        {% endcall %}
        {% call statement('insert_build') %}
            insert into {{ builds }} values (
                '{{ invocation_id }}', '{{ flags.WHICH }}', {{ is_full }}, {{ results | length }}, {{ failed }}, {{ skipped }},
                cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp), '{{ var("as_of") }}'
            );
        {% endcall %}
    {% endif %}
{% endmacro %}
