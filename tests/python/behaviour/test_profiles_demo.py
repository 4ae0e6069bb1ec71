"""Profiles, heatmaps and segments of the demo equal the second implementation, from the landing files as another program reads them.

People are hashed in the warehouse and plain in the files, so that whole tables without their ids are compared. An address is another
person each month.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from behaviour.test_profiles import SHIPPED
from demo.reader import Read, moment, read
from oracles.behaviour import Tenant
from oracles.identity import persons
from oracles.profiles import Identity, Profile, checkins_of, heatmaps, memberships, profile, visits_of
from project import ROOT, Plumbline

TENANTS = {"dansora": Tenant("Asia/Tokyo", week_start="sunday")}
PROFILE = list(Profile.__dataclass_fields__)


def naive(value: Any) -> datetime:
    return moment(value).astimezone(UTC).replace(tzinfo=None)


def rows(lines: list[Read], log: str, key: str, at: str) -> list[dict[str, Any]]:
    """The accepted rows of a log, each once, with naive UTC times and the month in the key of an address."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line.row and line.path.startswith(f"logs/{log}/"):
            time = naive(line.row["timestamp"])
            person = f"{line.row['person_key']} {time:%Y-%m}" if line.row.get("person_type") == "ip" else line.row["person_key"]
            found.setdefault(line.row[key], {**line.row, "tenant_id": "dansora", at: time, "person_key": person})
    return list(found.values())


def linked_persons(landing: Path, lines: list[Read]) -> dict[Identity, str]:
    """The person of each key that is linked: by events, and by the latest version of each experience profile."""
    events = [
        {name: line.row.get(name) for name in ("event_type", "user_id", "anonymous_id")}
        | {"ip_hash": None, "occurred_at": naive(line.row["timestamp"])}
        for line in read(landing, "events")
        if line.row and line.tenant == "dansora"
    ]
    profiles: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line.row and line.path.startswith("logs/experience_profiles/"):
            version = {**line.row, "updated_at": naive(line.row["updated_at"])}
            # A profile of March links to the addresses of March.
            version["linked_keys"] = [f"{address} {version['updated_at']:%Y-%m}" for address in line.row.get("linked_keys") or []]
            last = profiles.setdefault(version["person_key"], version)
            if last["updated_at"] < version["updated_at"]:
                profiles[version["person_key"]] = version
    return {("dansora", *key): person for key, person in persons(events, list(profiles.values())).items()}


@pytest.fixture(scope="module")
def people(landing: Path) -> tuple[Any, Any]:
    with (ROOT / "seeds" / "cities.csv").open(newline="") as file:
        cities = {(row["tenant_id"] or None, row["city_id"]): row["time_zone"] for row in csv.DictReader(file)}
    lines = read(landing, "logs")
    linked = linked_persons(landing, lines)
    assert any(kind == "ip" for _, kind, _ in linked)
    visits = visits_of(rows(lines, "visits", "visit_id", "visited_at"), linked, cities, TENANTS, set(cities.values()))
    return visits, checkins_of(rows(lines, "checkins", "checkin_id", "checked_in_at"), linked)


@pytest.fixture(scope="module")
def marts(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def clock(built: Plumbline) -> datetime:
    with duckdb.connect(str(built.database), read_only=True) as connection:
        (as_of,) = connection.execute("select as_of_at from intermediate.int_clock_set").fetchall()[0]
    assert isinstance(as_of, datetime)
    return as_of


def test_profiles(people: tuple[Any, Any], marts: duckdb.DuckDBPyConnection, clock: datetime) -> None:
    visits, checkins = people
    profiles = [profile(person[1], visits[person], checkins[person], clock) for person in visits.keys() | checkins.keys()]
    found = marts.execute(f"select {', '.join(PROFILE)} from marts.rpt_user_behavior").fetchall()
    assert Counter(found) == Counter(tuple(vars(own).values()) for own in profiles if own)
    assert {"ip", "user"} == {row[0] for row in found}


def test_heatmaps(people: tuple[Any, Any], marts: duckdb.DuckDBPyConnection, clock: datetime) -> None:
    found = marts.execute(
        "select tenant_id, period_type, period_start, day_of_week, hour_of_day, city_id, logins, persons from marts.rpt_login_heatmaps"
    ).fetchall()
    assert {row[:6]: row[6:] for row in found} == heatmaps(people[0], TENANTS, clock)


def test_segments(people: tuple[Any, Any], marts: duckdb.DuckDBPyConnection, clock: datetime) -> None:
    visits, checkins = people
    expected = Counter(
        (name, spells[-1][0])
        for name, rule in SHIPPED.items()
        for person in visits.keys() | checkins.keys()
        if (spells := memberships(person[1], visits[person], checkins[person], rule, clock)) and spells[-1][1] is None
    )
    found = marts.execute("select segment_name, joined_at from marts.bridge_segment_members where tenant_id = 'dansora'").fetchall()
    assert found
    assert Counter(found) == expected
