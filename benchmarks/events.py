"""Write made-up events straight into the raw tables of a DuckDB warehouse: `python -m benchmarks.events DATABASE EVENTS [DAY...]`.

Two tenants over 365 days: `EVENTS` events in all, in sessions of eight on average, of people of whom few come often. Without
days, the whole year as one load; with days (numbers from 0, beyond 364 for what comes after the year), each as one load of its own
with events that the year does not have. For benchmarks of the models: loading is measured elsewhere.
"""

from __future__ import annotations

import sys

import duckdb

DAYS = 365
TENANTS = ("alpha", "beta")

# A session's number decides everything in it, so that a larger year has more sessions a day and more people, not other ones.
SESSIONS = """
    select
        tenant_id,
        salt || '-' || day || '-' || number as session,
        cast(hash(tenant_id, salt, day, number) % 1000000000 as bigint) as chance,
        timestamp '2025-01-01' + to_days(day) + to_seconds(cast(hash(number, day, salt) % 86400 as bigint)) as started_at,
        cast(floor({people} * pow((hash(number, salt, day, 1) % 1000000) / 1e6, 3)) as bigint) as person
    from (select unnest({tenants}) as tenant_id)
    cross join (select unnest({days}) as day)
    cross join (select unnest(range({sessions})) as number)
    cross join (select '{salt}' as salt)
"""
EVENTS = """
    insert into raw_events.events by name
    select
        tenant_id,
        md5(session || '.' || step || tenant_id) as event_id,
        case
            when step = 0 then 'page.viewed'
            when step = 1 and chance % 11 = 0 then 'user.registered'
            when step = 2 and chance % 40 = 0 then 'subscription.created'
            when step % 5 = 2 then 'assessment.started'
            when step % 5 = 3 and chance % 3 > 0 then 'assessment.completed'
            when step % 3 = 1 then 'feature.' || ['upload', 'analysis', 'export', 'search'][1 + (chance >> step) % 4] || '.used'
            else 'page.viewed'
        end as event_type,
        case when step > 0 and chance % 4 > 0 then sha256(tenant_id || '/u/' || person) end as user_id,
        sha256(tenant_id || '/v/' || person) as anonymous_id,
        started_at + to_seconds(step * (20 + (chance >> 8) % 200)) as occurred_at,
        occurred_at + to_seconds(5) as received_at,
        ['web', 'ios', 'android'][1 + person % 3] as platform,
        ['DE', 'JP', 'US', 'FR'][1 + person % 4] as country,
        'o' || person % 50 as organization_id,
        case when event_type like 'feature.%' then split_part(event_type, '.', 2) end as feature,
        '{{"page": "/p/' || chance % 1000 || '"}}' as attributes,
        'native' as dialect,
        event_id as payload_hash,
        '{load}' as file_id,
        row_number() over () as line_no,
        timestamp '{loaded_at}' as loaded_at,
        '{load}' as _dlt_load_id
    from ({sessions})
    cross join (select unnest(range(20)) as step)
    where step < 2 + (chance >> 16) % 13
"""
FILES = """
    insert into raw_events.load_files by name
    select
        'events' as family, 'events' as table_name, '{load}' as file_id, '{load}' as path, '{load}' as stamp, '{load}' as fingerprint,
        count(*) as rows_read, count(*) as rows_accepted, 0 as rows_rejected, 0 as rows_duplicate,
        min(occurred_at) as min_event_at, max(occurred_at) as max_event_at, timestamp '{loaded_at}' as loaded_at, '{load}' as _dlt_load_id
    from raw_events.events
    where _dlt_load_id = '{load}'
"""


def main() -> None:
    database, size, *days = sys.argv[1:]
    sessions = max(1, int(size) // (8 * DAYS * len(TENANTS)))
    # A quarter of a day's sessions is late, and a whole day is new.
    loads = [(f"late-{day}", [int(day)], sessions if int(day) >= DAYS else sessions // 4) for day in days]
    with duckdb.connect(database) as connection:
        for load, chosen, number in loads or [("year", list(range(DAYS)), sessions)]:
            loaded_at = f"2027-01-01 00:00:{len(load):02}"
            listed = SESSIONS.format(people=int(size) // 100, tenants=list(TENANTS), days=chosen, sessions=number, salt=load)
            connection.execute(EVENTS.format(sessions=listed, load=load, loaded_at=loaded_at))
            connection.execute(FILES.format(load=load, loaded_at=loaded_at))
            connection.execute(f"insert into raw_events._dlt_loads select '{load}', 'raw_events', 0, timestamptz '{loaded_at}+00', ''")


if __name__ == "__main__":
    main()
