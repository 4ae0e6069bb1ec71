{#
    What a build sees of the raw tables: the loads that were complete when it began. A load that ends meanwhile waits for the next build, so that
    all models of a build agree, and no model takes for read what it has not read. Rows of events are counted per load:
    a load that has fewer of them than a model has taken in has lost some, by erasure or retention, and is read again.
#}
{% macro record_visible_loads() -%}
    {%- if execute and plumbline.is_build_recorded() -%}
        create table if not exists raw_operations.visible_loads (dataset text, load_id text, row_count bigint);
        create table if not exists raw_operations.model_states (model text, build_number bigint, refreshed_in bigint, fingerprint text);
        create table if not exists raw_operations.model_loads (model text, dataset text, load_id text, row_count bigint);
        create table if not exists raw_operations.changes (model text, build_number bigint);
        {%- for column in plumbline.change_columns() %}
        alter table raw_operations.changes add column if not exists {{ column.name }} {{ column.type }};
        {%- endfor %}
        delete from raw_operations.visible_loads;
        {%- set loaded = run_query("select table_schema from information_schema.tables where table_name = '_dlt_loads'").columns[0].values() %}
        {%- for dataset in plumbline.event_datasets() + ['payments', 'logs'] if 'raw_' ~ dataset in loaded %}
        insert into raw_operations.visible_loads
        select '{{ dataset }}', loads.load_id, {{ 'coalesce(counted.row_count, 0)' if dataset in plumbline.event_datasets() else 'null' }}
        from raw_{{ dataset }}._dlt_loads as loads
        {%- if dataset in plumbline.event_datasets() %}
        left join (
            select _dlt_load_id as load_id, count(*) as row_count from raw_{{ dataset }}.events group by _dlt_load_id
        ) as counted on loads.load_id = counted.load_id
        {%- endif %}
        where loads.status = 0;
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}


{% macro event_datasets() %}
    {{ return(['events', 'events_realtime']) }}
{% endmacro %}


{# Loads of events that this model has not taken in, or that have changed or gone since. #}
{% macro new_loads(dataset=none) -%}
    select coalesce(visible.load_id, taken.load_id)
    from (select * from raw_operations.visible_loads where row_count is not null) as visible
    full outer join (select * from raw_operations.model_loads where model = '{{ model.name }}') as taken
        on visible.dataset = taken.dataset and visible.load_id = taken.load_id
    where
        visible.row_count is distinct from taken.row_count
        {%- if dataset %}
        and coalesce(visible.dataset, taken.dataset) = '{{ dataset }}'
        {%- endif %}
{%- endmacro %}


{#
    Events that a new load brings, or that a changed one has brought. What the realtime lane told first of an event shows in
    the row that the batch lane brought, so that all of these are dirty where a load of that lane has changed.
#}
{% macro events_of_new_loads() -%}
    select tenant_id, event_id
    from {{ ref('stg_events__received') }}
    where load_id in ({{ plumbline.new_loads() }})
    union all
    select tenant_id, event_id
    from {{ this }}
    where
        load_id in ({{ plumbline.new_loads() }})
        or (lane = 'realtime' and exists ({{ plumbline.new_loads('events_realtime') }}))
{%- endmacro %}


{# After a build in which every model succeeded nobody waits for a change any more. #}
{% macro forget_changes(results) -%}
    {%- if execute and flags.WHICH == 'build' and not plumbline.is_selective()
        and not results | selectattr('status', 'in', ['error', 'fail', 'runtime error', 'skipped']) | list -%}
        delete from raw_operations.changes;
    {%- endif -%}
{%- endmacro %}
