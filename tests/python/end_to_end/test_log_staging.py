"""The staging models of the logs, on both engines: of the rows that share a key, one, and the right one."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from landing_files import Row
from loads import query
from log_rows import MODELS, stored
from project import dbt, fresh_database
from raw import copy_to_postgres, create_raw, insert


def at(hour: int) -> datetime:
    return datetime(2026, 3, 2, hour)


# Versions of one thing, the one that counts first; without any, the row stands twice as it is.
UPDATED: list[Row] = [{"updated_at": at(11)}, {"updated_at": at(9)}]
UPDATED_OR_NOT: list[Row] = [*UPDATED, {"updated_at": None}]
VERSIONS: dict[str, list[list[Row]]] = {
    "automation_log": [
        UPDATED_OR_NOT,
        [{"updated_at": None, "converted_at": at(10)}, {"updated_at": at(9)}, {"updated_at": None, "converted_at": None, "ran_at": at(8)}],
    ],
    "notification_log": [[{"occurred_at": at(9)}, {"occurred_at": at(10)}]],
    "experiments": [UPDATED_OR_NOT],
    "message_campaigns": [UPDATED],
    "message_deliveries": [
        UPDATED_OR_NOT,
        [
            {"updated_at": None, "dismissed_at": at(12)},
            {"updated_at": at(11)},
            {"updated_at": None, "dismissed_at": None, "acknowledged_at": at(10)},
            {"updated_at": None, "dismissed_at": None, "acknowledged_at": None, "delivered_at": at(9)},
            {"updated_at": None, "dismissed_at": None, "acknowledged_at": None, "delivered_at": None, "created_at": at(8)},
        ],
    ],
    "message_threads": [UPDATED_OR_NOT],
    "thread_messages": [
        UPDATED_OR_NOT,
        [{"updated_at": None, "read_at": at(10)}, {"updated_at": at(9)}, {"updated_at": None, "read_at": None, "sent_at": at(8)}],
    ],
    "experience_profiles": [UPDATED],
    "tournaments": [UPDATED_OR_NOT],
    "tournament_entries": [UPDATED_OR_NOT],
    "access_grants": [
        [{"updated_at": at(11), "valid_to": None}, {"updated_at": at(9), "valid_to": at(10)}, {"updated_at": None, "valid_to": at(8)}],
        [{"updated_at": None, "valid_to": at(9)}, {"updated_at": None, "valid_to": at(12)}, {"updated_at": None, "valid_to": None}],
    ],
    "platform_costs": [UPDATED_OR_NOT],
    "report_deliveries": [
        [{"updated_at": datetime(2027, 1, 1)}, {"updated_at": at(9)}, {"updated_at": None}],
        [
            {"updated_at": None, "delivered_at": at(10)},
            {"updated_at": at(9)},
            {"updated_at": None, "delivered_at": None, "scheduled_at": at(8)},
        ],
    ],
}


def lives(table: str) -> list[tuple[str, list[Row]]]:
    """A tenant for each life of the same thing."""
    return [(f"tenant_{number}", versions) for number, versions in enumerate(VERSIONS.get(table, [[{}]]))]


# Visits of a live source, by line: what loads noted of them, by load, and whether they are shown. Load 0 was killed.
DELETIONS: dict[int, tuple[list[tuple[str, bool]], bool]] = {
    1: ([("1", True)], False),
    2: ([("1", True), ("2", False)], True),
    3: ([("1", True), ("2", False), ("2b", True)], False),
    4: ([("0", True)], True),
    5: ([("1", True), ("0", False)], False),
    6: ([], True),
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every version received twice, the one that counts last; and first of all by a load that was killed."""
    database = tmp_path_factory.mktemp("staging") / "logs.duckdb"
    create_raw(database)
    for table in MODELS:
        rows = [stored(table) | version | {"tenant_id": tenant} for tenant, versions in lives(table) for version in reversed(versions)]
        insert(database, f"raw_logs.{table}", rows, load_id="2", loaded_at=datetime(2026, 3, 4), file_id="again")
        insert(database, f"raw_logs.{table}", rows, load_id="1", loaded_at=datetime(2026, 3, 3), file_id="first")
        insert(database, f"raw_logs.{table}", rows, load_id="0", loaded_at=datetime(2026, 3, 2), file_id="killed", is_complete=False)
    visits = [stored("visits") | {"tenant_id": "deleting", "visit_id": f"v-{line}"} for line in DELETIONS]
    for load_id in ("1", "2b"):
        insert(database, "raw_logs.visits", visits if load_id == "1" else [], load_id=load_id, file_id="source")
    with duckdb.connect(str(database)) as connection:
        for line, (changes, _) in DELETIONS.items():
            for load_id, is_deleted in changes:
                connection.execute(
                    "insert into raw_logs.deleted_rows by name select 'deleting' as tenant_id, 'logs' as family, 'visits' as table_name, "
                    "'source' as file_id, ? as line_no, ? as is_deleted, ? as _dlt_load_id",
                    [line, is_deleted, load_id],
                )
    return database


