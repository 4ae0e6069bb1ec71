"""Behaviour profiles, login heatmaps and segments equal a second implementation, row for row, on random visits and check-ins that seek
out the edges; and the eight segments that come with the project hold exactly the people that they should, on hand-made rows.

People of three tenants, in zones told, unknown, of cities and of tenants, over the days on which clocks change; times on a coarse grid,
so that many rows share a moment and many gaps are whole days; keys without type, addresses, linked keys, cities whose names need quoting,
and rows after the clock.
"""

from __future__ import annotations

import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from oracles.behaviour import Tenant
from oracles.identity import persons
from oracles.profiles import Identity, Profile, Rule, checkins_of, heatmaps, memberships, profile, visits_of
from project import ROOT, dbt, fresh_database
from raw import copy_to_postgres, create_raw, insert
from tables import differences, duckdb_marts, postgres_marts

TENANTS = {
    "mindmetric": Tenant("America/New_York"),
    "dansora": Tenant("Asia/Tokyo", week_start="sunday"),
    "unlisted": Tenant(),
}
START = datetime(2026, 2, 20)
CLOCK = datetime(2026, 6, 15, 12)
ZONES = (None, "America/New_York", "Asia/Kathmandu", "Europe/Berlin", "Mars/Phobos", "")
KNOWN_ZONES = {"America/New_York", "Asia/Kathmandu", "Europe/Berlin"}
CITIES = {
    (None, "new-york"): "America/New_York",
    (None, "berlin"): "Europe/Berlin",
    (None, "tokyo"): "Asia/Tokyo",
    ("dansora", "berlin"): "Asia/Seoul",
}
PLACES = ("new-york", "berlin", "tokyo", "nowhere", 'x","y', "new", "zürich", None)
KINDS = ("beginner", "intermediate", "advanced", "practica", "milonga")

SHIPPED: dict[str, Rule] = {
    "seg_q1": lambda p: p.primary_level == "advanced" and p.unique_cities >= 3,
    "seg_q2": lambda p: p.peak_login_hour in (22, 23, 0, 1) and '"new-york"' in p.cities,
    "seg_q3": lambda p: p.person_type == "user" and p.days_since_last_seen >= 45 and p.visit_frequency >= 2,
    "seg_q4": lambda p: p.primary_level == "beginner" and p.unique_cities >= 3 and p.total_visits >= 10,
    "seg_t1": lambda p: p.primary_level == "advanced" and p.unique_cities >= 3,
    "seg_t2": lambda p: p.days_since_last_seen >= 30 and '"new-york"' in p.cities,
    "seg_t3": lambda p: p.peak_login_hour in (22, 23, 0, 1) and p.practica_count >= 1,
    "seg_t4": lambda p: p.unique_cities >= 3 and p.beginner_count >= 1 and p.total_visits >= 10,
}
# Name, tenant, predicate, and the same in Python: of every tenant, of one, and one that a tenant replaces.
MORE: list[tuple[str, str | None, str, Rule]] = [
    (
        *("away", None, "days_since_last_seen between 3 and 6 or days_since_last_seen = 20"),
        lambda p: p.days_since_last_seen in (3, 4, 5, 6, 20),
    ),
    ("away", "mindmetric", "not days_since_last_seen < 10.5", lambda p: p.days_since_last_seen >= 11),
    ("no_class", None, "primary_level IS NULL", lambda p: p.primary_level is None),
    ("no_level", None, "primary_level <> 'advanced'", lambda p: p.primary_level not in (None, "advanced")),
    (
        *("early", "dansora", "peak_login_hour not in (20, 21, 22, 23) and (total_visits > 1 or is_night_owl = false)"),
        lambda p: p.peak_login_hour is not None and p.peak_login_hour < 20 and (p.total_visits > 1 or p.peak_login_hour not in (0, 1)),
    ),
    (
        *("quoted", None, "contains(cities, 'x\",\"y') and not contains(cities, 'new')"),
        lambda p: "x" in p.cities and '"new"' not in p.cities,
    ),
    (
        *("since_march", None, "first_seen_at >= '2026-03-01' and last_seen_at < '2026-05-01 12:00'"),
        lambda p: p.first_seen_at >= datetime(2026, 3, 1) and p.last_seen_at < datetime(2026, 5, 1, 12),
    ),
    ("impossible", None, "unique_cities < 0", lambda p: p.unique_cities < 0),
]


