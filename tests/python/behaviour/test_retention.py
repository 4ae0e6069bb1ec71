"""Retention, lifecycle, growth and the compact days below them equal a second implementation, on random lives that seek out the edges.

500 people of five tenants in four time zones over fourteen months, with days on which clocks change: bursts of days, and returns after
exactly n x 24 hours, 7 or 30 days, a microsecond less and a microsecond more; events of servers, of nobody, and after the clock; two
tenants under a policy that samples features, one for a few days only.
"""

from __future__ import annotations

import csv
import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from marts import disagreements, read_mart
from oracles.behaviour import Event, Tenant, identify, local_day
from oracles.retention import Cells, active_users, averages, is_kept, lifecycle, retention
from project import ROOT, dbt, fresh_database
from raw import copy_to_postgres, create_raw, insert
from tables import differences, duckdb_marts, postgres_marts

TENANTS = {
    "us": Tenant("America/New_York"),
    "eu": Tenant("Europe/Berlin", fiscal_start_month=4),
    "jp": Tenant("Asia/Tokyo", week_start="sunday"),
    "sampled": Tenant("UTC"),
    "once": Tenant("UTC"),
}
SAMPLED = {"sampled", "once"}
SAMPLING_RATE = Decimal("0.5")
START = datetime(2025, 2, 1)
CLOCK = datetime(2026, 4, 6, 15, 30)
PERSONS = 100
TYPES = ("page.viewed", "page.viewed", "user.login", "feature.map.used", "subscription.created")
COUNTRIES = (None, "DE", "US", "JP")
PLATFORMS = (None, "web", "mobile")
LIMITS = {"day": 30, "week": 26, "month": 24}
KEYS = {
    "rpt_retention": ("tenant_id", "period_type", "cohort_start", "period_number", "mode", "clock"),
    "rpt_retention_brackets": ("tenant_id", "period_type", "cohort_start", "first_period_number", "last_period_number", "clock"),
    "rpt_retention_averages": ("tenant_id", "period_type", "period_number", "mode", "clock"),
    "rpt_lifecycle": ("tenant_id", "period_type", "period_start"),
    "rpt_growth": ("tenant_id", "period_type", "period_start"),
}
MARTS = (*KEYS, "rpt_active_users", "rpt_cohort_compare", "dim_users")


