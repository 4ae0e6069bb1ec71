-- Returns steps of seeds/funnel_steps.csv that hold constant what is no property of events, or none that a funnel may hold.
-- Such a funnel would have no attempts.
select
    tenant_id,
    funnel_name,
    hold_constant
from {{ ref('funnel_steps') }}
where
    {% for property in funnel_properties() -%}
    hold_constant <> '{{ property }}'
    and {% endfor %}hold_constant is not null