@pytest.fixture(scope="module")
def staged(database: Path) -> Path:
    dbt("build", "--select", "staging.logs", database=database)
    return database


@pytest.fixture(scope="module")
def staged_on_postgres(staged: Path, postgres_server: str) -> str:
    dsn = fresh_database(postgres_server, "log_staging")
    copy_to_postgres(staged, dsn)
    dbt("run", "--select", "staging.logs", database=staged, postgres_dsn=dsn)
    return dsn


@pytest.mark.parametrize("table", MODELS)
def test_one_row_per_key_the_latest_version_or_the_first_received(staged: Path, table: str) -> None:
    expected, line_no = [], 0
    for tenant, versions in lives(table):
        line_no += len(versions)
        expected.append((tenant, "1", line_no))
    sql = f"select tenant_id, load_id, line_no from staging.stg_logs__{MODELS[table]} where tenant_id <> 'deleting' order by tenant_id"
    assert query(staged, sql) == expected


def test_rows_that_are_gone_from_their_source_are_left_out_until_they_are_back(staged: Path) -> None:
    found = query(staged, "select visit_id from staging.stg_logs__visits where tenant_id = 'deleting' order by visit_id")
    assert found == [(f"v-{line}",) for line, (_, is_shown) in DELETIONS.items() if is_shown]


# What staging writes otherwise than it was sent.
TIDIED = {"account_binding_log": {"binding_type": "sms"}, "platform_costs": {"currency": "USD"}}


@pytest.mark.parametrize("table", MODELS)
def test_every_column_comes_through(staged: Path, table: str) -> None:
    with duckdb.connect(str(staged), read_only=True) as connection:
        cursor = connection.execute(f"select * from staging.stg_logs__{MODELS[table]} where tenant_id = 'tenant_0'")
        found: dict[str, Any] = dict(zip((column[0] for column in cursor.description or []), cursor.fetchone() or (), strict=True))
    (_, versions), *_ = lives(table)
    expected = stored(table) | {"tenant_id": "tenant_0"} | versions[0] | TIDIED.get(table, {})
    assert {name: found[name] for name in expected} == expected
    assert set(found) - set(expected) == {"extra", "payload_hash", "file_id", "line_no", "loaded_at", "load_id"}
    assert next(iter(found)) == "tenant_id"


def test_postgres_stages_the_same_rows(staged: Path, staged_on_postgres: str) -> None:
    with closing(psycopg2.connect(staged_on_postgres)) as connection, connection.cursor() as cursor:
        for model in MODELS.values():
            sql = f"select * from staging.stg_logs__{model}"
            cursor.execute(sql)
            assert sorted(cursor.fetchall(), key=str) == sorted(query(staged, sql), key=str), model


def test_the_sources_refuse_what_the_contract_forbids(database: Path, tmp_path: Path) -> None:
    """Rows that came past the loader: a required value that is missing, a word that is not listed, a number too small."""
    spoilt = tmp_path / "spoilt.duckdb"
    shutil.copy(database, spoilt)
    with duckdb.connect(str(spoilt)) as connection:
        connection.execute("update raw_logs.visits set visited_at = null")
        connection.execute("update raw_logs.notification_log set status = 'seen'")
        connection.execute("update raw_logs.ai_assist_log set tokens = -1")
        connection.execute("update raw_logs.checkins set person_type = null")
    with pytest.raises(AssertionError) as failed:
        dbt("test", "--select", "source:raw_logs", database=spoilt)
    failures = set(re.findall(r"FAIL \d+ raw_logs_(\w+)_as_declared", str(failed.value)))
    assert failures == {"visits", "notification_log", "ai_assist_log"}
