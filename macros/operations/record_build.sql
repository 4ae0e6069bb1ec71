{#
    One row per dbt invocation that changes or tests models: publishing asks it whether the last one was a full build that passed.
    The counts are null until the invocation ends; of one that was killed they stay so.
#}
{% macro record_build_start() -%}
    {%- if execute and plumbline.is_build_recorded() -%}
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
        alter table raw_operations.builds add column if not exists build_number bigint;
        insert into raw_operations.builds (build_number, invocation_id, command, is_full, started_at)
        values (
            (select coalesce(max(build_number), 0) + 1 from raw_operations.builds),
            '{{ invocation_id }}',
            '{{ flags.WHICH }}',
            {{ flags.WHICH == 'build' and not plumbline.is_selective() }},
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


{% macro is_selective() %}
    {{ return(invocation_args_dict.get('select') or invocation_args_dict.get('exclude') or invocation_args_dict.get('selector')) }}
{% endmacro %}


{% macro is_build_recorded() -%}
    {{ return(flags.WHICH in ['build', 'run', 'retry', 'seed', 'snapshot', 'test']) }}
{%- endmacro %}
