{#
    How far each incremental model has come: the build in which it last succeeded, the last one that made all of it anew, and the
    fingerprint of what it was made by. Written in the transaction of the model's own rows. A model that was built beside tables that were
    not keeps its state: the next build redoes the same, with the tables as they are then.
#}
{% macro record_model_state() -%}
    {%- if config.get('materialized') == 'incremental' and not plumbline.is_beside_stale_tables() -%}
        {%- set plan = plumbline.build_plan() -%}
        {%- set refreshed_in = plan.refreshed_in if is_incremental() else plumbline.build_number() -%}
        delete from raw_operations.model_states where model = '{{ model.name }}';
        insert into raw_operations.model_states (model, build_number, refreshed_in, fingerprint)
        select '{{ model.name }}', {{ plumbline.build_number() }}, {{ refreshed_in }}, '{{ plan.fingerprint }}';
        delete from raw_operations.model_loads where model = '{{ model.name }}';
        insert into raw_operations.model_loads (model, dataset, load_id, row_count)
        select '{{ model.name }}', dataset, load_id, row_count from raw_operations.visible_loads where row_count is not null;
    {%- endif -%}
{%- endmacro %}


{# Whether a table that the model reads, and that notes no changes, is none of the models of this build. #}
{% macro is_beside_stale_tables() %}
    {%- for parent in plumbline.silent_parents(model.unique_id) if parent.config.materialized == 'table' and parent.unique_id not in selected_resources -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}


{# The state of a model as {build_number, refreshed_in, fingerprint}; none for one that was never built, or by none of these macros. #}
{% macro model_state(name) %}
    {%- set found = run_query(
        "select build_number, refreshed_in, fingerprint from raw_operations.model_states where model = '" ~ name ~ "'"
    ).rows -%}
    {%- if found | length == 0 -%} {{ return(none) }} {%- endif -%}
    {{ return({'build_number': found[0][0], 'refreshed_in': found[0][1], 'fingerprint': found[0][2]}) }}
{% endmacro %}


{#
    Replaces dbt's own macro: besides --full-refresh, an incremental model is made anew where an increment would not give what it gives
    anew: its code, a macro or a var that it uses or a policy that it names has changed, or a parent was made anew since. Seeds always are: their
    columns may have changed.
#}
{% macro should_full_refresh() %}
    {%- set told = config.get('full_refresh') if config.get('full_refresh') is not none else flags.FULL_REFRESH -%}
    {{ return(told or model.resource_type == 'seed' or (config.get('materialized') == 'incremental' and plumbline.build_plan().is_anew)) }}
{% endmacro %}


{#
    What this build knows of the model that it is at, decided once, when its parents are done, and kept in the graph of the invocation: dbt
    and the macros ask a dozen times. {is_anew, since: number of the build in which the model last succeeded, refreshed_in, fingerprint}.
#}
{% macro build_plan() %}
    {%- set plans = graph.setdefault('plumbline_build_plans', {}) -%}
    {%- if model.name not in plans -%}
        {%- set fingerprint = plumbline.fingerprint() -%}
        {%- set state = plumbline.model_state(model.name) -%}
        {%- set plan = namespace(is_anew=state is none or state.fingerprint != fingerprint) -%}
        {%- for name in plumbline.incremental_parents(model.unique_id) if not plan.is_anew -%}
            {%- set parent = plumbline.model_state(name) -%}
            {%- set plan.is_anew = parent is none or parent.refreshed_in > state.build_number -%}
        {%- endfor -%}
        {%- do plans.update({model.name: {
            'is_anew': plan.is_anew,
            'since': state.build_number if state else none,
            'refreshed_in': state.refreshed_in if state else none,
            'fingerprint': fingerprint,
        }}) -%}
    {%- endif -%}
    {{ return(plans[model.name]) }}
{% endmacro %}


{#
    What decides a model's rows besides the rows that it reads: its code and that of the views and tables below it that note no changes, its
    macros, their vars, and the policies in its meta.
#}
{% macro fingerprint() %}
    {%- set parts = [model.raw_code] + (plumbline.silent_parents(model.unique_id) | map(attribute='raw_code') | list) -%}
    {%- for macro_id in plumbline.used_macros(model.depends_on.macros) -%}
        {%- do parts.append(context['plumbline'][macro_id.split('.')[2]].macro.macro_sql) -%}
    {%- endfor -%}
    {%- for name in modules.re.findall("var\\([\"'](\\w+)[\"']", parts | join(' ')) | unique | sort if name != 'as_of' -%}
        {%- do parts.append(name ~ '=' ~ tojson(var(name))) -%}
    {%- endfor -%}
    {%- for name in config.get('meta', {}).get('policy', []) -%}
        {%- do parts.append(plumbline.content_hash(plumbline.relation_of(name))) -%}
    {%- endfor -%}
    {{ return(local_md5(parts | join('\n'))) }}
{% endmacro %}


{# Ids of this project's macros among those given and those that they use in turn, in a fixed order. #}
{% macro used_macros(macro_ids) %}
    {%- set found = [] -%}
    {%- set waiting = macro_ids | list -%}
    {%- for _ in range(10000) if waiting -%}
        {%- set macro_id = waiting.pop() -%}
        {%- if macro_id.startswith('macro.plumbline.') and macro_id not in found -%}
            {%- do found.append(macro_id) -%}
            {%- do waiting.extend(context['plumbline'][macro_id.split('.')[2]].macro.depends_on.macros) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | sort) }}
{% endmacro %}


{% macro relation_of(name) %}
    {%- for node in graph.nodes.values() if node.name == name and node.resource_type in ('model', 'seed') -%}
        {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
    {%- endfor -%}
    {{ exceptions.raise_compiler_error(model.name ~ ": meta policy names '" ~ name ~ "', which is neither a model nor a seed") }}
{% endmacro %}


{# One text for all rows of a table, whatever their order. #}
{% macro content_hash(relation) %}
    {%- set sql -%}
        select md5(coalesce({{ dbt.listagg('row_text', "','", 'order by row_text') }}, ''))
        from (select cast(policy as {{ dbt.type_string() }}) as row_text from {{ relation }} as policy) as texts
    {%- endset -%}
    {{ return(run_query(sql).rows[0][0]) }}
{% endmacro %}


{# The number of the build that is running: each build has a higher one than those before it. #}
{% macro build_number() -%}
    (select max(build_number) from raw_operations.builds)
{%- endmacro %}
