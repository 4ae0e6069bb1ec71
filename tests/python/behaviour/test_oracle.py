"""The behaviour marts equal a second implementation, row for row, on random events that seek out the edges.

2,400 people of four tenants in four time zones, over the days on which clocks change in America and Europe; times on a coarse grid, so that
many events share a moment and many gaps are exactly 30 minutes or 24 hours; visitors and users with the same plain ids, shared
devices, duplicates, events of servers, of nobody, and after the clock.
"""

from __future__ import annotations

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
from behaviour.warehouses import build, write_funnels
from oracles.behaviour import (
    Event,
    Tenant,
    identify,
    local_day,
    sessions,
    user_cohorts,
)
from oracles.funnels import Funnel, acts, attempts
from project import fresh_database
from raw import copy_to_postgres, create_raw, insert
from tables import differences, duckdb_marts, postgres_marts

TENANTS = {
    "mindmetric": Tenant("America/New_York"),
    "clausewise": Tenant("Europe/Berlin", fiscal_start_month=4),
    "dansora": Tenant("Asia/Tokyo", week_start="sunday"),
    "unlisted": Tenant(),
}
CURRENCIES = {"mindmetric": ("usd", 100), "clausewise": ("eur", 100), "dansora": ("jpy", 1), "unlisted": ("usd", 100)}
START = datetime(2026, 2, 20)
CLOCK = datetime(2026, 4, 6, 15, 30)
PERSONS = 600
EVENT_TYPES = (
    "page.viewed",
    "page.viewed",
    "assessment.started",
    "assessment.completed",
    "feature.used",
    "subscription.created",
    "user.login",
)
GENERAL = (
    Funnel("activation", ("user.registered", "assessment.started", "assessment.completed"), 604_800),
    Funnel("subscription", ("page.viewed", "user.registered", "subscription.created"), 2_592_000),
    Funnel("loop", ("page.viewed", "page.viewed", "feature.used", "page.viewed"), 3_600),
    Funnel("guarded", ("page.viewed", "assessment.started", "assessment.completed"), 86_400, frozenset({"feature.used", "page.viewed"})),
    Funnel("visit", ("page.viewed",), 60),
)
OWN = Funnel("activation", ("page.viewed", "feature.used"), 1_800)
FUNNELS = dict.fromkeys(TENANTS, GENERAL) | {"dansora": (OWN, *GENERAL[1:])}


