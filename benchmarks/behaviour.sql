-- The behaviour marts as one would write them by hand for DuckDB, from the same raw tables: as few passes as possible, no layers, no increments,
-- none of the marts' tests. `python -m benchmarks.behaviour` compares its time, and some of its numbers, with the models'.

create schema by_hand;

create table by_hand.links as
select tenant_id, anonymous_id, arg_min(user_id, (occurred_at, user_id)) as user_id
from raw_events.events
where anonymous_id is not null and user_id is not null
group by all;

create table by_hand.events as
with first_received as (
    select *
    from raw_events.events
    qualify row_number() over (partition by tenant_id, event_id order by received_at nulls last, _dlt_load_id, file_id, line_no) = 1
),
identified as (
    select
        events.*,
        coalesce(events.user_id, links.user_id, 'anonymous:' || events.anonymous_id) as person_id,
        events.event_type in ('subscription.created', 'subscription.cancelled', 'payment.failed', 'message_decision', 'message_send') as is_server_sent
    from first_received as events
    left join by_hand.links as links using (tenant_id, anonymous_id)
),
sessions as (
    select
        tenant_id,
        event_id,
        max(started_at) over (partition by tenant_id, person_id order by occurred_at, event_id rows unbounded preceding) as session_started_at
    from (
        select
            tenant_id, person_id, event_id, occurred_at,
            case when occurred_at < lag(occurred_at) over person + interval 30 minutes then null else occurred_at end as started_at
        from identified
        where not is_server_sent
        window person as (partition by tenant_id, person_id order by occurred_at, event_id)
    )
)
select
    tenant_id, event_id, person_id, identified.user_id, anonymous_id, md5(tenant_id || person_id || session_started_at) as session_id,
    identified.session_id as client_session_id, event_type, module, feature, occurred_at, cast(occurred_at as date) as date_day,
    received_at, loaded_at, platform, app_version, country, organization_id, is_server_sent, 1::decimal(38, 6) as sample_weight
from identified
left join sessions using (tenant_id, event_id);

create table by_hand.sessions as
select
    tenant_id, session_id, any_value(person_id) as person_id, min(occurred_at) as started_at, max(occurred_at) as ended_at,
    epoch(max(occurred_at) - min(occurred_at)) as duration_seconds, count(*) as event_count,
    count(*) filter (event_type in ('page.viewed', 'screen.viewed')) as page_views,
    arg_min(event_type, (occurred_at, event_id)) as entry_event_type, arg_max(event_type, (occurred_at, event_id)) as exit_event_type,
    arg_min(platform, (occurred_at, event_id)) as platform
from by_hand.events
where session_id is not null
group by tenant_id, session_id;

create table by_hand.days as
select
    tenant_id, person_id, date_day, count(*) filter (not is_server_sent) as event_count,
    min(occurred_at) filter (not is_server_sent) as first_at, max(occurred_at) filter (not is_server_sent) as last_at,
    min(occurred_at) filter (event_type = 'user.registered') as registered_at,
    arg_max(country, (occurred_at, event_id)) as country, arg_max(platform, (occurred_at, event_id)) as platform
from by_hand.events
group by all;

create table by_hand.users as
select
    tenant_id, person_id, min(first_at) as first_seen_at, max(last_at) as last_seen_at, min(registered_at) as registered_at,
    arg_max(country, date_day) as country, arg_max(platform, date_day) as platform
from by_hand.days
group by all;

create table by_hand.active_days as
select
    tenant_id, person_id, date_day,
    lag(date_day) over person as previous_day, lead(date_day) over person as next_day
from by_hand.days
where event_count > 0
window person as (partition by tenant_id, person_id order by date_day);

create table by_hand.active_users as
with spans as (
    select tenant_id, unnest([1, 7, 30]) as length, date_day, next_day
    from by_hand.active_days
),
changes as (
    select tenant_id, length, date_day, count(*) as change from spans group by all
    union all
    select tenant_id, length, least(date_day + length::integer, coalesce(next_day, date_day + length::integer)), -count(*) from spans group by all
)
select tenant_id, length, date_day, sum(sum(change)) over (partition by tenant_id, length order by date_day) as active
from changes
group by tenant_id, length, date_day;

create table by_hand.lifecycle as
with periods as (
    select distinct tenant_id, person_id, period_type, date_trunc(period_type, date_day)::date as period_start
    from by_hand.active_days, (select unnest(['day', 'week', 'month', 'quarter', 'year']) as period_type)
),
neighbours as (
    select *, lag(period_start) over person as previous, lead(period_start) over person as next
    from periods
    window person as (partition by tenant_id, person_id, period_type order by period_start)
)
select
    tenant_id, period_type, period_start, count(*) filter (previous is null) as new_users,
    count(*) filter (previous = period_start - to_days(1)) as returning_users, count(*) filter (next is null) as dormant_users
