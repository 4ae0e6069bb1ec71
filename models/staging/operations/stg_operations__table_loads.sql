with
{% for table in raw_tables() %}
{{ table.name }} as (
    select
        tenant_id,
        '{{ table.family }}' as family,
        '{{ table.name }}' as table_name,
        _dlt_load_id as load_id,
        count(*) as rows_accepted,
        min(loaded_at) as loaded_at,
        max({{ table.event_time }}) as last_event_at
    from {{ source('raw_' ~ table.family, table.name) }}
    where _dlt_load_id in {{ completed_loads(table.family) }}
    group by tenant_id, _dlt_load_id
),
{% endfor %}
final as (
    {% for table in raw_tables() -%}
    select * from {{ table.name }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