def random_rows(seed: int, people: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Visits and check-ins of all tenants."""
    chance = random.Random(seed)
    visits: list[dict[str, Any]] = []
    checkins: list[dict[str, Any]] = []
    for tenant_id in TENANTS:
        for number in range(people):
            kind = chance.choice(("user", "user", "ip", None))
            # User 7 and address 7 have one key.
            person = {"tenant_id": tenant_id, "person_key": str(number // 2), "person_type": kind}
            moments = [START + timedelta(hours=6 * chance.randrange(4 * 30), days=chance.choice((0, 0, 40, 85))) for _ in range(12)]
            for moment in moments[: chance.randrange(12)]:
                visits.append(
                    person
                    | {
                        "visit_id": f"v{len(visits)}",
                        "visited_at": moment + timedelta(hours=chance.choice((0, 0, 1, 24))),
                        "city_id": chance.choice(PLACES),
                        "time_zone": chance.choice(ZONES),
                    }
                )
            for moment in moments[chance.randrange(13) :]:
                checkins.append(
                    person
                    | {
                        "checkin_id": f"c{len(checkins)}",
                        "event_id": "class",
                        "event_type": chance.choice(KINDS),
                        "checked_in_at": moment + timedelta(microseconds=chance.choice((0, 0, 1))),
                        "city_id": chance.choice(PLACES),
                    }
                )
    return visits, checkins


def random_links(seed: int, people: int) -> list[dict[str, Any]]:
    """What is known of some users: other keys of theirs, addresses and users, some of them shared."""
    chance = random.Random(seed)
    return [
        {"tenant_id": tenant_id, "person_key": str(user), "person_type": "user", "updated_at": START}
        | {"linked_keys": [str(chance.randrange(people // 2)) for _ in range(chance.randrange(3))]}
        for tenant_id in TENANTS
        for user in range(0, people // 2, 7)
    ]


def linked_persons(links: list[dict[str, Any]]) -> dict[Identity, str]:
    """The person of each key that is linked, as the oracle of identity tells it."""
    return {
        (tenant_id, *key): person
        for tenant_id in TENANTS
        for key, person in persons([], [link for link in links if link["tenant_id"] == tenant_id]).items()
    }


def hand_made_rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, set[str]]]:
    """For each shipped segment somebody just inside and people just outside of it: rows, and whom each segment should hold."""
    visits: list[dict[str, Any]] = []
    checkins: list[dict[str, Any]] = []

    def visit(person: str, at: datetime, zone: str = "America/New_York", **more: Any) -> None:
        row = {"tenant_id": "dansora", "visit_id": f"hand-{len(visits)}", "person_key": person, "person_type": "user"}
        visits.append(row | {"visited_at": at, "time_zone": zone} | more)

    def checkin(person: str, at: datetime, event_type: str, city: str | None) -> None:
        row = {"tenant_id": "dansora", "checkin_id": f"hand-{len(checkins)}", "person_key": person, "person_type": "user"}
        checkins.append(row | {"event_id": "class", "event_type": event_type, "checked_in_at": at, "city_id": city})

    recently, noon = CLOCK - timedelta(days=1), datetime(2026, 3, 10, 16)
    for person, cities in (("travels", 3), ("stays", 2)):
        for city in ("new-york", "tokyo", "seoul")[:cities]:
            checkin(f"advanced-{person}", recently, "advanced", city)
            checkin(f"beginner-{person}", recently, "beginner", city)
        checkin(f"advanced-{person}", recently, "beginner", "tokyo")
        for number in range(10):
            visit(f"beginner-{person}", recently - timedelta(days=number), "Asia/Tokyo")
            visit(f"advanced-{person}", recently - timedelta(days=number % 9), "Asia/Tokyo")
    for number in range(9):
        checkin("beginner-seldom", recently, "beginner", ("new-york", "tokyo", "seoul")[number % 3])
        visit("beginner-seldom", recently - timedelta(days=number), "Asia/Tokyo")
    # In New York, in summer time, the hours from 21 to 02 begin at 01:00 UTC.
    for hour in range(6):
        person = f"hour-{(21 + hour) % 24}"
        visit(person, datetime(2026, 6, 14, 1 + hour, 59, 59))
        checkin(person, recently, "practica", "new-york")
    checkin("hour-23-elsewhere", recently, "milonga", "tokyo")
    visit("hour-23-elsewhere", datetime(2026, 6, 14, 3))
    for days, person in ((45, "regular-45"), (44, "regular-44")):
        last = CLOCK - timedelta(days=days)
        for number in range(24):
            visit(person, last - timedelta(weeks=12) * number / 23)
    visit("rare-45", CLOCK - timedelta(days=45), "Asia/Tokyo")
    visit("rare-45", CLOCK - timedelta(days=45) - timedelta(weeks=2), "Asia/Tokyo")
    for days in (29, 30):
        checkin(f"new-york-{days}", CLOCK - timedelta(days=days), "milonga", "new-york")
        checkin(f"tokyo-{days}", CLOCK - timedelta(days=days), "milonga", "tokyo")
    visit("address", noon, person_type="ip")
    visit("address", noon + timedelta(hours=1), person_type="ip")
    night = {"hour-22", "hour-23", "hour-0", "hour-1"}
    return (
        visits,
        checkins,
        {
            "seg_q1": {"advanced-travels"},
            "seg_q2": night,
            "seg_q3": {"regular-45"},
            "seg_q4": {"beginner-travels"},
            "seg_t1": {"advanced-travels"},
            "seg_t2": {"new-york-30"},
            "seg_t3": night,
            # One beginners' class of somebody advanced, with enough visits, counts too.
            "seg_t4": {"beginner-travels", "advanced-travels"},
        },
    )


def shipped_segments() -> list[tuple[str, str | None, str]]:
    with (ROOT / "seeds" / "segments.csv").open(newline="") as file:
        return [(row["segment_name"], row["tenant_id"] or None, row["predicate"]) for row in csv.DictReader(file)]


def warehouse(folder: Path, visits: list[dict[str, Any]], checkins: list[dict[str, Any]], links: list[dict[str, Any]]) -> Path:
    """A database of raw rows and seeds: the shipped segments and more, cities of the test's own."""
    database = folder / "profiles.duckdb"
    create_raw(database)
    insert(database, "raw_logs.visits", visits)
    insert(database, "raw_logs.checkins", checkins)
    insert(database, "raw_logs.experience_profiles", [link | {"linked_keys": json.dumps(link["linked_keys"])} for link in links])
    charges = [
        {"tenant_id": "dansora", "charge_id": f"ch{number}", "customer_id": f"cus{number % 20}", "status": "succeeded", "currency": "jpy"}
        | {"amount": 100 + number, "created_at": START, "state_at": START}
        for number in range(30)
    ]
    customers = [
        {"tenant_id": "dansora", "customer_id": f"cus{number}", "user_id": str(number // 2), "created_at": START, "state_at": START}
        for number in range(20)
    ]
    insert(database, "raw_payments.charges", charges)
    insert(database, "raw_payments.customers", customers)
    segments = [*shipped_segments(), *((name, tenant, predicate) for name, tenant, predicate, _ in MORE)]
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema seeds")
        connection.execute("create table seeds.cities (city_id varchar, tenant_id varchar, city_name varchar, time_zone varchar)")
        connection.executemany(
            "insert into seeds.cities values (?, ?, 'A city', ?)", [(city, own, zone) for (own, city), zone in CITIES.items()]
        )
        connection.execute(
            "create table seeds.segments (segment_name varchar, tenant_id varchar, title varchar, predicate varchar, description varchar)"
        )
        connection.executemany("insert into seeds.segments values (?, ?, 'A title', ?, null)", segments)
    return database


def build(database: Path, postgres_dsn: str | None = None) -> None:
    """Build and test the marts of this subject over the rows and seeds of the database."""
    dbt(
        *("build", "--select", "+rpt_user_behavior", "+rpt_login_heatmaps", "+rpt_cohort_segments", "+rpt_segment_metrics"),
        *("--exclude", "cities", "segments", "resource_type:unit_test", "--indirect-selection", "buildable"),
        database=database,
        postgres_dsn=postgres_dsn,
        as_of=CLOCK.isoformat(),
    )


VISITS, CHECKINS = random_rows(3, 300)
LINKS = random_links(4, 300)
LINKED = linked_persons(LINKS)
HAND_VISITS, HAND_CHECKINS, GOLDEN = hand_made_rows()
PEOPLE_VISITS = visits_of(VISITS + HAND_VISITS, LINKED, CITIES, TENANTS, KNOWN_ZONES)
PEOPLE_CHECKINS = checkins_of(CHECKINS + HAND_CHECKINS, LINKED)
PEOPLE = sorted(PEOPLE_VISITS.keys() | PEOPLE_CHECKINS.keys())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = warehouse(tmp_path_factory.mktemp("profiles"), VISITS + HAND_VISITS, CHECKINS + HAND_CHECKINS, LINKS)
    build(database)
    return database


@pytest.fixture(scope="module")
def marts(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def profiles() -> dict[tuple[str, str], Profile]:
    found = {person: profile(person[1], PEOPLE_VISITS[person], PEOPLE_CHECKINS[person], CLOCK) for person in PEOPLE}
    return {person: own for person, own in found.items() if own is not None}


def applied_rules() -> dict[tuple[str, str], Rule]:
    """The rule of each tenant and segment, a tenant's own before the general one."""
    general = {(tenant, name): rule for name, own, _, rule in MORE if own is None for tenant in TENANTS}
    return general | {(own, name): rule for name, own, _, rule in MORE if own} | {("dansora", name): rule for name, rule in SHIPPED.items()}


@pytest.fixture(scope="module")
def spells() -> dict[tuple[str, str, str], list[tuple[datetime, datetime | None]]]:
    found = {}
    for (tenant_id, name), rule in applied_rules().items():
        for person in PEOPLE:
            if person[0] == tenant_id:
                found[tenant_id, name, person[1]] = memberships(person[1], PEOPLE_VISITS[person], PEOPLE_CHECKINS[person], rule, CLOCK)
    return found


def test_the_rows_reach_the_edges(profiles: dict[tuple[str, str], Profile], spells: dict[Any, Any]) -> None:
    assert any(row["visited_at"] > CLOCK for row in VISITS)
    assert {kind for _, kind, _ in LINKED} == {"ip", "user"}
    assert any((row["tenant_id"], row["person_type"], row["person_key"]) in LINKED for row in VISITS if row["person_type"] == "ip")
    assert {own.primary_level for own in profiles.values()} == {"beginner", "intermediate", "advanced", None}
    assert {own.multi_city_score for own in profiles.values()} >= {None, 0, Decimal("2.5"), 5, Decimal("7.5"), 10}
    assert any(own.total_visits == 0 for own in profiles.values())
    assert any(own.total_checkins == 0 for own in profiles.values())
    assert {own.peak_login_hour for own in profiles.values()} >= {*range(24), None}
    assert any(own.visit_frequency.normalize().as_tuple().exponent == -10 for own in profiles.values())
    assert any((own.days_since_last_seen * 86_400) == (CLOCK - own.last_seen_at).total_seconds() for own in profiles.values())
    assert sum(len(own) > 1 for own in spells.values()) > 100
    for name in {name for _, name in applied_rules()} - {"impossible"}:
        assert any(own and own[-1][1] is None for (_, segment, _), own in spells.items() if segment == name), name


def test_profiles(profiles: dict[tuple[str, str], Profile], marts: duckdb.DuckDBPyConnection) -> None:
    names = list(Profile.__dataclass_fields__)
    rows = marts.execute(f"select tenant_id, person_id, {', '.join(names)} from marts.rpt_user_behavior").fetchall()
    found = {row[:2]: dict(zip(names, row[2:], strict=True)) for row in rows}
    assert len(rows) == len(found)
    assert found.keys() == profiles.keys()
    for person, own in profiles.items():
        assert found[person] == vars(own), person


def test_heatmaps(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select tenant_id, period_type, period_start, day_of_week, hour_of_day, city_id, logins, persons from marts.rpt_login_heatmaps"
    ).fetchall()
    found = {row[:6]: row[6:] for row in rows}
    assert len(rows) == len(found)
    assert found == heatmaps(PEOPLE_VISITS, TENANTS, CLOCK)


def test_members_and_the_moment_at_which_they_joined(marts: duckdb.DuckDBPyConnection, spells: dict[Any, Any]) -> None:
    found = marts.execute("select tenant_id, segment_name, person_id, joined_at from marts.bridge_segment_members").fetchall()
    assert set(found) == {(*key, own[-1][0]) for key, own in spells.items() if own and own[-1][1] is None}
    lists = marts.execute("select tenant_id, person_id, segments from marts.rpt_user_behavior where segments <> '[]'").fetchall()
    expected: dict[tuple[str, str], list[str]] = defaultdict(list)
    for tenant_id, name, person_id in sorted(key for key, own in spells.items() if own and own[-1][1] is None):
        expected[tenant_id, person_id].append(name)
    assert {row[:2]: row[2] for row in lists} == {
        person: "[" + ",".join(f'"{name}"' for name in own) + "]" for person, own in expected.items()
    }


def test_all_spells_of_membership(marts: duckdb.DuckDBPyConnection, spells: dict[Any, Any]) -> None:
    found = marts.execute(
        "select tenant_id, segment_name, person_id, joined_at, left_at from intermediate.int_segment_spells_dated"
    ).fetchall()
    assert sorted(found, key=str) == sorted(((*key, *spell) for key, own in spells.items() for spell in own), key=str)


def test_members_by_day_and_what_they_are_worth(marts: duckdb.DuckDBPyConnection, spells: dict[Any, Any]) -> None:
    paid = {str(number): Decimal(0) for number in range(10)}
    for number in range(30):
        paid[str(number % 20 // 2)] += 100 + number
    rows = marts.execute(
        "select segments.tenant_id, segment_name, segments.member_count, total_revenue_amount, average_ltv_amount, metrics.member_count "
        "from marts.rpt_cohort_segments as segments inner join marts.rpt_segment_metrics as metrics using (tenant_id, segment_name) "
        "where not metrics.is_complete"
    ).fetchall()
    expected = []
    for tenant_id, name in applied_rules():
        members = [key[2] for key, own in spells.items() if key[:2] == (tenant_id, name) and own and own[-1][1] is None]
        revenue = sum((paid.get(member, Decimal(0)) for member in members if tenant_id == "dansora"), Decimal(0))
        average = (revenue / len(members)).quantize(Decimal("1e-6")) if members else None
        expected.append((tenant_id, name, len(members), revenue, average, len(members)))
    assert sorted(rows, key=str) == sorted(expected, key=str)
    assert any(row[3] for row in rows)


def test_the_segments_of_the_project_hold_whom_they_should(marts: duckdb.DuckDBPyConnection) -> None:
    hand_made = {row["person_key"] for row in [*HAND_VISITS, *HAND_CHECKINS]} | {"ip:address"}
    found = marts.execute(
        "select segment_name, list(person_id) from marts.bridge_segment_members where tenant_id = 'dansora' group by all"
    ).fetchall()
    assert {name: set(people) & hand_made for name, people in found if name in GOLDEN} == GOLDEN


def test_visits_a_week_do_not_decay(marts: duckdb.DuckDBPyConnection) -> None:
    """Worked example W25: 24 visits over 12 weeks, 45 days ago, are two a week."""
    query = "select total_visits, visit_frequency, days_since_last_seen from marts.rpt_user_behavior where person_id = 'regular-45'"
    assert marts.execute(query).fetchall() == [(24, 2, 45)]


def test_postgres_gives_the_same_rows(postgres_server: str, tmp_path: Path) -> None:
    visits, checkins = random_rows(5, 40)
    database = warehouse(tmp_path, visits + HAND_VISITS, checkins + HAND_CHECKINS, random_links(6, 40))
    dsn = fresh_database(postgres_server, "profiles")
    copy_to_postgres(database, dsn, ["seeds"])
    build(database)
    build(tmp_path / "unused.duckdb", dsn)
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute("alter schema marts_build rename to marts")
        server.commit()
    on_duckdb, on_postgres = duckdb_marts(database), postgres_marts(dsn)
    assert set(on_duckdb) == set(on_postgres)
    found = {name: differences(on_duckdb[name], on_postgres[name])[:3] for name in on_duckdb}
    assert {name: lines for name, lines in found.items() if lines} == {}
