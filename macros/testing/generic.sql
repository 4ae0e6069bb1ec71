{# Rows whose key is null, or stands twice. #}
{% test grain(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as copies
    from {{ model }}
    group by {{ columns | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}


{# The same with columns of the key that may be null (the period of a whole history has no start). #}
{% test grain_with_nulls(model, columns, nullable) %}
    select
        {{ (columns + nullable) | join(', ') }},
        count(*) as copies
    from {{ model }}
    group by {{ (columns + nullable) | join(', ') }}
    having
        count(*) > 1
        {%- for column in columns %}
        or {{ column }} is null
        {%- endfor %}
{% endtest %}


{# Values below min_value or above max_value. Nulls pass. #}
{% test accepted_range(model, column_name, min_value=none, max_value=none) %}
    select {{ column_name }}
    from {{ model }}
    where
        false
        {%- if min_value is not none %}
        or {{ column_name }} < {{ min_value }}
        {%- endif %}
        {%- if max_value is not none %}
        or {{ column_name }} > {{ max_value }}
        {%- endif %}
{% endtest %}


{# Rows for which the expression is false or unknown. #}
{% test expression(model, holds) %}
    select *
    from {{ model }}
    where not coalesce({{ holds }}, false)
{% endtest %}


{# Rows where the parts do not add up to the whole, exactly. A missing part counts as zero. #}
{% test identity(model, whole, parts) %}
    select *
    from {{ model }}
    where
        coalesce({{ whole }}, 0)
        <> {% for part in parts %}{{ ' + ' if not loop.first }}coalesce({{ part }}, 0){% endfor %}
{% endtest %}


{# Rows of one key whose half-open validity [valid_from, valid_to) begins before the row before it ends. #}
{% test no_overlap(model, partition_by, valid_from='valid_from', valid_to='valid_to') %}
    with
    ordered as (
        select
            *,
            lead({{ valid_from }}) over (
                partition by {{ partition_by | join(', ') }} order by {{ valid_from }} asc
            ) as next_valid_from
        from {{ model }}
    )

    select *
    from ordered
    where
        {{ valid_to }} <= {{ valid_from }}
        or next_valid_from < coalesce({{ valid_to }}, cast('9999-12-31' as timestamp))
{% endtest %}


{# Groups whose sum differs between this model and another one: totals must survive every step. #}
{% test equal_sum(model, expression, compare_to, compare_expression, group_by, condition='true', compare_condition='true') %}
    with
    here as (
        select
            {{ group_by | join(', ') }},
            sum({{ expression }}) as total
        from {{ model }}
        where {{ condition }}
        group by {{ group_by | join(', ') }}
    ),

    there as (
        select
            {{ group_by | join(', ') }},
            sum({{ compare_expression }}) as total
        from {{ compare_to }}
        where {{ compare_condition }}
        group by {{ group_by | join(', ') }}
    )

    select
        {% for column in group_by -%}
        coalesce(here.{{ column }}, there.{{ column }}) as {{ column }},
        {% endfor -%}
        here.total as total,
        there.total as compared_total
    from here
    full outer join there
        on {% for column in group_by %}{{ ' and ' if not loop.first }}here.{{ column }} = there.{{ column }}{% endfor %}
    where coalesce(here.total, 0) <> coalesce(there.total, 0)
{% endtest %}


{# Rows that the contract of a raw table forbids: a required value is missing, a word is none of those listed, a number is too small. #}
{% test as_declared(model, required, accepted={}, minimum={}) %}
    select
        file_id,
        line_no
    from {{ model }}
    where
        {% for column in required %}{{ 'or ' if not loop.first }}{{ column }} is null
        {% endfor %}
        {%- for column, words in accepted.items() -%}
        or {{ column }} not in ('{{ words | join("', '") }}')
        {% endfor %}
        {%- for column, least in minimum.items() -%}
        or {{ column }} < {{ least }}
        {% endfor %}
{% endtest %}
