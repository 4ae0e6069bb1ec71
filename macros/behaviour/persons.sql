{# Written by servers and not by a person at a client: the types that the var names, and everything below `system.`. #}
{% macro is_server_sent(event_type) -%}
    (
        {{ event_type }} in ({% for type in var('server_event_types') %}'{{ type }}'{{ ', ' if not loop.last }}{% endfor %})
        or substr({{ event_type }}, 1, 7) = 'system.'
    )
{%- endmacro %}


{# The strongest key that an event tells of its person. One key hashes users and visitors alike: without a prefix, visitor 17 would be user 17. #}
{% macro identity_key(events) -%}
    case
        when {{ events }}.user_id is not null then 'user:' || {{ events }}.user_id
        when {{ events }}.anonymous_id is not null then 'anonymous:' || {{ events }}.anonymous_id
        when {{ events }}.ip_hash is not null then 'ip:' || {{ events }}.ip_hash
    end
{%- endmacro %}


{# The person of a key that is linked with no other: a user's id as it is, anything else with its prefix. #}
{% macro person_of_key(identity_key) -%}
    case when substr({{ identity_key }}, 1, 5) = 'user:' then substr({{ identity_key }}, 6) else {{ identity_key }} end
{%- endmacro %}


{# Whether a person is a known user: visitors and addresses carry a prefix, the id of a user is bare. #}
{% macro is_user(person_id) -%}
    ({{ person_id }} not like 'anonymous:%' and {{ person_id }} not like 'ip:%')
{%- endmacro %}
