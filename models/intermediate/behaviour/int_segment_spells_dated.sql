{%- set segments = defined_segments() -%}
with
thresholds as (
    {% for days in segment_thresholds(segments) -%}
    select {{ days }} as days_since_last_seen
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Between two states of a person only the days since the last one change, and they matter where they pass a number that a predicate names.
moments as (
    select
        states.*,
        thresholds.days_since_last_seen,
        {{ dbt.dateadd('day', 'thresholds.days_since_last_seen', 'states.last_seen_at') }} as reached_at
    from {{ ref('int_person_states_accumulated') }} as states
    cross join thresholds
),

evaluated as (
    select
        tenant_id,
        person_id,
        {%- for segment in segments %}
        case
            {%- if segment.tenant_id %}
            when tenant_id <> '{{ segment.tenant_id | replace("'", "''") }}' then 0
            {%- endif %}
            when {{ segment.sql }} then 1
            else 0
        end as qualifies_{{ loop.index }},
        {%- endfor %}
        reached_at
    from moments
    where reached_at <= {{ as_of() }} and (next_seen_at is null or reached_at < next_seen_at)
),

compared as (
    select
        tenant_id,
        person_id,
        {%- for segment in segments %}
        qualifies_{{ loop.index }}
        - lag(qualifies_{{ loop.index }}, 1, 0) over (partition by tenant_id, person_id order by reached_at asc) as step_{{ loop.index }},
        {%- endfor %}
        reached_at
    from evaluated
),

changes as (
    select
        tenant_id,
        person_id,
        cast(null as {{ dbt.type_string() }}) as segment_name,
        false as is_own,
        reached_at as changed_at,
        0 as step
    from compared
    where false
    {%- for segment in segments %}
    union all
    select
        tenant_id,
        person_id,
        '{{ segment.name }}' as segment_name,
        {{ 'true' if segment.tenant_id else 'false' }} as is_own,
        reached_at as changed_at,
        step_{{ loop.index }} as step
    from compared
    where step_{{ loop.index }} <> 0
    {%- endfor %}
),

spells as (
    select
        tenant_id,
        person_id,
        segment_name,
        is_own,
        step,
        changed_at as joined_at,
        lead(changed_at) over (partition by tenant_id, person_id, segment_name, is_own order by changed_at asc) as left_at
    from changes
),

final as (
    select
        spells.tenant_id,
        spells.segment_name,
        spells.person_id,
        spells.joined_at,
        spells.left_at
    from spells
    inner join {{ ref('dim_segments') }} as segments
        on
            spells.tenant_id = segments.tenant_id
            and spells.segment_name = segments.segment_name
            and spells.is_own = segments.is_own
    where spells.step = 1
)

select * from final
