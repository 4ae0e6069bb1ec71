select
    {% if var('as_of') %}
    cast('{{ var("as_of") }}' as timestamp) as as_of_at
    {% else %}
    -- Data tells until when it is complete; a clock that runs ahead of the load is not believed.
    least(max(loaded_at), max(max_event_at)) as as_of_at
    {% endif %}
{% if not var('as_of') -%}
from {{ ref('stg_operations__load_files') }}
{%- endif %}
