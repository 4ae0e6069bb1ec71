{#
    The strategy of every incremental model: what to redo is found from what was loaded.

    A model names its unit of redoing in `meta: {redo_by: ...}` and filters each incremental model that it reads with `is_dirty`: in a
    full build that is true, else it holds for the rows of units in which its parents have changed since its own last success.
    The strategy compares the redone rows with the stored rows of these units, writes the rows that differ, and notes
    what they belong to in `raw_operations.changes`, where the model's children find it.

    The rows, the note and the model's state (`record_model_state`, a post-hook) are one transaction: a model that fails, or a build
    that is killed, leaves the state as it was, and the next build begins there.
#}
{% macro get_incremental_redo_sql(arguments) %}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set names = arguments['dest_columns'] | map(attribute='name') | map('lower') | list -%}
    {%- set key = plumbline.as_list(arguments['unique_key']) | join(', ') -%}
    {%- set stored = this.identifier ~ '__stored' -%}
    {%- set gone = this.identifier ~ '__gone' -%}
    {%- set come = this.identifier ~ '__come' -%}

    {%- for relation in [stored, gone, come] %}
    drop table if exists {{ relation }};
    {%- endfor %}

    create temporary table {{ stored }} as
    select {{ columns }} from {{ arguments['target_relation'] }} as stored where {{ plumbline.is_dirty('stored') }};

    create temporary table {{ gone }} as
    select {{ columns }} from {{ stored }} except select {{ columns }} from {{ arguments['temp_relation'] }};

    create temporary table {{ come }} as
    select {{ columns }} from {{ arguments['temp_relation'] }} except select {{ columns }} from {{ stored }};

    insert into raw_operations.changes (
        model, build_number, {{ plumbline.change_columns() | map(attribute='name') | join(', ') }}
    )
    select distinct
        '{{ model.name }}' as model,
        {{ plumbline.build_number() }} as build_number,
        {%- for column in plumbline.change_columns() %}
        {{ column.name if column.name in names else 'cast(null as ' ~ column.type ~ ')' }} as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select {{ columns }} from {{ gone }}
        union all
        select {{ columns }} from {{ come }}
    ) as changed;

    delete from {{ arguments['target_relation'] }}
    where ({{ key }}) in (select {{ key }} from {{ gone }});

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ come }};

    {%- for relation in [stored, gone, come] %}
    drop table {{ relation }};
    {%- endfor %}
{% endmacro %}


{# What a changed row may belong to; a model's row tells those that it has. #}
{% macro change_columns() %}
    {{ return([
        {'name': 'tenant_id', 'type': 'text'},
        {'name': 'event_id', 'type': 'text'},
        {'name': 'session_id', 'type': 'text'},
        {'name': 'person_id', 'type': 'text'},
        {'name': 'identity_key', 'type': 'text'},
        {'name': 'date_day', 'type': 'date'},
        {'name': 'month', 'type': 'date'},
    ]) }}
{% endmacro %}


{# The columns of a unit of redoing. #}
{% macro unit_columns(unit) %}
    {%- set units = {
        'event': ['tenant_id', 'event_id'],
        'session': ['tenant_id', 'session_id'],
        'identity': ['tenant_id', 'identity_key'],
        'person': ['tenant_id', 'person_id'],
        'person_day': ['tenant_id', 'person_id', 'date_day'],
        'tenant_day': ['tenant_id', 'date_day'],
        'tenant_month': ['tenant_id', 'month'],
    } -%}
    {%- if unit not in units -%}
        {{ exceptions.raise_compiler_error(model.name ~ ": meta redo_by is '" ~ unit ~ "'; it must be all, " ~ units | join(', ')) }}
    {%- endif -%}
    {{ return(units[unit]) }}
{% endmacro %}


{# The units to redo, gathered once (a pre-hook of every model), for the model's own SQL and for the strategy. #}
{% macro gather_dirty_units() -%}
    {%- if is_incremental() and plumbline.redo_unit() != 'all' -%}
        {%- set columns = plumbline.unit_columns(plumbline.redo_unit()) | join(', ') -%}
        {%- set also_dirty = config.get('meta').get('also_dirty') -%}
        drop table if exists {{ plumbline.dirty_units() }};
        create temporary table {{ plumbline.dirty_units() }} as
        select distinct {{ columns }}
        from (
            {{ plumbline.changed_units(plumbline.redo_unit()) }}
            {%- if also_dirty %}
            union all
            {{ context['plumbline'][also_dirty]() }}
            {%- endif %}
        ) as units;
        {{ plumbline.analyze(plumbline.dirty_units()) }}
    {%- endif -%}
{%- endmacro %}


{% macro dirty_units() -%}
    {{ this.identifier }}__dirty
{%- endmacro %}


{#
    Whether a row (of a parent that is read, or of the model itself) belongs to a unit that must be redone; true in a full build.
    Units are dirty in which an incremental parent has changed since this model was last built, and those that the macro in meta `also_dirty` selects.
#}
{% macro is_dirty(alias) -%}
    {#- A unit test gives its own rows: all of them count. No row is without tenant. -#}
    {%- if model.resource_type != 'model' or not is_incremental() or plumbline.redo_unit() == 'all' -%}
        {{ alias }}.tenant_id is not null
    {%- else -%}
        {%- set columns = plumbline.unit_columns(plumbline.redo_unit()) -%}
        ({{ alias }}.{{ columns | join(', ' ~ alias ~ '.') }}) in (select {{ columns | join(', ') }} from {{ plumbline.dirty_units() }})
    {%- endif -%}
{%- endmacro %}


{# The units in which incremental parents, all or some of them, have changed since this model was last built. #}
{% macro changed_units(unit, parents=none) -%}
    {%- set columns = plumbline.unit_columns(unit) -%}
    {%- set parents = parents or plumbline.incremental_parents(model.unique_id) -%}
    select {{ columns | join(', ') }}
    from raw_operations.changes
    where
        model in ('{{ parents | join("', '") }}')
        and build_number > {{ plumbline.build_plan().since }}
        {%- for column in columns %}
        and {{ column }} is not null
        {%- endfor %}
{%- endmacro %}


{% macro redo_unit() %}
    {{ return(config.get('meta', {}).get('redo_by', 'all')) }}
{% endmacro %}


{# Names of the incremental models that a node reads, itself or through views. #}
{% macro incremental_parents(unique_id) %}
    {%- set names = [] -%}
    {%- for parent_id in graph.nodes[unique_id].depends_on.nodes if parent_id in graph.nodes -%}
        {%- set parent = graph.nodes[parent_id] -%}
        {%- if parent.config.materialized == 'incremental' -%}
            {%- do names.append(parent.name) -%}
        {%- elif parent.config.materialized in ('view', 'ephemeral') -%}
            {%- do names.extend(plumbline.incremental_parents(parent_id)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(names | unique | list) }}
{% endmacro %}


{# The views and tables that a node reads, itself or through views: models that note no changes. #}
{% macro silent_parents(unique_id) %}
    {%- set parents = [] -%}
    {%- for parent_id in graph.nodes[unique_id].depends_on.nodes if parent_id.startswith('model.') -%}
        {%- set parent = graph.nodes[parent_id] -%}
        {%- if parent.config.materialized != 'incremental' -%}
            {%- do parents.append(parent) -%}
            {%- if parent.config.materialized in ('view', 'ephemeral') -%}
                {%- do parents.extend(plumbline.silent_parents(parent_id)) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(parents) }}
{% endmacro %}


{% macro as_list(value) %}
    {{ return([value] if value is string else value) }}
{% endmacro %}
