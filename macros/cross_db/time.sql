{% macro tenant_time(timestamp_utc, time_zone) %}
    {{- return(adapter.dispatch('tenant_time', 'plumbline')(timestamp_utc, time_zone)) -}}
{% endmacro %}

{% macro default__tenant_time(timestamp_utc, time_zone) -%}
    (({{ timestamp_utc }}) at time zone 'UTC') at time zone {{ time_zone }}
{%- endmacro %}

{% macro spark__tenant_time(timestamp_utc, time_zone) -%}
    from_utc_timestamp({{ timestamp_utc }}, {{ time_zone }})
{%- endmacro %}


{% macro tenant_date(timestamp_utc, time_zone) -%}
    cast({{ plumbline.tenant_time(timestamp_utc, time_zone) }} as date)
{%- endmacro %}


{% macro utc_time(timestamp_local, time_zone) %}
    {{- return(adapter.dispatch('utc_time', 'plumbline')(timestamp_local, time_zone)) -}}
{% endmacro %}

{% macro default__utc_time(timestamp_local, time_zone) -%}
    (cast({{ timestamp_local }} as timestamp) at time zone {{ time_zone }}) at time zone 'UTC'
{%- endmacro %}

{% macro spark__utc_time(timestamp_local, time_zone) -%}
    to_utc_timestamp({{ timestamp_local }}, {{ time_zone }})
{%- endmacro %}


{% macro each_day(first_day, last_day) %}
    {{- return(adapter.dispatch('each_day', 'plumbline')(first_day, last_day)) -}}
{% endmacro %}

{% macro default__each_day(first_day, last_day) -%}
    generate_series(cast({{ first_day }} as timestamp), cast({{ last_day }} as timestamp), interval '1 day')
{%- endmacro %}

{% macro duckdb__each_day(first_day, last_day) -%}
    unnest({{ plumbline.default__each_day(first_day, last_day) }})
{%- endmacro %}

{% macro spark__each_day(first_day, last_day) -%}
    explode(sequence(cast({{ first_day }} as timestamp), cast({{ last_day }} as timestamp), interval 1 day))
{%- endmacro %}


{% macro add_to_date(date, part, amount) -%}
    cast({{ dbt.dateadd(part, amount, date) }} as date)
{%- endmacro %}


{% macro months_between(earlier, later) -%}
    cast(
        (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
        + extract(month from {{ later }}) - extract(month from {{ earlier }}) as integer
    )
{%- endmacro %}


{% macro days_between(earlier, later) -%}
    {{ dbt.datediff(earlier, later, 'day') }}
{%- endmacro %}


{% macro seconds_between(earlier, later) %}
    {{- return(adapter.dispatch('seconds_between', 'plumbline')(earlier, later)) -}}
{% endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    cast(extract(epoch from ({{ later }} - {{ earlier }})) as double precision)
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
    ((unix_micros({{ later }}) - unix_micros({{ earlier }})) / 1e6)
{%- endmacro %}


{% macro add_seconds(timestamp, seconds) %}
    {{- return(adapter.dispatch('add_seconds', 'plumbline')(timestamp, seconds)) -}}
{% endmacro %}

{% macro default__add_seconds(timestamp, seconds) -%}
    {{ timestamp }} + ({{ seconds }}) * interval '1 second'
{%- endmacro %}

{% macro spark__add_seconds(timestamp, seconds) -%}
    timestampadd(second, {{ seconds }}, {{ timestamp }})
{%- endmacro %}


{# 1 = Monday. #}
{% macro day_of_week(date) -%}
    ({{ plumbline.days_between('cast(' ~ dbt.date_trunc('week', date) ~ ' as date)', date) }} + 1)
{%- endmacro %}


{# The time zones that the engine knows: any other name ends a query. #}
{% macro time_zones() %}
    {{- return(adapter.dispatch('time_zones', 'plumbline')()) -}}
{% endmacro %}

{% macro default__time_zones() -%}
    (select name as time_zone from pg_timezone_names())
{%- endmacro %}

{% macro postgres__time_zones() -%}
    (select name as time_zone from pg_timezone_names)
{%- endmacro %}
