{# Bound of the Wilson 95 % interval of successes / trials; `side` is -1 (low) or 1 (high). Null without trials. #}
{% macro wilson_bound(successes, trials, side) -%}
    {%- set z = '1.959964e0' -%}
    {%- set n = 'nullif(cast(' ~ trials ~ ' as double precision), 0)' -%}
    {%- set share = '(' ~ successes ~ ' / ' ~ n ~ ')' -%}
    {%- set bound -%}
        ({{ share }} + {{ z }} * {{ z }} / (2 * {{ n }}) + ({{ side }}) * {{ z }} * sqrt(
            {{ share }} * (1 - {{ share }}) / {{ n }} + {{ z }} * {{ z }} / (4 * {{ n }} * {{ n }})
        )) / (1 + {{ z }} * {{ z }} / {{ n }})
    {%- endset -%}
    {#- Where the share is 0 or 1 the formula's bound is too, but for the last digit of a double. -#}
    cast(
        case
            when {{ bound }} < 0 then 0
            when {{ bound }} > 1 then 1
            else {{ bound }}
        end as decimal(18, 10)
    )
{%- endmacro %}
