{#
    Follows pointers: from each `start_at` of `starts` to its `next_at` in `pointers`, and on, until there is none.
    What begins where (a session past the age limit, an attempt after an attempt) depends on where the one before
    began, which no window function can tell. Gives keys and start_at of every place reached, the starts included.
#}
{% macro follow_pointers(starts, pointers, keys) -%}
    (
        with recursive
        followed as (
            select
                {{ keys | join(', ') }},
                start_at
            from {{ starts }}
            union all
            select
                {% for key in keys -%}
                followed.{{ key }},
                {% endfor -%}
                pointers.next_at as start_at
            from followed
            inner join {{ pointers }} as pointers
                on
                    {% for key in keys -%}
                    followed.{{ key }} = pointers.{{ key }} and
                    {% endfor -%}
                    followed.start_at = pointers.start_at
            where pointers.next_at is not null
        )

        select
            {{ keys | join(', ') }},
            start_at
        from followed
    )
{%- endmacro %}
