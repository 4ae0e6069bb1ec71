"""The behaviour marts of the demo equal the second implementation, from the landing files as another program reads them.

People are hashed in the warehouse and plain in the files, so that whole tables without their ids are compared.
Revenue of cohorts is compared in test_oracle.py; what the demo's customers pay is the revenue tests' matter.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo.reader import moment, read
from marts import disagreements, read_mart
from oracles.behaviour import Event, Tenant, identify, sessions, user_cohorts
from oracles.funnels import Funnel, acts, attempts, breakdown
from oracles.retention import active_users, averages, lifecycle, retention
from project import Plumbline

TENANTS = {
    "mindmetric": Tenant("America/New_York"),
    "clausewise": Tenant("Europe/Berlin", fiscal_start_month=4),
    "dansora": Tenant("Asia/Tokyo", week_start="sunday"),
    "loomwick": Tenant("Europe/London", fiscal_start_month=2),
}
DAY, WEEK, MONTH = 86_400, 604_800, 2_592_000
SIGNUP = Funnel("signup_to_subscription", ("page.viewed", "user.registered", "subscription.created"), MONTH)
FUNNELS = {
    "mindmetric": [
        Funnel("assessment_activation", ("user.registered", "assessment.started", "assessment.completed"), WEEK),
        Funnel(
            "assessment_in_one_session",
            ("page.viewed", "assessment.started", "assessment.completed"),
            DAY,
            (frozenset(), frozenset({"feature.used"}), frozenset()),
            hold_constant="session_id",
        ),
        SIGNUP,
    ],
    "clausewise": [
        Funnel("document_activation", ("user.registered", "feature.upload.used", "feature.analysis.used"), WEEK),
        Funnel("analysis_at_once", ("feature.upload.used", "feature.analysis.used"), 3_600, mode="strict"),
        SIGNUP,
    ],
    "dansora": [Funnel("all_features", ("feature.calendar.used", "feature.ticket.used", "feature.used"), WEEK, mode="any"), SIGNUP],
    "loomwick": [
        Funnel(
            "assisted_reply",
            ("feature.inbox.used", "feature.ai_assist.used", "feature.templates.used"),
            DAY,
            hold_constant="organization_id",
        ),
        SIGNUP,
    ],
}
NEVER = datetime(9999, 1, 1)


def naive(value: Any) -> datetime:
    return moment(value).astimezone(UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def rows(landing: Path) -> list[dict[str, Any]]:
    return [
        {
            "tenant_id": line.tenant,
            "event_id": line.row.get("event_id") or json.dumps(line.row, sort_keys=True),
            "event_type": line.row["event_type"],
            "user_id": line.row.get("user_id"),
            "anonymous_id": line.row.get("anonymous_id"),
            "occurred_at": naive(line.row["timestamp"]),
            "received_at": naive(line.row["received_at"]) if line.row.get("received_at") else NEVER,
            "organization_id": (line.row.get("attributes") or {}).get("organization_id"),
        }
        for line in read(landing, "events")
        if line.row
    ]


@pytest.fixture(scope="module")
def people_events(rows: list[dict[str, Any]]) -> list[Event]:
    return identify(rows)


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


def test_people(people_events: list[Event], marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute("select tenant_id, count(*), count(user_id), count(registered_at) from marts.dim_users group by all").fetchall()
    persons = {(event.tenant_id, event.person_id, event.user_id) for event in people_events if event.person_id}
    registered = {(event.tenant_id, event.person_id) for event in people_events if event.event_type == "user.registered"}
    expected = {
        (
            tenant_id,
            len({person for tenant, person, _ in persons if tenant == tenant_id}),
            len({person for tenant, person, user in persons if tenant == tenant_id and user}),
            len({person for tenant, person in registered if tenant == tenant_id}),
        )
        for tenant_id in TENANTS
    }
    assert set(found) == expected


def test_sessions(people_events: list[Event], marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute("select tenant_id, started_at, ended_at, event_count, page_views from marts.fct_sessions").fetchall()
    expected = Counter(
        (
            own[0].tenant_id,
            own[0].occurred_at,
            own[-1].occurred_at,
            len(own),
            sum(event.event_type in {"page.viewed", "screen.viewed"} for event in own),
        )
        for own in sessions(people_events)
    )
    assert Counter(found) == expected


def test_active_users(people_events: list[Event], marts: duckdb.DuckDBPyConnection, clock: datetime) -> None:
    found = marts.execute(
        "select tenant_id, date_day, dau, wau, mau, month_active_users, stickiness, new_users, returning_users, resurrecting_users, "
        "dormant_users, is_complete, is_sampled from marts.rpt_active_users"
    ).fetchall()
    assert set(found) == active_users(people_events, TENANTS, clock)


def test_growth(people_events: list[Event], warehouse: Path, clock: datetime) -> None:
    found = read_mart(warehouse, "rpt_growth", ("tenant_id", "period_type", "period_start"))
    columns = next(iter(found.values()))
    expected = lifecycle(people_events, TENANTS, clock)
    assert disagreements(found, {key: {name: row[name] for name in columns} for key, row in expected.items()}) == []


def test_retention_by_the_month(people_events: list[Event], warehouse: Path, clock: datetime) -> None:
    """Days and weeks are compared on random lives in test_retention.py; here they would take minutes."""
    cells = retention(people_events, TENANTS, clock, {"month": 24})[0]
    cell = ("tenant_id", "period_type", "cohort_start", "period_number", "mode", "clock")
    assert disagreements(read_mart(warehouse, "rpt_retention", cell, "period_type = 'month'"), cells) == []
    average = ("tenant_id", "period_type", "period_number", "mode", "clock")
    assert disagreements(read_mart(warehouse, "rpt_retention_averages", average, "period_type = 'month'"), averages(cells)) == []


def test_user_cohorts(people_events: list[Event], marts: duckdb.DuckDBPyConnection, clock: datetime) -> None:
    found: list[tuple[Any, ...]] = marts.execute(
        "select tenant_id, cohort_month, month_number, cohort_size, retained_users, retention_rate, is_complete from marts.rpt_user_cohorts"
    ).fetchall()
    assert set(found) == {(*row[:6], row[9]) for row in user_cohorts(people_events, TENANTS, clock)}


def test_funnels(people_events: list[Event], rows: list[dict[str, Any]], marts: duckdb.DuckDBPyConnection, clock: datetime) -> None:
    people = acts(people_events, rows)
    found = marts.execute(
        "select tenant_id, funnel_name, attempt_number, entered_at, last_step_order, ended_at, outcome from marts.fct_funnel_attempts"
    ).fetchall()
    made = attempts(people, FUNNELS, clock)
    assert Counter(found) == Counter(
        (
            *(one.tenant_id, one.funnel.name, one.number, one.entered_at, len(one.step_times)),
            *(None if one.outcome(clock) == "pending" else one.ended_at, one.outcome(clock)),
        )
        for one in made
    )
    assert {one.funnel.name for one in made} == {funnel.name for own in FUNNELS.values() for funnel in own}
    rates = marts.execute(
        "select tenant_id, funnel_name, counting, period_type, period_start, step_order, entered, pending, reached, "
        "converted_from_first_rate from marts.rpt_funnel_breakdown where dimension = 'all'"
    ).fetchall()
    expected: set[tuple[Any, ...]] = {
        (*key[:3], *key[5:], row["entered"], row["pending"], row["reached"], row["converted_from_first_rate"])
        for key, row in breakdown(people, FUNNELS, TENANTS, clock).items()
        if key[3] == "all"
    }
    assert set(rates) == expected
    assert any(isinstance(row[-1], Decimal) and 0 < row[-1] < 1 for row in rates)
