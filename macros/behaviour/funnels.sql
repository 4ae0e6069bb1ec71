{# Columns of fct_events that a funnel may hold constant (`hold_constant` of seeds/funnel_steps.csv). #}
{% macro funnel_properties() -%}
    {{ return(['organization_id', 'platform', 'module', 'feature', 'app_version', 'country', 'client_session_id', 'session_id']) }}
{%- endmacro %}


{# How an attempt goes out at the clock: nothing but an open window waits for it. #}
{% macro funnel_outcome(ended_by, window_ends_at) -%}
    case
        when {{ ended_by }} = 'conversion' then 'converted'
        when {{ window_ends_at }} >= {{ plumbline.as_of() }} then 'pending'
        else 'dropped'
    end
{%- endmacro %}


{# Each row of `relation` once for everybody and once for its platform, with `columns`. #}
{% macro funnel_dimensions(relation, columns) -%}
    {%- for dimension, value in {'all': "'all'", 'platform': 'platform'}.items() %}
    select
        tenant_id,
        funnel_name,
        counting,
        '{{ dimension }}' as dimension,
        {{ value }} as dimension_value,
        {{ columns | join(',\n        ') }}
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
