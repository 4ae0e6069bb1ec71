{# How many periods after its own a cohort is followed: the types of period of the var, and the number of the last one of each. #}
{% macro last_period_number(period_type) -%}
    case {{ period_type }}
        {%- for type, last_number in var('retention_periods').items() %} when '{{ type }}' then {{ last_number }}{% endfor %}
    end
{%- endmacro %}


{# The length of a rolling window, in days. #}
{% macro window_days(period_type) -%}
    case {{ period_type }} when 'day' then 1 when 'week' then 7 when 'month' then 30 end
{%- endmacro %}


{# Whether a person's period of activity, after an earlier one or null, makes them a member of its cohort. #}
{% macro is_cohort_entry(previous_start) -%}
    {%- if var('cohort_entry') == 'first_time' -%}
        {{ previous_start }} is null
    {%- elif var('cohort_entry') == 'recurring' -%}
        true
    {%- else -%}
        {{ exceptions.raise_compiler_error("var cohort_entry is '" ~ var('cohort_entry') ~ "'; it must be first_time or recurring") }}
    {%- endif -%}
{%- endmacro %}


{# How many periods of a type lie between the beginnings of two of them. #}
{% macro periods_between(earlier, later, period_type) -%}
    cast(
        case {{ period_type }}
            when 'day' then {{ plumbline.days_between(earlier, later) }}
            when 'week' then {{ plumbline.integer_quotient(plumbline.days_between(earlier, later), 7) }}
            when 'month' then {{ plumbline.months_between(earlier, later) }}
        end as integer
    )
{%- endmacro %}


{# The beginning of the period so many periods after one. #}
{% macro periods_later(period_start, number, period_type) -%}
    case {{ period_type }}
        when 'day' then {{ plumbline.add_to_date(period_start, 'day', number) }}
        when 'week' then {{ plumbline.add_to_date(period_start, 'day', '7 * (' ~ number ~ ')') }}
        when 'month' then {{ plumbline.add_to_date(period_start, 'month', number) }}
    end
{%- endmacro %}


{# The number of the half-open window of 24 hours, 7 days or 30 days after one moment in which a later one lies, from 0. #}
{% macro windows_between(earlier, later, period_type) -%}
    cast(floor({{ plumbline.seconds_between(earlier, later) }} / (86400 * {{ plumbline.window_days(period_type) }})) as integer)
{%- endmacro %}
