{# Written by servers and not by a person at a client: the types that the var names, and everything below `system.`. #}
{% macro is_server_sent(event_type) -%}
    (
        {{ event_type }} in ({% for type in var('server_event_types') %}'{{ type }}'{{ ', ' if not loop.last }}{% endfor %})
        or substr({{ event_type }}, 1, 7) = 'system.'
    )
{%- endmacro %}


{# Whether a person is a known user: visitors and addresses carry a prefix, the id of a user is bare. #}
{% macro is_user(person_id) -%}
    ({{ person_id }} not like 'anonymous:%' and {{ person_id }} not like 'ip:%')
{%- endmacro %}
