"""Senders and contracts change: what is new is kept and told, what is wrong is set apart, and no row is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from bad_files import KINDS, Kind, charge
from landing_files import Processed, Row, event, message, subscription, write
from loads import ROOT, load_into, query
from project import fresh_database

from ingestion.processing import LONGEST_NAME, MOST_FIELDS


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.family)
def test_new_fields_are_kept_and_told(tmp_path: Path, kind: Kind) -> None:
    rows = [kind.row("a") | {"colour": "red"}, kind.row("b") | {"colour": "blue", "shape": {"sides": 3}}, kind.row("c")]
    write(tmp_path, f"{kind.folder}/1.jsonl", rows)
    write(tmp_path, f"{kind.folder}/2.jsonl", [kind.row("d") | {"colour": "red"}, "broken"])
    processed = Processed(tmp_path, kind.family)
    assert [json.loads(row["extra"] or "{}").get("colour") for row in processed.rows[kind.table]] == ["red", "blue", None, "red"]
    assert processed.unknown_fields == {
        ("one", kind.table, "colour"): (3, f"{kind.folder}/1.jsonl"),
        ("one", kind.table, "shape"): (1, f"{kind.folder}/1.jsonl"),
    }


def test_the_name_of_a_new_field_tells_nothing_personal(tmp_path: Path) -> None:
    write(tmp_path, "events/a.jsonl", [event(**{"jane.roe@example.com": 1, "for Jane Roe": 1, "phone": "+1 212 555 0100"})])
    assert {field for *_, field in Processed(tmp_path, "events").unknown_fields} == {"[email]", "[text]"}


def test_keys_that_are_made_of_data_do_not_fill_the_warehouse(tmp_path: Path) -> None:
    rows = [event(event_id=f"e-{number}", often=1, **{f"key{number}": 1}) for number in range(3 * MOST_FIELDS)]
    write(tmp_path, "events/a.jsonl", [*rows, event(**{"long" * LONGEST_NAME: 1})])
    found = {field: count for (*_, field), (count, _) in Processed(tmp_path, "events").unknown_fields.items()}
    assert len(found) == MOST_FIELDS + 1
    assert found["often"] == 3 * MOST_FIELDS
    assert sum(found.values()) == 6 * MOST_FIELDS + 1
    assert max(map(len, found)) <= LONGEST_NAME


def test_a_declared_object_that_is_read_in_part_is_no_new_field(tmp_path: Path) -> None:
    write(tmp_path, "payments/tenant=one/a.jsonl", [subscription(novelty=1)])
    assert {field for _, _, field in Processed(tmp_path, "payments").unknown_fields} == {"novelty"}


CHANGES: dict[str, tuple[Row, Row]] = {
    # A type that changed, and a required field that is no longer sent.
    "events": ({"metrics": {"duration_seconds": "12 seconds"}}, {"event_type": None}),
    "payments": ({"amount": "12 dollars"}, {"currency": None}),
    "logs": ({"is_automated": "partly"}, {"direction": None}),
}
FIELDS = {"events": ("metrics.duration_seconds", "event_type"), "payments": ("amount", "currency"), "logs": ("is_automated", "direction")}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.family)
def test_a_type_that_changed_and_a_field_that_went_are_quarantined(tmp_path: Path, kind: Kind) -> None:
    changed, removed = CHANGES[kind.family]
    write(tmp_path, f"{kind.folder}/a.jsonl", [kind.row("a"), kind.row("b") | changed, kind.row("c") | removed, kind.row("d")])
    processed = Processed(tmp_path, kind.family)
    wrong, missing = FIELDS[kind.family]
    assert processed.reasons() == {2: ("wrong_type", wrong), 3: ("missing_required", missing)}
    assert [row[kind.key] for row in processed.rows[kind.table]] == ["a", "d"]


def test_new_fields_are_told_by_load_and_tenant(workplace: Path) -> None:
    database, landing = workplace / "w.duckdb", workplace / "landing"
    write(landing, "events/b.jsonl", [event(colour="red"), event(tenant_id="two", colour="red")])
    load_into(database, landing, "events")
    write(landing, "events/b.jsonl", [event(colour="red"), event(tenant_id="two", colour="red"), event(event_id="e-9", colour="blue")])
    load_into(database, landing, "events")
    sql = "select tenant_id, field, rows_with_it, path from raw_operations.unknown_fields order by loaded_at, tenant_id"
    assert query(database, sql) == [
        ("one", "colour", 1, "events/b.jsonl"),
        ("two", "colour", 1, "events/b.jsonl"),
        ("one", "colour", 1, "events/b.jsonl"),
    ]


# A contract that has changed: how another version of the project would declare its tables.
_CHANGE = """
import sys, json
from dataclasses import replace
from pathlib import Path
from ingestion import contracts, log_tables
from ingestion.declarations import Column, Table, plain, token

def changed(table):
    {change}
    return table

contracts.LOGS = log_tables.LOGS = tuple(changed(table) for table in log_tables.LOGS) + {more}
contracts.TABLES = (contracts.EVENTS, *contracts.PAYMENTS, *contracts.LOGS)
from ingestion.errors import PlumblineError
from loads import load_into
try:
    load_into(Path(sys.argv[1]), Path(sys.argv[2]), postgres_dsn=sys.argv[3] or None)
except PlumblineError as error:
    sys.exit(error.message)
