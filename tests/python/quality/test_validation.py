"""Each planted fault fails the expectation that is meant for it, and no other; a load like the ones before fails none."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from project import fresh_database
from raw import copy_to_postgres, create_raw, insert

from ingestion.connections import connect_duckdb, connect_postgres
from ingestion.contracts import Family
from ingestion.errors import ValidationError
from quality import measures, run
from quality.measures import loads_to_validate
from quality.results import Outcome, Result, last_validations, require_valid, save

Row = dict[str, Any]

FIRST_DAY = datetime(2026, 3, 1)
ROWS = 300
LOADS = 4
LAST = f"load-{LOADS}"
TYPES = ("page.viewed", "feature.used", "user.login")


def event(load: int, number: int) -> Row:
    """An event of a day; each third has measurements."""
    draw = random.Random(f"{load} {number}")
    at = FIRST_DAY + timedelta(days=load, minutes=4 * number)
    measured = {"ai_confidence": draw.uniform(0.5, 1), "duration_seconds": draw.uniform(60, 600)} if number % 3 == 0 else {}
    return {
        "tenant_id": "one",
        "event_id": f"e-{load}-{number}",
        "event_type": draw.choices(TYPES, (6, 3, 1))[0],
        "user_id": f"hash-{draw.randrange(50)}",
        "occurred_at": at,
        "received_at": at + timedelta(seconds=1),
        "platform": draw.choice(("web", "mobile")),
        "dialect": "native",
        **measured,
    }


def request(load: int, number: int) -> Row:
    draw = random.Random(f"request {load} {number}")
    return {
        "tenant_id": "one",
        "request_id": f"r-{load}-{number}",
        "model_name": draw.choice(("small", "large")),
        "model_version": "1",
        "input_tokens": draw.randrange(100, 1000),
        "output_tokens": draw.randrange(10, 100),
        "latency_ms": draw.uniform(100, 900),
        "is_success": draw.random() < 0.95,
        "confidence_score": draw.random(),
        "cost_estimate": draw.random(),
        "requested_at": FIRST_DAY + timedelta(days=load, minutes=4 * number),
    }


TABLES: dict[str, Callable[[int, int], Row]] = {"raw_events.events": event, "raw_logs.ai_model_requests": request}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with three loads of a day each; the fourth is each test's own."""
    database = tmp_path_factory.mktemp("usual") / "w.duckdb"
    create_raw(database)
    for load in range(1, LOADS):
        for table, make in TABLES.items():
            bring(database, table, load, [make(load, number) for number in range(ROWS)])
    return database


def bring(database: Path, table: str, load: int, rows: Sequence[Mapping[str, Any]]) -> None:
    insert(database, table, rows, load_id=f"load-{load}", loaded_at=FIRST_DAY + timedelta(days=load + 1), file_id=f"{table} {load}")


@pytest.fixture
def warehouse(usual: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(usual, tmp_path / "w.duckdb"))


def day(table: str, **changes: Callable[[int], Any]) -> list[Row]:
    """The rows of the fourth load, each of `changes` computed from the row's number."""
    rows = [TABLES[table](LOADS, number) for number in range(ROWS)]
    return [row | {name: change(number) for name, change in changes.items()} for number, row in enumerate(rows)]


def validated(database: Path, family: Family = "events", postgres_dsn: str | None = None) -> list[Result]:
    with ExitStack() as stack:
        connect = connect_postgres(postgres_dsn) if postgres_dsn else connect_duckdb(database, read_only=True)
        connection = stack.enter_context(connect)
        (load,) = loads_to_validate(connection, family, set())
        assert load.load_id == LAST
        return run.validate(connection, load)


def unmet(results: Sequence[Result]) -> dict[str, str]:
    """Expectations that were not met, by table, with their severity."""
    return {f"{result.table_name}: {result.expectation}": str(result.severity) for result in results if result.outcome is Outcome.FAILED}


@pytest.mark.parametrize(("table", "family"), [("raw_events.events", "events"), ("raw_logs.ai_model_requests", "logs")])
def test_a_load_like_those_before_meets_everything_and_is_judged(warehouse: Path, table: str, family: Family) -> None:
    bring(warehouse, table, LOADS, day(table))
    results = validated(warehouse, family)
    assert unmet(results) == {}
    name = table.partition(".")[2]
    judged = {result.expectation for result in results if result.table_name == name and result.outcome is Outcome.PASSED}
    assert {"row count is usual", "keys are new", "latest event is recent", "columns have their types"} <= judged
    assert {"events": "event_type has its usual mix", "logs": "latency_ms has its usual median"}[family] in judged


