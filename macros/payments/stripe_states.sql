{# What tells one state of a Stripe object from another: the event that brought it, or the line on which the object stood. #}
{% macro state_id() -%}
    coalesce(stripe_event_id, _dlt_load_id || '|' || file_id || '|' || cast(line_no as {{ dbt.type_string() }}))
{%- endmacro %}


{# The order of the states of one object. Within a second, creation comes before changes, and deletion after them. #}
{% macro state_order(direction='asc') -%}
    coalesce(state_at, loaded_at) {{ direction }},
    case
        when stripe_event_type like '%.created' then 0
        when stripe_event_type like '%.deleted' then 2
        else 1
    end {{ direction }},
    stripe_event_id {{ direction }} nulls {{ 'last' if direction == 'asc' else 'first' }},
    state_id {{ direction }}
{%- endmacro %}


{# The last state of each object until the clock. An object seen without event tells no time, and is always believed. #}
{% macro latest_states(model, key, columns) %}
    select
        tenant_id,
        {{ columns | join(',\n        ') }}
    from (
        select
            *,
            row_number() over (
                partition by tenant_id, {{ key }}
                order by {{ plumbline.state_order('desc') }}
            ) as state_from_last
        from {{ ref(model) }}
        where state_at is null or state_at <= {{ plumbline.as_of() }}
    ) as ranked
    where state_from_last = 1
{% endmacro %}


{# What minor units of a billing cycle are worth a month, in major units: divided once, exactly. Reads the columns of the item's rhythm. #}
{% macro monthly_amount(cycle_amount) -%}
    {%- set huge = plumbline.type_huge_integer() -%}
    {{ plumbline.divide(
        'cast(' ~ cycle_amount ~ ' * 1000000000000 as ' ~ huge ~ ') * intervals_per_year',
        'cast(1000000000000 as ' ~ huge ~ ') * interval_divisor * minor_units',
    ) }}
{%- endmacro %}