from neighbours
group by all;

create table by_hand.retention as
with entries as (
    select tenant_id, person_id, min(first_at) as entered_at, min(date_day) as entered_on from by_hand.days where event_count > 0 group by all
),
numbers as (
    select distinct
        tenant_id, person_id, period_type, clock, date_trunc(period_type, entered_on)::date as cohort_start,
        case
            when clock = 'calendar' then date_diff(period_type, entered_on, days.date_day)
            else cast(floor(epoch(unnest([first_at, last_at]) - entered_at) / seconds) as bigint)
        end as period_number
    from by_hand.days as days
    inner join entries using (tenant_id, person_id),
    (values ('day', 86400), ('week', 604800), ('month', 2592000)) as types (period_type, seconds),
    (select unnest(['calendar', 'rolling']) as clock)
    where event_count > 0
),
lasts as (
    select tenant_id, person_id, period_type, clock, cohort_start, max(period_number) as last_number from numbers group by all
),
until as (
    select tenant_id, period_type, clock, cohort_start, unnest(range(last_number + 1)) as period_number
    from lasts
)
select tenant_id, period_type, clock, cohort_start, period_number, 'on' as mode, count(*) as retained_users
from numbers
group by all
union all
select tenant_id, period_type, clock, cohort_start, period_number, 'on_or_after', count(*)
from until
group by all;

create table by_hand.attempts as
with matched as (
    select
        tenant_id, person_id, occurred_at as entered_at,
        min(occurred_at) filter (event_type = 'user.registered') over later as registered_at,
        event_type
    from by_hand.events
    where event_type in ('page.viewed', 'user.registered')
    window later as (partition by tenant_id, person_id order by occurred_at range between current row and interval 30 days following)
),
entries as (
    select tenant_id, person_id, min(entered_at) as entered_at, arg_min(registered_at, entered_at) as registered_at
    from matched
    where event_type = 'page.viewed'
    group by all
)
select
    entries.tenant_id, entries.person_id, entries.entered_at, entries.registered_at, min(subscriptions.occurred_at) as converted_at
from entries
left join by_hand.events as subscriptions
    on
        entries.tenant_id = subscriptions.tenant_id
        and entries.person_id = subscriptions.person_id
        and subscriptions.event_type = 'subscription.created'
        and subscriptions.occurred_at between entries.registered_at and entries.entered_at + interval 30 days
group by all;

create table by_hand.conversion as
select
    tenant_id, date_trunc('month', entered_at) as period_start, count(*) as entered, count(registered_at) as registered, count(converted_at) as converted,
    quantile_cont(epoch(registered_at - entered_at), 0.5) as median_seconds, quantile_cont(epoch(registered_at - entered_at), 0.9) as p90_seconds
from by_hand.attempts
group by all;

create table by_hand.paths as
with steps as (
    select
        tenant_id, person_id, event_type, occurred_at, row_number() over session as step_number,
        lead(event_type) over session as next_type, lead(occurred_at) over session as next_at, min(occurred_at) over session as started_at
    from by_hand.events
    where session_id is not null
    window session as (partition by tenant_id, session_id order by occurred_at, event_id)
)
select
    tenant_id, date_trunc('month', started_at)::date as month, step_number, event_type as from_event_type, next_type as to_event_type,
    count(*) as transitions, count(distinct person_id) as persons, quantile_cont(epoch(next_at - occurred_at), 0.5) as median_seconds
from steps
where next_type is not null and step_number <= 10
group by all;

create table by_hand.adoption as
with uses as (
    select tenant_id, feature, person_id, date_day, count(*) as events
    from by_hand.events
    where feature is not null
    group by all
)
select
    tenant_id, feature, period_type, date_trunc(period_type, date_day)::date as period_start, count(distinct person_id) as users, sum(events) as events
from uses, (select unnest(['day', 'week', 'month', 'quarter', 'year']) as period_type)
group by all;

create table by_hand.cohorts as
with cohorts as (
    select tenant_id, person_id, date_trunc('month', coalesce(registered_at, first_seen_at))::date as cohort_month
    from by_hand.users
    where person_id not like 'anonymous:%'
),
months as (
    select distinct tenant_id, person_id, date_trunc('month', date_day)::date as active_month from by_hand.active_days
)
select tenant_id, cohort_month, date_diff('month', cohort_month, active_month) as month_number, count(*) as retained_users
from cohorts
inner join months using (tenant_id, person_id)
where active_month >= cohort_month
group by all
