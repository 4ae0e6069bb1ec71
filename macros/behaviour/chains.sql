{#
    Follows pointers: from each `start_at` of `starts` to its `next_at` in `pointers`, and on, until there is none.
    What begins where (a session past the age limit, an attempt after an attempt) depends on where the one before
    began, which no window function can tell. Gives keys and start_at of every place reached, the starts included.

    Jumps double: the places within 2 jumps of those known, within 4, within 8, ... A few joins of one column, each over
    fewer rows, reach the end of the longest chain; one round per place would join once for every attempt of the busiest person.
#}
{% macro follow_pointers(starts, pointers, keys) -%}
    {%- set doublings = 20 -%}
    (
        with
        reached_0 as (
            select
                {{ keys | join(', ') }},
                start_at,
                {{ plumbline.surrogate_key(keys + ['start_at']) }} as place
            from {{ starts }}
        ),

        jumps_0 as (
            select
                {{ plumbline.surrogate_key(keys + ['start_at']) }} as place,
                {{ plumbline.surrogate_key(keys + ['next_at']) }} as next_place,
                next_at
            from {{ pointers }}
            where next_at is not null
        ),

        {% for doubling in range(doublings) -%}
        reached_{{ doubling + 1 }} as (
            select
                {{ keys | join(', ') }},
                start_at,
                place
            from reached_{{ doubling }}
            union all
            select
                {% for key in keys -%}
                reached.{{ key }},
                {% endfor -%}
                jumps.next_at as start_at,
                jumps.next_place as place
            from reached_{{ doubling }} as reached
            inner join jumps_{{ doubling }} as jumps on reached.place = jumps.place
        ),

        jumps_{{ doubling + 1 }} as (
            select
                jumps.place,
                further.next_place,
                further.next_at
            from jumps_{{ doubling }} as jumps
            inner join jumps_{{ doubling }} as further on jumps.next_place = further.place
        ){{ ',' if not loop.last }}

        {% endfor -%}
        select
            {{ keys | join(', ') }},
            start_at
        from reached_{{ doublings }}
    )
{%- endmacro %}
