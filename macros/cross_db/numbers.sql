{% macro divide(numerator, denominator, scale=6) %}
    {{- return(adapter.dispatch('divide', 'plumbline')(numerator, denominator, scale)) -}}
{% endmacro %}

{# Integers at six decimals inside, so that no engine's float or truncating division decides a digit; ties to even. #}
{% macro default__divide(numerator, denominator, scale) -%}
    {%- set whole -%} abs(cast(cast({{ numerator }} as decimal(38, 6)) * 1000000 as {{ plumbline.type_huge_integer() }})) * {{ '1' ~ '0' * scale }} {%- endset -%}
    {%- set by -%} nullif(abs(cast(cast({{ denominator }} as decimal(38, 6)) * 1000000 as {{ plumbline.type_huge_integer() }})), 0) {%- endset -%}
    cast(
        cast(
            (
                {{ plumbline.integer_quotient(whole, by) }}
                + case
                    when 2 * mod({{ whole }}, {{ by }}) > {{ by }} then 1
                    when 2 * mod({{ whole }}, {{ by }}) = {{ by }}
                        then mod({{ plumbline.integer_quotient(whole, by) }}, 2)
                    else 0
                end
            )
            * sign({{ numerator }}) * sign({{ denominator }})
            as decimal({{ 38 - scale }}, 0)
        )
        * cast({{ '0.' ~ '0' * (scale - 1) ~ '1' }} as decimal({{ scale }}, {{ scale }}))
        as decimal({{ 18 if scale == 10 else 38 }}, {{ scale }})
    )
{%- endmacro %}


{% macro type_huge_integer() %}
    {{- return(adapter.dispatch('type_huge_integer', 'plumbline')()) -}}
{% endmacro %}

{% macro default__type_huge_integer() -%} decimal(38, 0) {%- endmacro %}

{% macro duckdb__type_huge_integer() -%} hugeint {%- endmacro %}


{% macro integer_quotient(dividend, divisor) %}
    {{- return(adapter.dispatch('integer_quotient', 'plumbline')(dividend, divisor)) -}}
{% endmacro %}

{% macro default__integer_quotient(dividend, divisor) -%} div({{ dividend }}, {{ divisor }}) {%- endmacro %}

{% macro duckdb__integer_quotient(dividend, divisor) -%} (({{ dividend }}) // ({{ divisor }})) {%- endmacro %}

{% macro spark__integer_quotient(dividend, divisor) -%} (({{ dividend }}) div ({{ divisor }})) {%- endmacro %}


{% macro safe_ratio(numerator, denominator) -%}
    {{ plumbline.divide(numerator, denominator, 10) }}
{%- endmacro %}


{% macro major_units(minor_amount, exponent) -%}
    cast(
        ({{ minor_amount }})
        * case {{ exponent }}
            when 0 then cast(1.000 as decimal(4, 3))
            when 2 then cast(0.010 as decimal(4, 3))
            when 3 then cast(0.001 as decimal(4, 3))
        end
        as decimal(38, 6)
    )
{%- endmacro %}


{% macro minor_units_per_major(exponent) -%}
    case {{ exponent }} when 0 then 1 when 2 then 100 when 3 then 1000 end
{%- endmacro %}


{% macro quantile(expression, probability) -%}
    percentile_cont({{ probability }}) within group (order by cast({{ expression }} as double precision))
{%- endmacro %}


{% macro mean_of_sums(row_count, total) -%}
    cast({{ total }} as double precision) / nullif({{ row_count }}, 0)
{%- endmacro %}


{# From exact decimal sums: neither the order of rows nor the number of threads changes a digit. #}
{% macro standard_deviation_of_sums(row_count, total, total_of_squares) -%}
    sqrt(
        cast(({{ row_count }}) * ({{ total_of_squares }}) - ({{ total }}) * ({{ total }}) as double precision)
        / nullif(cast(({{ row_count }}) as double precision) * (({{ row_count }}) - 1), 0)
    )
{%- endmacro %}


{# Exactly divided once: an amount at a rate of ten decimals, in the currency that the other rate belongs to. #}
{% macro converted(amount, rate, reporting_rate) -%}
    {%- set huge = plumbline.type_huge_integer() -%}
    {{ plumbline.divide(
        'cast((' ~ amount ~ ') * 1000000 as ' ~ huge ~ ') * cast((' ~ rate ~ ') * 10000000000 as ' ~ huge ~ ')',
        'cast((' ~ reporting_rate ~ ') * 10000000000 as ' ~ huge ~ ') * 1000000',
    ) }}
{%- endmacro %}
