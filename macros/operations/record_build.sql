{# One row per dbt invocation that changed or tested models: publishing asks it whether the last full build passed. #}
{% macro record_build(results) -%}
    {%- if execute and flags.WHICH in ['build', 'run', 'seed', 'snapshot', 'test'] -%}
        {%- set failed = results | selectattr('status', 'in', ['error', 'fail', 'runtime error']) | list | length -%}
        {%- set skipped = results | selectattr('status', 'equalto', 'skipped') | list | length -%}
        {%- set chosen = invocation_args_dict.get('select') or invocation_args_dict.get('exclude') or invocation_args_dict.get('selector') -%}
        create schema if not exists raw_operations;
        create table if not exists raw_operations.builds (
            invocation_id text,
            command text,
            is_full boolean,
            nodes bigint,
            failed bigint,
            skipped bigint,
            started_at timestamp
        );
        insert into raw_operations.builds
        values (
            '{{ invocation_id }}',
            '{{ flags.WHICH }}',
            {{ flags.WHICH == 'build' and not chosen }},
            {{ results | length }},
            {{ failed }},
            {{ skipped }},
            cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp)
        );
    {%- endif -%}
{%- endmacro %}
