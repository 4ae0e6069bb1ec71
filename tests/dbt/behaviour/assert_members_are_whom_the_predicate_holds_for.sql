-- Returns people whose list of segments differs from what a predicate says of their row: a spell would have begun or ended wrongly.
-- Does not check the moments themselves: tests/python/behaviour/test_profiles.py does.
with
people as (
    select *
    from {{ ref('rpt_user_behavior') }}
),

applied as (
    select
        tenant_id,
        segment_name,
        is_own
    from {{ ref('dim_segments') }}
),

judged as (
    select
        tenant_id,
        person_id,
        segments,
        '' as segment_name,
        false as is_own,
        false as qualifies
    from people
    where false
    {%- for segment in defined_segments() %}
    union all
    select
        tenant_id,
        person_id,
        segments,
        '{{ segment.name }}' as segment_name,
        {{ 'true' if segment.tenant_id else 'false' }} as is_own,
        {{ segment.sql }} as qualifies
    from people
    {%- if segment.tenant_id %}
    where tenant_id = '{{ segment.tenant_id | replace("'", "''") }}'
    {%- endif %}
    {%- endfor %}
)

select
    judged.tenant_id,
    judged.person_id,
    judged.segment_name
from judged
inner join applied
    on
        judged.tenant_id = applied.tenant_id
        and judged.segment_name = applied.segment_name
        and judged.is_own = applied.is_own
where coalesce(judged.qualifies, false) <> (position('"' || judged.segment_name || '"' in judged.segments) > 0)
