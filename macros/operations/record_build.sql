{#
    One row per dbt invocation that changes or tests models: publishing asks it whether the last one was a full build that passed.
    The counts are null until the invocation ends; of one that was killed they stay so.
#}
{% macro record_build_start() -%}
    {%- if execute and plumbline.is_build_recorded() -%}
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
        insert into raw_operations.builds (invocation_id, command, is_full, started_at)
        values (
            '{{ invocation_id }}',
            '{{ flags.WHICH }}',
            {{ flags.WHICH == 'build' and not chosen }},
            cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}' as timestamp)
        );
    {%- endif -%}
{%- endmacro %}


{% macro record_build_end(results) -%}
    {%- if execute and plumbline.is_build_recorded() -%}
        update raw_operations.builds
        set
            nodes = {{ results | length }},
            failed = {{ results | selectattr('status', 'in', ['error', 'fail', 'runtime error']) | list | length }},
            skipped = {{ results | selectattr('status', 'equalto', 'skipped') | list | length }}
        where invocation_id = '{{ invocation_id }}';
    {%- endif -%}
{%- endmacro %}


{% macro is_build_recorded() -%}
    {{ return(flags.WHICH in ['build', 'run', 'seed', 'snapshot', 'test']) }}
{%- endmacro %}