def random_rows(seed: int) -> list[dict[str, Any]]:
    """Raw events of all tenants."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []
    day, tick = timedelta(days=1), timedelta(microseconds=1)
    for tenant_id in TENANTS:
        for person in range(PERSONS):
            begin = START + timedelta(minutes=30 * chance.randrange(48 * 425))
            user = str(person) if chance.random() < 0.8 else None
            moments = [begin]
            for _ in range(chance.choice((0, 1, 3, 8, 16))):
                length = chance.choice((1, 1, 2, 3, 7, 14, 30, 60, 180)) * day
                jump = chance.choice((length - tick, length, length + tick, timedelta(minutes=30 * chance.randrange(48 * 4))))
                moments.append((begin if chance.random() < 0.5 else moments[-1]) + jump)
            for number, moment in enumerate(moments):
                event_type = "user.registered" if user and number == 1 and chance.random() < 0.7 else chance.choice(TYPES)
                if tenant_id == "once" and moment.date() not in (date(2025, 9, 30), date(2025, 10, 1)):
                    event_type = "page.viewed"
                rows.append(
                    {
                        "tenant_id": tenant_id,
                        "event_id": f"{chance.randrange(10**9):09}-{len(rows)}",
                        "event_type": event_type,
                        "user_id": user if number else None,
                        "anonymous_id": f"v{person}",
                        "occurred_at": moment,
                        "received_at": moment,
                        "country": chance.choice(COUNTRIES),
                        "platform": chance.choice(PLATFORMS),
                    }
                )
        for number in range(20):
            moment = CLOCK + (number - 10) * timedelta(hours=1)
            common = {"tenant_id": tenant_id, "occurred_at": moment, "received_at": moment}
            rows.append({**common, "event_id": f"nobody-{number}", "event_type": "page.viewed"})
            rows.append({**common, "event_id": f"late-{number}", "event_type": "page.viewed", "user_id": f"late-{number}"})
            rows.append({**common, "event_id": f"server-{number}", "event_type": "payment.failed", "user_id": f"server-{number}"})
        # The sampled days of `once`, and moments at which the clocks of America and Europe are about to change.
        rows += [
            {
                "tenant_id": tenant_id,
                "event_id": f"fixed-{moment}",
                "event_type": "feature.map.used" if moment.year == 2025 else "page.viewed",
                "user_id": "fixed",
                "occurred_at": moment,
                "received_at": moment,
            }
            for moment in (datetime(2025, 9, 30, 12), datetime(2025, 10, 1, 12), datetime(2026, 3, 8, 6, 59), datetime(2026, 3, 29, 1))
        ]
    return rows


ROWS = random_rows(5)
KEPT = [
    row
    for row in ROWS
    if row["tenant_id"] not in SAMPLED or row["event_type"] != "feature.map.used" or is_kept(row["event_id"], SAMPLING_RATE)
]
SAMPLED_DAYS = {
    (tenant_id, day)
    for row in ROWS
    if (tenant_id := row["tenant_id"]) in SAMPLED
    and row["event_type"] == "feature.map.used"
    and (day := local_day(row["occurred_at"], TENANTS[tenant_id])) <= local_day(CLOCK, TENANTS[tenant_id])
}
BRACKETS = [
    (row["period_type"], int(row["first_period_number"]), int(row["last_period_number"]))
    for row in csv.DictReader((ROOT / "seeds" / "retention_brackets.csv").open())
]


def random_bindings(seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        {
            "tenant_id": chance.choice(list(TENANTS)),
            "binding_id": f"b{number}",
            "user_id": str(chance.randrange(PERSONS)),
            "binding_type": "email",
            "status": chance.choice(("success", "failure")),
            "attempted_at": START + timedelta(hours=chance.randrange(9_000)),
        }
        for number in range(200)
    ]


BINDINGS = random_bindings(6)


def build(database: Path, *arguments: str, postgres_dsn: str | None = None, variables: dict[str, Any] | None = None) -> None:
    dbt(
        *("build", *arguments, "--exclude", "tenants", "event_limits", "resource_type:unit_test", "--indirect-selection", "buildable"),
        database=database,
        postgres_dsn=postgres_dsn,
        as_of=CLOCK.isoformat(),
        variables=variables,
    )


def write_seeds(database: Path) -> None:
    """Tenants of this test, two of them under a policy that samples features."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema seeds")
        connection.execute(
            "create table seeds.tenants (tenant_id varchar, registration_number integer, tenant_name varchar, time_zone varchar, "
            "reporting_currency varchar, week_start varchar, fiscal_start_month integer, stripe_account varchar, admission_policy varchar)"
        )
        for number, (tenant_id, tenant) in enumerate(TENANTS.items()):
            policy = "half" if tenant_id in SAMPLED else None
            connection.execute(
                "insert into seeds.tenants values (?, ?, ?, ?, 'USD', ?, ?, ?, ?)",
                [tenant_id, number, tenant_id, tenant.time_zone, tenant.week_start, tenant.fiscal_start_month, f"acct_{tenant_id}", policy],
            )
        connection.execute(
            "create table seeds.event_limits (admission_policy varchar, tier varchar, event_type_pattern varchar, is_enabled boolean, "
            "daily_limit integer, sampling_rate decimal(7, 6))"
        )
        connection.execute("insert into seeds.event_limits values ('half', 'T1', 'feature.*.used', true, null, ?)", [SAMPLING_RATE])


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return identify(KEPT)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("retention") / "random.duckdb"
    create_raw(database)
    insert(database, "raw_events.events", ROWS)
    insert(database, "raw_logs.account_binding_log", BINDINGS)
    write_seeds(database)
    build(database, "--select", *(f"+{name}" for name in MARTS))
    return database


