{# What makes an event dirty besides its own change: its person by a link, and the clock that reaches it (or is set back before it). #}
{% macro events_of_other_persons_or_time() -%}
    select tenant_id, event_id
    from {{ this }}
    where
        (tenant_id, identity_key) in ({{ plumbline.changed_units('identity', ['int_identities_linked']) }})
        or has_occurred <> (occurred_at <= {{ plumbline.as_of() }})
{%- endmacro %}


{#
    Events whose session a changed event may change: those of the same person on that day and the days that a gap can reach, and all of the
    chains that they are in. Chains end at a gap, so that what is outside of them knows nothing of what is inside.
#}
{% macro events_of_touched_chains() -%}
    {%- set reach = var('session_gap_minutes') // (23 * 60) + 1 -%}
    {%- set near_days -%}
        select changed.tenant_id, changed.person_id, {{ plumbline.add_to_date('changed.date_day', 'day', 'near.days') }}
        from ({{ plumbline.changed_units('person_day') }}) as changed
        cross join (
            {%- for days in range(-reach, reach + 1) %}
            select {{ days }} as days {{ 'union all' if not loop.last }}
            {%- endfor %}
        ) as near
    {%- endset -%}
    select tenant_id, event_id
    from {{ ref('int_events_identified') }}
    where (tenant_id, person_id, date_day) in ({{ near_days }})
    union all
    select tenant_id, event_id
    from {{ this }}
    where (tenant_id, person_id, chain_started_at) in (
        select tenant_id, person_id, chain_started_at
        from {{ this }}
        where (tenant_id, person_id, date_day) in ({{ near_days }})
    )
{%- endmacro %}


{# Months of the sessions that an event of a changed day may belong to: a session begins on that day, or as many before it as its age allows. #}
{% macro months_of_changed_sessions() -%}
    {%- set reach = var('session_max_hours') // 23 + 1 -%}
    select
        changed.tenant_id,
        cast({{ dbt.date_trunc('month', plumbline.add_to_date('changed.date_day', 'day', '-near.days')) }} as date)
    from ({{ plumbline.changed_units('tenant_day') }}) as changed
    cross join (
        {%- for days in range(reach + 1) %}
        select {{ days }} as days {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as near
{%- endmacro %}
