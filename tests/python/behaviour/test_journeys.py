"""Paths, features and conversions equal a second implementation, on the random events of test_oracle.py; features are drawn here.

What sampling does to them is shown on a few events of a tenant under a policy.
"""

from __future__ import annotations

import random
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from behaviour.test_oracle import CLOCK, PERSONS, TENANTS, random_rows
from marts import Mart, disagreements, read_mart
from oracles.behaviour import Event, identify, sessions
from oracles.journeys import adoption, conversions, paths
from project import dbt, fresh_database
from raw import copy_to_postgres, create_raw, insert
from tables import differences, duckdb_marts, postgres_marts

DEPTH, USES = 4, 3
MARTS = ("rpt_user_paths", "rpt_feature_adoption", "rpt_conversions", "fct_conversions")
SEED = [
    ("registration", None, "user.registered"),
    ("use", None, "feature.used"),
    ("use", None, "assessment.completed"),
    ("use", "dansora", "user.login"),
    ("subscription", None, "subscription.created"),
]


def names(tenant_id: str) -> dict[str, str]:
    own = {name for name, owner, _ in SEED if owner == tenant_id}
    return {kind: name for name, owner, kind in SEED if owner == tenant_id or (owner is None and name not in own)}


def drawn_rows() -> list[dict[str, Any]]:
    chance = random.Random(3)
    rows = [row for row in random_rows(7) if chance.random() < 0.5]
    features = ("export", "share", "invite", "search")
    for row in rows:
        row["feature"] = chance.choice(features) if chance.random() < 0.3 else None
    return rows


ROWS = drawn_rows()


def build(database: Path, dsn: str | None = None) -> None:
    dbt(
        *(
            "build",
            "--select",
            *(f"+{name}" for name in MARTS),
            "--exclude",
            "conversion_events",
            "event_limits",
            "resource_type:unit_test",
        ),
        database=database,
        postgres_dsn=dsn,
        as_of=CLOCK.isoformat(),
        variables={"path_depth": DEPTH},
    )


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("journeys") / "random.duckdb"
    create_raw(database)
    insert(database, "raw_events.events", ROWS)
    dbt("seed", "--select", "conversion_events", "event_limits", database=database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from seeds.conversion_events")
        connection.executemany("insert into seeds.conversion_events values (?, ?, ?)", SEED)
        connection.execute("delete from seeds.event_limits")
    build(database)
    return database


@pytest.fixture(scope="module")
def weights(database: Path) -> dict[str, Decimal]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return dict(connection.execute("select event_id, sample_weight from marts.fct_events where sample_weight > 1").fetchall())


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return [event for event in identify(ROWS) if event.occurred_at <= CLOCK]


def features() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in sorted(ROWS, key=lambda row: row["received_at"]):
        found.setdefault(row["event_id"], row["feature"])
    return {event_id: feature for event_id, feature in found.items() if feature}


def test_paths(database: Path, weights: dict[str, Decimal]) -> None:
    # Sessions are cut with the events after the clock, which may not lie in one that goes on: identify all, then leave those out.
    cut = [[event for event in session if event.occurred_at <= CLOCK] for session in sessions(identify(ROWS))]
    expected = paths([session for session in cut if session], TENANTS, DEPTH, weights)
    mart = read_mart(database, "rpt_user_paths", ("tenant_id", "month", "step_number", "from_event_type", "to_event_type"))
    assert disagreements(mart, expected) == []
    assert max(row["transitions"] for row in mart.values()) > 50
    assert {key[2] for key in mart} == set(range(DEPTH + 1))


def test_feature_adoption(database: Path, events: list[Event], weights: dict[str, Decimal]) -> None:
    expected = adoption(events, features(), TENANTS, USES, weights)
    mart: Mart = read_mart(database, "rpt_feature_adoption", ("tenant_id", "feature", "period_type", "period_start"))
    assert disagreements(mart, expected) == []
    assert max(row["adopted_users"] or 0 for row in mart.values()) > PERSONS // 100


def test_conversions(database: Path, events: list[Event], weights: dict[str, Decimal]) -> None:
    expected = conversions(events, {tenant_id: names(tenant_id) for tenant_id in TENANTS}, TENANTS, weights)
    mart = read_mart(database, "rpt_conversions", ("tenant_id", "conversion_name", "period_type", "period_start"))
    assert disagreements(mart, expected) == []


def test_weights_count_and_withhold(tmp_path: Path) -> None:
    """At a rate of a half each use that is kept counts twice, and nobody knows by how many people, or who came anew in the month after."""
    database = tmp_path / "sampled.duckdb"
    create_raw(database)
    dbt("seed", database=database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from seeds.event_limits")
        connection.execute("insert into seeds.event_limits values ('half', 'T1', 'feature.used', true, null, 0.5)")
        connection.execute("update seeds.tenants set admission_policy = 'half' where tenant_id = 'mindmetric'")
    start = CLOCK.replace(month=3, day=2)
    rows = [
        {
            "tenant_id": "mindmetric",
            "event_id": f"e{number}",
            "event_type": "feature.used" if number < 40 else "screen.viewed",
            "user_id": f"u{number % 5}",
            "feature": "export",
            "occurred_at": start + timedelta(minutes=number) + (timedelta(days=31) if number >= 40 else timedelta()),
        }
        for number in range(50)
    ]
    insert(database, "raw_events.events", rows)
    dbt("run", "--select", "+rpt_feature_adoption", "+rpt_user_paths", database=database, as_of=CLOCK.replace(day=30).isoformat())
    mart = read_mart(database, "rpt_feature_adoption", ("period_start",), "period_type = 'month'")
    march, april = mart[start.date().replace(day=1),], mart[start.date().replace(month=4, day=1),]
    with duckdb.connect(str(database), read_only=True) as connection:
        (kept,) = connection.execute("select count(*) from marts.fct_events where sample_weight > 1").fetchall()[0]
        withheld = connection.execute("select bool_and((persons is null) = (month = '2026-03-01')) from marts.rpt_user_paths").fetchall()
    assert 0 < kept < 40
    assert (march["events"], march["users"], march["repeat_users"], march["adoption_rate"]) == (2 * kept, None, None, None)
    assert (april["events"], april["users"], april["repeat_users"]) == (10, 5, 5)
    assert [month[name] for month in (march, april) for name in ("first_time_users", "adopted_users")] == [None] * 4
    assert withheld == [(True,)]


def test_postgres_gives_the_same_rows(database: Path, postgres_server: str, tmp_path: Path) -> None:
    dsn = fresh_database(postgres_server, "journeys")
    copy_to_postgres(database, dsn, ["seeds"])
    build(tmp_path / "unused.duckdb", dsn)
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute("alter schema marts_build rename to marts")
        server.commit()
    on_duckdb, on_postgres = duckdb_marts(database), postgres_marts(dsn)
    found = {name: differences(on_duckdb[name], on_postgres[name])[:3] for name in MARTS}
    assert {name: lines for name, lines in found.items() if lines} == {}