def random_rows(seed: int) -> list[dict[str, Any]]:
    """Raw events of all tenants."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []

    def add(tenant_id: str, event_type: str, moment: datetime, user: str | None, visitor: str | None, ip: str | None = None) -> None:
        rows.append(
            {
                "tenant_id": tenant_id,
                "event_id": f"{chance.randrange(10**9):09}-{len(rows)}",
                "event_type": event_type,
                "user_id": user,
                "anonymous_id": visitor,
                "ip_hash": ip,
                "occurred_at": moment,
                "received_at": moment + timedelta(seconds=5),
            }
        )

    for tenant_id in TENANTS:
        for person in range(PERSONS):
            user = str(person) if chance.random() < 0.7 else None
            device = str(person * 7 % PERSONS) if chance.random() < 0.95 else "shared"
            bursts = chance.randint(1, 5)
            registers_in = chance.randrange(bursts) if user else None
            is_signed_in = user is not None and chance.random() < 0.1
            moments = sorted(START + timedelta(minutes=5 * chance.randrange(12 * 24 * 46)) for _ in range(bursts))
            for burst, begin in enumerate(moments):
                moment = begin
                for _ in range(chance.randint(1, 4)):
                    visitor = device if not is_signed_in or chance.random() < 0.8 else None
                    add(tenant_id, chance.choice(EVENT_TYPES), moment, user if is_signed_in else None, visitor)
                    if burst == registers_in and not is_signed_in:
                        is_signed_in = True
                        if chance.random() < 0.9:
                            add(tenant_id, "user.registered", moment, user, device)
                    moment += timedelta(minutes=chance.choice((0, 0, 5, 10, 25, 30, 35, 1440)))
            if person < 4:
                for step in range(200):
                    add(tenant_id, "page.viewed", START + timedelta(minutes=20 * step + person), f"long-{person}", None)
        for number in range(30):
            moment = START + timedelta(hours=number)
            add(tenant_id, "system.ping", moment, None, None, "server")
            add(tenant_id, "page.viewed", moment, None, None, f"address-{number % 5}")
    for row in chance.sample(rows, 200):
        rows.insert(0, {**row, "event_type": "page.viewed", "received_at": row["received_at"] + timedelta(hours=1)})
    return rows


def random_payments(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Customers (some users have two, some customers no user) and their charges, in the tenants' reporting currencies."""
    chance = random.Random(seed)
    customers, charges = [], []
    for tenant_id, (currency, _) in CURRENCIES.items():
        for number in range(200):
            owner = None if number % 20 == 0 else str(number // 2 * 3)
            customers.append(
                {"tenant_id": tenant_id, "customer_id": f"c{number}", "user_id": owner, "created_at": START, "state_at": START}
            )
            for charge in range(chance.randint(0, 3)):
                moment = START + timedelta(minutes=chance.randrange(60 * 24 * 45))
                charges.append(
                    {
                        "tenant_id": tenant_id,
                        "charge_id": f"ch{number}-{charge}",
                        "customer_id": f"c{number}",
                        "status": chance.choice(("succeeded", "succeeded", "failed")),
                        "currency": currency,
                        "amount": chance.randint(1, 99_999),
                        "created_at": moment,
                        "state_at": moment,
                    }
                )
    return customers, charges


ROWS = random_rows(7)
CUSTOMERS, CHARGES = random_payments(11)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return identify(ROWS)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("behaviour") / "random.duckdb"
    create_raw(database)
    insert(database, "raw_events.events", ROWS)
    insert(database, "raw_payments.customers", CUSTOMERS)
    insert(database, "raw_payments.charges", CHARGES)
    write_funnels(database, {None: GENERAL, "dansora": [OWN]})
    build(database, CLOCK.isoformat())
    return database


@pytest.fixture(scope="module")
def marts(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


def test_the_rows_reach_the_edges(events: list[Event]) -> None:
    people = {(event.tenant_id, event.person_id) for event in events}
    moments = {(event.tenant_id, event.person_id, event.occurred_at) for event in events}
    assert len(people) > 2_000
    assert len(events) - len(moments) > 1_000
    outcomes = {(attempt.funnel.name, attempt.outcome(CLOCK)) for attempt in attempts(acts(events), FUNNELS, CLOCK)}
    assert {("guarded", "dropped"), ("loop", "converted"), ("subscription", "pending")} <= outcomes


def test_people(events: list[Event], marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute("select tenant_id, event_id, person_id from marts.fct_events").fetchall()
    assert sorted(found, key=str) == sorted(((event.tenant_id, event.event_id, event.person_id) for event in events), key=str)
    users = marts.execute(
        "select tenant_id, person_id, user_id, first_seen_at, last_seen_at, registered_at from marts.dim_users"
    ).fetchall()
    expected = defaultdict(list)
    for event in events:
        if event.person_id is not None:
            expected[event.tenant_id, event.person_id].append(event)
    assert set(users) == {
        (
            *key,
            next((event.user_id for event in own if event.user_id), None),
            min((event.occurred_at for event in own if event.is_done_by_a_person), default=None),
            max((event.occurred_at for event in own if event.is_done_by_a_person), default=None),
            min((event.occurred_at for event in own if event.event_type == "user.registered"), default=None),
        )
        for key, own in expected.items()
    }


def test_sessions(events: list[Event], marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        "select tenant_id, person_id, started_at, ended_at, duration_seconds, event_count, page_views, entry_event_type, exit_event_type "
        "from marts.fct_sessions"
    ).fetchall()
    expected = [
        (
            session[0].tenant_id,
            session[0].person_id,
            session[0].occurred_at,
            session[-1].occurred_at,
            (session[-1].occurred_at - session[0].occurred_at).total_seconds(),
            len(session),
            sum(event.event_type == "page.viewed" for event in session),
            session[0].event_type,
            session[-1].event_type,
        )
        for session in sessions(events)
    ]
    assert sorted(found) == sorted(expected)
    members = marts.execute(
        "select tenant_id, session_id, list(event_id order by event_id) from marts.fct_events where session_id is not null group by all"
    ).fetchall()
    assert sorted(ids for _, _, ids in members) == sorted(sorted(event.event_id for event in session) for session in sessions(events))


def test_user_cohorts(events: list[Event], marts: duckdb.DuckDBPyConnection) -> None:
    owners = {(row["tenant_id"], row["customer_id"]): row["user_id"] for row in CUSTOMERS}
    paid: dict[Any, Decimal] = defaultdict(Decimal)
    for charge in CHARGES:
        tenant_id = charge["tenant_id"]
        owner = owners[tenant_id, charge["customer_id"]]
        if charge["status"] == "succeeded" and owner is not None and charge["created_at"] <= CLOCK:
            day = local_day(charge["created_at"], TENANTS[tenant_id])
            paid[tenant_id, owner, day] += Decimal(charge["amount"]) / CURRENCIES[tenant_id][1]
    found = marts.execute(
        "select tenant_id, cohort_month, month_number, cohort_size, retained_users, retention_rate, revenue_amount, "
        "cumulative_revenue_amount, ltv_amount, is_complete from marts.rpt_user_cohorts"
    ).fetchall()
    assert set(found) == user_cohorts(events, TENANTS, CLOCK, paid)
    assert sum(row[6] for row in found) > 0


def test_funnel_attempts(events: list[Event], marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        "select tenant_id, funnel_name, person_id, attempt_number, entered_at, last_step_order, converted_at, ended_at, outcome "
        "from marts.fct_funnel_attempts"
    ).fetchall()
    expected = [
        (
            *(attempt.tenant_id, attempt.funnel.name, attempt.person_id, attempt.number, attempt.entered_at, len(attempt.step_times)),
            attempt.ended_at if attempt.outcome(CLOCK) == "converted" else None,
            attempt.ended_at if attempt.outcome(CLOCK) != "pending" else None,
            attempt.outcome(CLOCK),
        )
        for attempt in attempts(acts(events), FUNNELS, CLOCK)
    ]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_postgres_gives_the_same_rows(database: Path, postgres_server: str, tmp_path: Path) -> None:
    dsn = fresh_database(postgres_server, "behaviour")
    copy_to_postgres(database, dsn, ["seeds"])
    build(tmp_path / "unused.duckdb", CLOCK.isoformat(), dsn)
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute("alter schema marts_build rename to marts")
        server.commit()
    on_duckdb, on_postgres = duckdb_marts(database), postgres_marts(dsn)
    assert set(on_duckdb) == set(on_postgres)
    found = {name: differences(on_duckdb[name], on_postgres[name])[:3] for name in on_duckdb}
    assert {name: lines for name, lines in found.items() if lines} == {}
