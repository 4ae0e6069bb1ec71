"""Funnels equal a second implementation, attempt for attempt and cell for cell: 14,100 random people at funnels of every mode and option.

Histories are short and dense: few types, times on a grid of minutes, so that events share moments, steps repeat, windows end at the very
moment of an event, exclusions and other events stand between, properties change or are missing, servers send steps, and events lie
after the clock.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from behaviour.warehouses import build, write_funnels
from marts import Mart, disagreements, read_mart
from oracles.behaviour import Tenant, identify
from oracles.funnels import Act, Attempt, Funnel, acts, attempts, breakdown, chain, entries, preferred, user_progress
from project import fresh_database
from raw import copy_to_postgres, create_raw, insert
from tables import differences, duckdb_marts, postgres_marts

TENANTS = {
    "mindmetric": Tenant("America/New_York"),
    "clausewise": Tenant("Europe/Berlin", fiscal_start_month=4),
    "dansora": Tenant("Asia/Tokyo", week_start="sunday"),
}
START = datetime(2026, 3, 8, 4)
CLOCK = datetime(2026, 3, 8, 5, 20)
AFTER_ALL = datetime(2027, 1, 1)
PERSONS = 4_700
X, STOP, PAID, FAILED = "X", frozenset({"X"}), "subscription.created", "payment.failed"
GENERAL = (
    Funnel("ordered", ("A", "B", PAID), 600),
    Funnel("ordered_repeated", ("A", "A", "B", "A"), 1_200),
    Funnel("ordered_held", ("A", "B"), 900, mode="ordered", hold_constant="organization_id"),
    Funnel("strict", ("A", "B", "C"), 600, mode="strict"),
    Funnel("strict_repeated", ("A", "B", "A", PAID), 1_200, mode="strict"),
    Funnel("any", ("A", "B", "C"), 600, mode="any"),
    Funnel("any_repeated", ("A", "B", "A", PAID), 1_200, mode="any"),
)
OWN: dict[str | None, Sequence[Funnel]] = {
    "mindmetric": (
        Funnel("ordered_guarded", ("A", "B", "C"), 1_800, (STOP, frozenset({FAILED, "A"}), STOP)),
        Funnel("strict_guarded", ("A", "B"), 600, frozenset({FAILED, "A"}), "strict"),
        Funnel("any_guarded", ("A", "B", "C"), 1_800, frozenset({X, FAILED}), "any"),
    ),
    "clausewise": (
        Funnel("one_step", ("A",), 60),
        Funnel("in_a_session", ("A", "B", "C"), 86_400, hold_constant="session_id"),
        Funnel("strict_held", ("A", "B"), 900, frozenset({X}), "strict", "platform"),
        Funnel("any_held", ("A", "B", "B"), 900, STOP, "any", "organization_id"),
    ),
    # A funnel of the tenant's own instead of the general one.
    "dansora": (Funnel("ordered", ("B", "A"), 60, mode="strict"), Funnel("any_guarded", ("A", "C"), 300, frozenset({"A"}), "any")),
}
FUNNELS = {
    tenant_id: (*(funnel for funnel in GENERAL if funnel.name not in {one.name for one in own}), *own)
    for tenant_id, own in OWN.items()
    if tenant_id
}


def random_rows(persons: int) -> list[dict[str, Any]]:
    chance = random.Random(5)
    rows: list[dict[str, Any]] = []
    for tenant_id in TENANTS:
        for person in range(persons):
            moment = START + timedelta(minutes=chance.randrange(40))
            organization, platform = chance.choice(("o1", "o2", None)), chance.choice(("web", "mobile", None))
            for _ in range(chance.randint(1, 9)):
                if chance.random() < 0.2:
                    organization, platform = chance.choice(("o1", "o2", None)), chance.choice(("web", "mobile", None))
                rows.append(
                    {
                        "tenant_id": tenant_id,
                        "event_id": f"{chance.randrange(10**9):09}-{len(rows)}",
                        "event_type": chance.choice(("A", "A", "A", "B", "B", "B", "C", X, PAID, FAILED)),
                        "user_id": f"p{person}",
                        "occurred_at": moment,
                        "received_at": moment,
                        "organization_id": organization,
                        "platform": platform,
                    }
                )
                moment += timedelta(minutes=chance.choice((0, 0, 0, 1, 1, 2, 4, 5, 10, 31)), microseconds=chance.choice((0, 0, 0, 0, 1)))
    chance.shuffle(rows)
    return rows


def made_warehouse(database: Path, rows: list[dict[str, Any]]) -> Path:
    create_raw(database)
    insert(database, "raw_events.events", rows)
    write_funnels(database, {None: GENERAL, **OWN})
    return database


ROWS = random_rows(PERSONS)


@pytest.fixture(scope="module")
def people() -> list[Act]:
    return acts(identify(ROWS), ROWS)


@pytest.fixture(scope="module")
def tried(people: list[Act]) -> list[list[Attempt]]:
    return list(entries(people, FUNNELS, CLOCK))


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = made_warehouse(tmp_path_factory.mktemp("funnels") / "random.duckdb", ROWS)
    build(database, CLOCK.isoformat())
    return database


def test_the_rows_reach_every_mode_and_end(tried: list[list[Attempt]]) -> None:
    persons = Counter(
        one[0].funnel.mode for one in {(group[0].tenant_id, group[0].person_id, group[0].funnel.mode): group for group in tried}.values()
    )
    assert min(persons.values()) >= 10_000
    ends = Counter((one.funnel.name, one.ended_by) for group in tried for one in chain(group))
    assert (
        min(ends[end] for end in (("ordered_guarded", "exclusion"), ("strict_held", "interruption"), ("strict_guarded", "exclusion"))) > 50
    )
    assert (
        min(ends[end] for end in (("ordered_repeated", "conversion"), ("strict_repeated", "conversion"), ("any_repeated", "conversion")))
        > 10
    )
    assert any(one.outcome(CLOCK) == "pending" for group in tried for one in group)


def test_attempts(warehouse: Path, tried: list[list[Attempt]]) -> None:
    found = read_mart(warehouse, "fct_funnel_attempts", ["tenant_id", "funnel_name", "person_id", "attempt_number"])
    expected: Mart = {}
    for one in (one for group in tried for one in chain(group)):
        outcome = one.outcome(CLOCK)
        row: dict[str, Any] = {
            "mode": one.funnel.mode,
            "entered_at": one.entered_at,
            "platform": one.platform,
            "last_step_order": len(one.step_times),
            "last_step_at": one.step_times[-1],
            "converted_at": one.ended_at if outcome == "converted" else None,
            "ended_at": None if outcome == "pending" else one.ended_at,
            "ended_by": None if outcome == "pending" else one.ended_by,
            "outcome": outcome,
        }
        if one.funnel.hold_constant != "session_id":
            row["held_value"] = one.held_value
        expected[one.tenant_id, one.funnel.name, one.person_id, one.number] = row
    assert disagreements(found, expected)[:5] == []


def test_breakdown(warehouse: Path, people: list[Act]) -> None:
    key = ["tenant_id", "funnel_name", "counting", "dimension", "dimension_value", "period_type", "period_start", "step_order"]
    expected = breakdown(people, FUNNELS, TENANTS, CLOCK)
    assert disagreements(read_mart(warehouse, "rpt_funnel_breakdown", key), expected)[:5] == []
    first = {(*name[:2], *name[5:]): row for name, row in expected.items() if name[2:4] == ("first", "all")}
    conversion = read_mart(warehouse, "rpt_funnel_conversion", ["tenant_id", "funnel_name", "period_type", "period_start", "step_order"])
    assert disagreements(conversion, first)[:5] == []


def test_user_progress(warehouse: Path, people: list[Act]) -> None:
    found = read_mart(warehouse, "rpt_funnel_user_progress", ["tenant_id", "funnel_name", "person_id"])
    assert disagreements(found, user_progress(people, FUNNELS, CLOCK))[:5] == []


def reached(people: list[Act], funnel: Funnel, *, is_optimized: bool) -> dict[tuple[str, str], int]:
    """Steps reached by each person."""
    depths = {}
    for group in entries(people, {tenant_id: [funnel] for tenant_id in TENANTS}, AFTER_ALL):
        one = preferred(group) if is_optimized else chain(group)[0]
        depths[one.tenant_id, one.person_id] = len(one.step_times)
    return depths


def test_modes_and_windows_are_ordered(people: list[Act]) -> None:
    """Nobody comes further in strict than in ordered mode, nor in ordered than in any (optimized), nor in a shorter window."""
    some = people[: len(people) // 5]
    steps = ("A", "B", "C")
    funnels = Funnel("f", steps, 600, mode="strict"), Funnel("f", steps, 600), Funnel("f", steps, 1_200)
    strict, ordered, longer = (reached(some, funnel, is_optimized=False) for funnel in funnels)
    assert all(strict[person] <= ordered[person] <= longer[person] for person in ordered)
    assert strict != ordered != longer
    best, unordered = (reached(some, funnel, is_optimized=True) for funnel in (funnels[1], Funnel("f", steps, 600, mode="any")))
    assert all(best[person] <= unordered[person] for person in best)
    assert best != {person: unordered[person] for person in best}


def test_postgres_gives_the_same_rows(postgres_server: str, tmp_path: Path) -> None:
    rows = random_rows(150)
    database = made_warehouse(tmp_path / "small.duckdb", rows)
    dsn = fresh_database(postgres_server, "funnels")
    copy_to_postgres(database, dsn, ["seeds"])
    build(database, CLOCK.isoformat())
    build(tmp_path / "unused.duckdb", CLOCK.isoformat(), dsn)
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute("alter schema marts_build rename to marts")
        server.commit()
    on_duckdb, on_postgres = duckdb_marts(database), postgres_marts(dsn)
    names = [name for name in on_duckdb if "funnel" in name]
    assert len(names) == 4
    assert {name: lines for name in names if (lines := differences(on_duckdb[name], on_postgres[name])[:3])} == {}
    assert len(attempts(acts(identify(rows), rows), FUNNELS, CLOCK)) == len(on_duckdb["fct_funnel_attempts"][1])
