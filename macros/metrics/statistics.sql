{# Adjusted Fisher-Pearson coefficient (G1), as spreadsheets and pandas compute it: null below three values, and where all
   are equal. From the count and the exact sums of the first three powers of the deviations from a centre near the mean:
   nothing cancels, nothing overflows, and the order of the rows does not change a digit. #}
{% macro skewness_of_sums(row_count, deviations, squared_deviations, cubed_deviations) -%}
    {%- set count -%} cast({{ row_count }} as double precision) {%- endset -%}
    {%- set shift -%} (cast({{ deviations }} as double precision) / {{ count }}) {%- endset -%}
    {%- set mean_square -%} (cast({{ squared_deviations }} as double precision) / {{ count }}) {%- endset -%}
    {%- set mean_cube -%} (cast({{ cubed_deviations }} as double precision) / {{ count }}) {%- endset -%}
    {%- set variance -%} ({{ mean_square }} - {{ shift }} * {{ shift }}) {%- endset -%}
    case
        when {{ row_count }} > 2 and {{ squared_deviations }} > 0
            then
                sqrt({{ count }} * ({{ count }} - 1)) / ({{ count }} - 2)
                * ({{ mean_cube }} - 3 * {{ shift }} * {{ mean_square }} + 2 * {{ shift }} * {{ shift }} * {{ shift }})
                / ({{ variance }} * sqrt({{ variance }}))
    end
{%- endmacro %}


{# The value as an exact decimal where it lies between the limits; null where it is impossible. #}
{% macro plausible(expression, minimum, maximum, precision, scale) -%}
    case
        when {{ expression }} between {{ minimum }} and {{ maximum }}
            then cast({{ expression }} as decimal({{ precision }}, {{ scale }}))
    end
{%- endmacro %}


{# How many of the reported values are impossible: given, but outside their limits. `limits`: expression -> [minimum, maximum]. #}
{% macro implausible_values(limits) -%}
    {%- for expression, (minimum, maximum) in limits.items() -%}
        case when {{ expression }} between {{ minimum }} and {{ maximum }} or {{ expression }} is null then 0 else 1 end
        {%- if not loop.last %}
        + {% endif -%}
    {%- endfor -%}
{%- endmacro %}