"""
_NEW_COLUMN = """
    if table.name == "raw_message":
        return replace(table, columns=(plain("priority", "bigint", "How urgent."), *table.columns))
"""
_REMOVED_COLUMN = """
    if table.name == "raw_message":
        return replace(table, columns=tuple(column for column in table.columns if column.name != "thread_id"))
"""
_CHANGED_TYPE = """
    if table.name == "raw_message":
        column = plain("thread_id", "bigint", "The conversation.")
        return replace(table, columns=tuple(column if each.name == column.name else each for each in table.columns))
"""
_NEW_TABLE = (
    """(Table("novelties", "logs", "One row per novelty.", (token("novelty_id", "It.", required=True),), ("novelty_id",), None),)"""
)


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A landing area with three messages, loaded; the DSN of the warehouse, empty for DuckDB."""
    dsn = fresh_database(request.getfixturevalue("postgres_server"), "drift") if request.param == "postgres" else ""
    landing = tmp_path / "landing"
    rows = [message(message_id=f"m-{number}", thread_id=str(number), priority=number) for number in range(3)]
    write(landing, "logs/raw_message/a.jsonl", rows)
    write(landing, "events/a.jsonl", [event()])
    write(landing, "payments/tenant=one/a.jsonl", [charge("c")])
    load_into(tmp_path / "w.duckdb", landing, postgres_dsn=dsn or None)
    return landing, dsn


def ask(landing: Path, dsn: str, sql: str) -> list[tuple[Any, ...]]:
    if not dsn:
        return query(landing.parent / "w.duckdb", sql)
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def load_with(landing: Path, dsn: str, change: str = "pass", more: str = "()") -> subprocess.CompletedProcess[str]:
    """Load with a changed contract."""
    script = _CHANGE.format(change=textwrap.indent(textwrap.dedent(change), "    ").strip(), more=more)
    return subprocess.run(
        [sys.executable, "-c", script, str(landing.parent / "w.duckdb"), str(landing), dsn],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/python'}", "HOME": str(landing.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def add_message(landing: Path, **changes: Any) -> None:
    write(landing, "logs/raw_message/b.jsonl", [message(message_id="m-new", **changes)])


MESSAGES = "select message_id, {} from raw_logs.raw_message order by message_id"


def test_a_new_column_and_a_new_table_are_made(warehouse: tuple[Path, str]) -> None:
    landing, dsn = warehouse
    add_message(landing, thread_id="9", priority=7)
    write(landing, "logs/novelties/a.jsonl", [{"tenant_id": "one", "novelty_id": "n-1"}])
    finished = load_with(landing, dsn, _NEW_COLUMN, _NEW_TABLE)
    assert finished.returncode == 0, finished.stderr
    found = ask(landing, dsn, MESSAGES.format("thread_id, channel, priority"))
    assert found == [("m-0", "0", "email", None), ("m-1", "1", "email", None), ("m-2", "2", "email", None), ("m-new", "9", "email", 7)]
    # What earlier loads read of it is where it was.
    extras = ask(landing, dsn, MESSAGES.format("extra"))
    assert [json.loads(extra or "{}").get("priority") for _, extra in extras] == [0, 1, 2, None]
    assert ask(landing, dsn, "select novelty_id from raw_logs.novelties") == [("n-1",)]


def test_a_column_that_is_no_longer_declared_stays(warehouse: tuple[Path, str]) -> None:
    landing, dsn = warehouse
    add_message(landing, thread_id="9")
    finished = load_with(landing, dsn, _REMOVED_COLUMN)
    assert finished.returncode == 0, finished.stderr
    assert ask(landing, dsn, MESSAGES.format("thread_id, channel")) == [
        ("m-0", "0", "email"),
        ("m-1", "1", "email"),
        ("m-2", "2", "email"),
        ("m-new", None, "email"),
    ]


def test_a_column_of_another_type_is_converted(warehouse: tuple[Path, str]) -> None:
    landing, dsn = warehouse
    if dsn:
        with closing(psycopg2.connect(dsn)) as server, server, server.cursor() as cursor:
            cursor.execute("create view a_model as select thread_id from raw_logs.raw_message")
    add_message(landing, thread_id=9)
    for _ in range(2):
        finished = load_with(landing, dsn, _CHANGED_TYPE)
        assert finished.returncode == 0, finished.stderr
    assert ask(landing, dsn, MESSAGES.format("thread_id, channel")) == [
        ("m-0", 0, "email"),
        ("m-1", 1, "email"),
        ("m-2", 2, "email"),
        ("m-new", 9, "email"),
    ]


def test_a_column_that_cannot_be_converted_stays_as_it_is(warehouse: tuple[Path, str]) -> None:
    landing, dsn = warehouse
    add_message(landing, thread_id="nine")
    load_into(landing.parent / "w.duckdb", landing, postgres_dsn=dsn or None)
    before = ask(landing, dsn, MESSAGES.format("thread_id, channel"))
    finished = load_with(landing, dsn, _CHANGED_TYPE)
    assert finished.returncode == 1
    assert "raw_logs.raw_message.thread_id is declared as bigint now" in finished.stderr
    assert "nine" not in finished.stderr
    assert ask(landing, dsn, MESSAGES.format("thread_id, channel")) == before
    assert load_with(landing, dsn).returncode == 0