FAULTS: dict[str, tuple[list[Row], dict[str, str]]] = {
    "out of range": (
        day("raw_events.events", ai_confidence=lambda n: 80 + n / 100 if n % 3 == 0 else None),
        {"events: ai_confidence is in its range": "fail"},
    ),
    "three of a hundred out of range": (
        day("raw_events.events", ai_confidence=lambda n: (2 if n < 9 else 0.9) if n % 3 == 0 else None),
        {"events: ai_confidence is in its range": "fail"},
    ),
    "another mix of types": (
        day("raw_events.events", event_type=lambda n: TYPES[2] if n % 10 else TYPES[0]),
        {"events: event_type has its usual mix": "warn"},
    ),
    "another unit": (
        day("raw_events.events", duration_seconds=lambda n: 300_000.0 + n if n % 3 == 0 else None),
        {"events: duration_seconds has its usual median": "warn"},
    ),
    "a tenth of the rows": (day("raw_events.events")[:: -ROWS // (ROWS // 10)][: ROWS // 10], {"events: row count is usual": "warn"}),
    "twice the rows and more": (
        [row | {"event_id": f"{row['event_id']} {copy}"} for row in day("raw_events.events") for copy in range(3)],
        {"events: row count is usual": "warn"},
    ),
    "a field that is gone": (day("raw_events.events", user_id=lambda _: None), {"events: user_id is empty as often as usual": "warn"}),
    "keys of yesterday": (
        day("raw_events.events", event_id=lambda n: f"e-{LOADS - (n % 5 == 0)}-{n}"),
        {"events: keys are new": "warn"},
    ),
    "keys repeated within": (day("raw_events.events", event_id=lambda n: f"e-{n - n % 2}-x"), {"events: keys are new": "warn"}),
    "a required value missing": (
        day("raw_events.events", event_type=lambda n: None if n == 7 else TYPES[(n % 10 > 5) + (n % 10 > 8)]),
        {"events: event_type is there": "fail"},
    ),
    "a word of no list": (
        day("raw_events.events", dialect=lambda n: "morse" if n == 7 else "native"),
        {"events: dialect is one of its words": "fail"},
    ),
    "received before it happened": (
        day("raw_events.events", received_at=lambda n: FIRST_DAY if n % 10 == 0 else FIRST_DAY + timedelta(days=30)),
        {"events: received_at is not before occurred_at": "warn"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_its_expectation_and_no_other(warehouse: Path, fault: str) -> None:
    rows, expected = FAULTS[fault]
    bring(warehouse, "raw_events.events", LOADS, rows)
    assert unmet(validated(warehouse)) == expected


def test_old_events_only_are_behind(warehouse: Path) -> None:
    rows = day(
        "raw_events.events", occurred_at=lambda n: FIRST_DAY + timedelta(minutes=n), received_at=lambda _: FIRST_DAY + timedelta(days=9)
    )
    bring(warehouse, "raw_events.events", LOADS, rows)
    assert unmet(validated(warehouse)) == {"events: latest event is recent": "warn"}


def test_a_table_that_stays_away_is_missed(warehouse: Path) -> None:
    bring(warehouse, "raw_logs.visits", LOADS, [{"tenant_id": "one", "visit_id": "v", "person_key": "p", "visited_at": FIRST_DAY}])
    results = validated(warehouse, "logs")
    assert unmet(results) == {"ai_model_requests: row count is usual": "warn"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("drop column platform", "columns are those of the contract"),
        ("add column colour text", "columns are those of the contract"),
        ("alter column country type bigint", "columns have their types"),
        ("alter column ai_confidence type text", "columns have their types"),
    ],
)
def test_a_changed_table_fails_once(warehouse: Path, change: str, expected: str) -> None:
    bring(warehouse, "raw_events.events", LOADS, day("raw_events.events"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"alter table raw_events.events {change}")
    assert unmet(validated(warehouse)) == {f"events: {expected}": "fail"}


@pytest.mark.parametrize(("rejected", "expected"), [(14, {}), (16, {"warn"}), (151, {"warn", "fail"})])
def test_rejected_rows_are_told_and_then_fail(warehouse: Path, rejected: int, expected: set[str]) -> None:
    """Of 300 lines: under 5 %, over 5 %, over half."""
    bring(warehouse, "raw_events.events", LOADS, day("raw_events.events"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update raw_events.load_files set rows_rejected = ? where _dlt_load_id = ?", [rejected, LAST])
    found = unmet(validated(warehouse))
    assert set(found) <= {
        "(all files): few rows are rejected (warn)",
        "(all files): few rows are rejected (fail)",
        "events: few rows are rejected (warn)",
    }
    assert set(found.values()) == set(expected)


def test_the_first_loads_are_not_compared(tmp_path: Path) -> None:
    database = tmp_path / "young.duckdb"
    create_raw(database)
    bring(database, "raw_events.events", LOADS, day("raw_events.events", event_type=lambda _: "only.one")[:150])
    results = validated(database)
    assert unmet(results) == {}
    skipped = {result.expectation: result.detail for result in results if result.outcome is Outcome.SKIPPED}
    assert "3 of the 7 loads before" in skipped["row count is usual"]
    assert "event_type has its usual mix" in skipped


def test_nothing_personal_is_told(warehouse: Path) -> None:
    """Neither a scanned word nor a pseudonym; a plain number may be."""
    rows = day(
        "raw_events.events",
        dialect=lambda _: "someone@example.com",
        ai_confidence=lambda _: 41.5,
        event_type=lambda _: "someone@example.com",
    )
    bring(warehouse, "raw_events.events", LOADS, rows)
    results = validated(warehouse)
    assert "events: dialect is one of its words" in unmet(results)
    told = " ".join(str(result.record()) for result in results)
    assert "someone" not in told
    assert "hash-" not in told
    assert "such as 41.5" in told


def test_above_a_number_of_rows_a_sample_is_looked_at(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Always the same one; measures are of all rows."""
    monkeypatch.setattr(measures, "SAMPLE_ROWS", 100)
    bring(warehouse, "raw_events.events", LOADS, day("raw_events.events", duration_seconds=lambda _: 100.0))
    first, second = validated(warehouse), validated(warehouse)
    assert [result.detail for result in first] == [result.detail for result in second]
    found = {result.expectation: result for result in first if result.table_name == "events"}
    looked_at = int(found["event_type is there"].detail.split(" of ")[1].split()[0])
    assert 60 < looked_at < 140
    assert "sample" in found["event_type is there"].detail
    assert found["row count is usual"].observed == 1.0


def test_postgres_finds_the_same(warehouse: Path, postgres_server: str) -> None:
    bring(warehouse, "raw_events.events", LOADS, FAULTS["out of range"][0])
    bring(warehouse, "raw_logs.ai_model_requests", LOADS, day("raw_logs.ai_model_requests", latency_ms=lambda n: 5000.0 + n))
    dsn = fresh_database(postgres_server, "validation")
    copy_to_postgres(warehouse, dsn)
    for family in ("events", "logs"):
        on_duckdb, on_postgres = validated(warehouse, family), validated(warehouse, family, dsn)
        assert [(result.table_name, result.expectation, result.outcome, result.detail) for result in on_postgres] == [
            (result.table_name, result.expectation, result.outcome, result.detail) for result in on_duckdb
        ]
    assert unmet(on_postgres) == {"ai_model_requests: latency_ms has its usual median": "warn"}


def test_results_are_kept_on_postgres(warehouse: Path, postgres_server: str) -> None:
    bring(warehouse, "raw_events.events", LOADS, FAULTS["out of range"][0])
    dsn = fresh_database(postgres_server, "kept")
    copy_to_postgres(warehouse, dsn)
    results = validated(warehouse)
    with connect_postgres(dsn) as connection:
        require_valid(connection)
        save(connection, results)
        with pytest.raises(ValidationError, match="ai_confidence"):
            require_valid(connection)
        # What is found later of the same load replaces it.
        save(connection, [replace(result, is_accepted=True) for result in results])
        require_valid(connection)
        (kept,) = last_validations(connection)
        assert (kept["load_id"], kept["failed"], kept["accepted"]) == (LAST, 0, 1)
        assert kept["passed"] + kept["skipped"] + 1 == len(results)