@pytest.fixture(scope="module")
def connection(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def expected(events: list[Event]) -> tuple[Cells, Cells]:
    return retention(events, TENANTS, CLOCK, LIMITS, brackets=BRACKETS, sampled=SAMPLED_DAYS)


def test_the_rows_reach_the_edges(expected: tuple[Cells, Cells]) -> None:
    cells = expected[0]
    calendar, rolling = (
        {key[:5]: row["retained_users"] for key, row in cells.items() if key[5] == kind} for kind in ("calendar", "rolling")
    )
    assert sum(calendar[key] != rolling[key] for key in calendar.keys() & rolling.keys()) > 500
    once = {row["is_sampled"] for key, row in cells.items() if key[0] == "once" and key[4] == "on"}
    assert once == {True, False}
    assert {row["cohort_size"] is None for key, row in cells.items() if key[0] == "once"} == {True, False}
    assert {key[1] for key, row in cells.items() if row["retention_rate"] and key[3] > 20} == {"day", "week"}
    assert len(ROWS) - len(KEPT) > 50


def test_days_of_people(events: list[Event], connection: duckdb.DuckDBPyConnection) -> None:
    weights = {
        (row["tenant_id"], row["event_id"]): 2 if row["tenant_id"] in SAMPLED and row["event_type"] == "feature.map.used" else 1
        for row in KEPT
    }
    expected: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for event in events:
        if event.person_id:
            day = local_day(event.occurred_at, TENANTS[event.tenant_id])
            expected[event.tenant_id, event.person_id, day, event.occurred_at.date()].append(event)
    found = connection.execute(
        "select tenant_id, person_id, date_day, utc_day, event_count, weighted_event_count, first_at, last_at, registered_at "
        "from intermediate.int_person_days_active"
    ).fetchall()
    did = {key: [one.occurred_at for one in own if one.is_done_by_a_person and one.occurred_at <= CLOCK] for key, own in expected.items()}
    assert set(found) == {
        (
            *(*key, len(did[key])),
            Decimal(sum(weights[one.tenant_id, one.event_id] for one in own if one.is_done_by_a_person and one.occurred_at <= CLOCK)),
            *(min(did[key], default=None), max(did[key], default=None)),
            min((one.occurred_at for one in own if one.event_type == "user.registered"), default=None),
        )
        for key, own in expected.items()
    }
    assert any(row[4] == 0 for row in found)


def test_people(events: list[Event], connection: duckdb.DuckDBPyConnection) -> None:
    persons = {(event.tenant_id, event.event_id): event for event in events}
    told: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for row in sorted(KEPT, key=lambda row: (row["occurred_at"], row["event_id"])):
        event = persons[row["tenant_id"], row["event_id"]]
        if event.person_id:
            own = told[event.tenant_id, event.person_id]
            own["user_id"] = event.user_id or own.get("user_id")
            if event.is_done_by_a_person:
                own |= {name: row[name] for name in ("country", "platform") if row.get(name)}
    activated: dict[tuple[str, str], datetime] = {}
    for row in BINDINGS:
        if row["status"] == "success":
            key = (row["tenant_id"], row["user_id"])
            activated[key] = min(activated.get(key, row["attempted_at"]), row["attempted_at"])
    found = connection.execute(
        "select tenant_id, person_id, user_id, is_identified, country, platform, first_activated_at from marts.dim_users"
    ).fetchall()
    assert set(found) == {
        (*key, own["user_id"], own["user_id"] is not None, own.get("country"), own.get("platform"), activated.get(key))
        for key, own in told.items()
    }
    assert sum(row[6] is not None for row in found) > 50


def test_active_users(events: list[Event], connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "select tenant_id, date_day, dau, wau, mau, month_active_users, stickiness, new_users, returning_users, resurrecting_users, "
        "dormant_users, is_complete, is_sampled from marts.rpt_active_users"
    ).fetchall()
    assert set(found) == active_users(events, TENANTS, CLOCK, SAMPLED_DAYS)


@pytest.mark.parametrize("mart", ["rpt_lifecycle", "rpt_growth"])
def test_lifecycle_and_growth(events: list[Event], database: Path, mart: str) -> None:
    found = read_mart(database, mart, KEYS[mart])
    columns = next(iter(found.values()))
    cells = lifecycle(events, TENANTS, CLOCK, SAMPLED_DAYS)
    assert disagreements(found, {key: {name: row[name] for name in columns} for key, row in cells.items()}) == []


@pytest.mark.parametrize(("mart", "place"), [("rpt_retention", 0), ("rpt_retention_brackets", 1)])
def test_retention(expected: tuple[Cells, Cells], database: Path, mart: str, place: int) -> None:
    assert disagreements(read_mart(database, mart, KEYS[mart]), expected[place])[:10] == []


def test_averages(expected: tuple[Cells, Cells], database: Path) -> None:
    found = read_mart(database, "rpt_retention_averages", KEYS["rpt_retention_averages"])
    assert disagreements(found, averages(expected[0])) == []


def test_curves(database: Path) -> None:
    """Period 0 is whole, `on` is within `on_or_after`, and this one never rises."""
    cells = read_mart(database, "rpt_retention", KEYS["rpt_retention"])
    for (*cohort, number, mode, kind), row in cells.items():
        after = cells[*cohort, number, "on_or_after", kind]
        if after["is_sampled"]:
            continue
        assert row["retained_users"] <= after["retained_users"] <= row["cohort_size"]
        if number == 0:
            assert row["retained_users"] == row["cohort_size"]
        elif mode == "on_or_after":
            assert row["retained_users"] <= cells[*cohort, number - 1, mode, kind]["retained_users"]


def test_recurring_entry_and_other_limits(events: list[Event], database: Path, tmp_path: Path) -> None:
    """The same warehouse with other vars: the models that use them are made anew."""
    limits = {"day": 9, "week": 8, "month": 3}
    copy = tmp_path / "recurring.duckdb"
    shutil.copy(database, copy)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "create or replace table seeds.retention_brackets as "
            "select 'day' as period_type, 1 as first_period_number, 9 as last_period_number"
        )
    variables = {"cohort_entry": "recurring", "retention_periods": limits}
    selected = ("--select", "int_cohort_entries_dated+", "--exclude", "retention_brackets")
    build(copy, *selected, variables=variables)
    cells, bracket_cells = retention(events, TENANTS, CLOCK, limits, brackets=[("day", 1, 9)], is_recurring=True, sampled=SAMPLED_DAYS)
    assert disagreements(read_mart(copy, "rpt_retention", KEYS["rpt_retention"]), cells)[:10] == []
    assert disagreements(read_mart(copy, "rpt_retention_brackets", KEYS["rpt_retention_brackets"]), bracket_cells)[:10] == []


def test_postgres_gives_the_same_rows(database: Path, postgres_server: str, tmp_path: Path) -> None:
    dsn = fresh_database(postgres_server, "retention")
    copy_to_postgres(database, dsn, ["seeds"])
    build(tmp_path / "unused.duckdb", "--select", *(f"+{name}" for name in MARTS), postgres_dsn=dsn)
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute("alter schema marts_build rename to marts")
        server.commit()
    on_duckdb, on_postgres = duckdb_marts(database), postgres_marts(dsn)
    assert {name: differences(on_duckdb[name], on_postgres[name])[:3] for name in MARTS} == {name: [] for name in MARTS}
