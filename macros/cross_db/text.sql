{% macro json_text(json_column, key) %}
    {{- return(adapter.dispatch('json_text', 'plumbline')(json_column, key)) -}}
{% endmacro %}

{% macro default__json_text(json_column, key) -%}
    cast({{ json_column }} as jsonb) ->> '{{ key }}'
{%- endmacro %}

{% macro duckdb__json_text(json_column, key) -%}
    json_extract_string({{ json_column }}, '$."{{ key }}"')
{%- endmacro %}

{% macro spark__json_text(json_column, key) -%}
    get_json_object({{ json_column }}, '$["{{ key }}"]')
{%- endmacro %}


{% macro each_json_text(json_column) %}
    {{- return(adapter.dispatch('each_json_text', 'plumbline')(json_column)) -}}
{% endmacro %}

{% macro default__each_json_text(json_column) -%}
    jsonb_array_elements_text(cast({{ json_column }} as jsonb))
{%- endmacro %}

{% macro duckdb__each_json_text(json_column) -%}
    unnest(json_extract_string({{ json_column }}, '$[*]'))
{%- endmacro %}

{% macro spark__each_json_text(json_column) -%}
    explode(from_json({{ json_column }}, 'array<string>'))
{%- endmacro %}


{% macro surrogate_key(columns) -%}
    md5(
        {%- for column in columns -%}
            coalesce(cast({{ column }} as {{ dbt.type_string() }}), '')
            {%- if not loop.last %} || '|' || {% endif -%}
        {%- endfor -%}
    )
{%- endmacro %}


{% macro byte_order(text) %}
    {{- return(adapter.dispatch('byte_order', 'plumbline')(text)) -}}
{% endmacro %}

{% macro default__byte_order(text) -%} {{ text }} {%- endmacro %}

{% macro postgres__byte_order(text) -%} {{ text }} collate "C" {%- endmacro %}


{# The first 32 bits of md5, digit by digit: no engine has another hash, or another way to read hexadecimals. #}
{% macro is_sampled(id, rate) -%}
    (
        {%- for digit in range(1, 9) %}
        {{ '+ ' if not loop.first -}}
        cast(position(substr(md5({{ id }}), {{ digit }}, 1) in '123456789abcdef') as bigint) * {{ 16 ** (8 - digit) }}
        {%- endfor %}
    ) < cast({{ rate }} as decimal(38, 6)) * {{ 2 ** 32 }}
{%- endmacro %}


{# Without a regular expression, which each engine writes in its own way: as many dots as in the pattern, so that no `*` spans one. #}
{% macro matches_event_pattern(event_type, pattern) -%}
    (
        {{ pattern }} in ('default', {{ event_type }})
        or {{ event_type }} = replace(replace({{ pattern }}, '.*', ''), '*.', '')
        or (
            {{ event_type }} like replace(
                replace(replace(replace({{ pattern }}, '~', '~~'), '_', '~_'), '%', '~%'), '*', '%'
            ) escape '~'
            and length(replace({{ event_type }}, '.', '')) - length({{ event_type }})
            = length(replace({{ pattern }}, '.', '')) - length({{ pattern }})
        )
    )
{%- endmacro %}


{# A list as one text that every engine has: a JSON array of texts, here its elements. #}
{% macro list_element(text) -%}
    cast(to_json(cast({{ text }} as {{ dbt.type_string() }})) as {{ dbt.type_string() }})
{%- endmacro %}


{# Whether a list holds the text of a quoted literal. Inside of elements a quotation mark follows a backslash, never a comma. #}
{% macro is_listed(list, literal) -%}
    position(',"{{ literal[1:-1] | replace('"', '\\"') }}"' in ',' || substr({{ list }}, 2)) > 0
{%- endmacro %}
