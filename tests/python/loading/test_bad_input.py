"""Everything that senders get wrong, in one landing area: each line has the fate that it should have, and no load fails."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from bad_files import FILES, KINDS, LOGS, PARQUET_TIMES, PARQUET_VALUES, TIMES, VALUES, BadFile, Kind, Value, files_of, write_bad_files
from landing_files import Row
from loads import content_queries, load_into, query, state
from project import dbt, fresh_database

from ingestion.load import LoadResult
from ingestion.reasons import Reason


@dataclass
class Loaded:
    """A warehouse of the bad files, and what is in it by path."""

    folder: Path
    results: dict[str, LoadResult]
    accounts: dict[str, dict[str, Row]]
    rejected: dict[str, dict[int, tuple[str, str | None]]]
    rows: dict[str, list[Row]]

    @property
    def database(self) -> Path:
        return self.folder / "w.duckdb"

    def keys(self, kind: Kind, path: str) -> list[str]:
        return [row[kind.key] for row in self.rows[path]]


def records(database: Path, sql: str) -> list[Row]:
    names = [name for name, *_ in query(database, f"describe {sql}")]
    return [dict(zip(names, row, strict=True)) for row in query(database, sql)]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("bad")
    write_bad_files(folder / "landing")
    database = folder / "w.duckdb"
    results = load_into(database, folder / "landing")
    accounts: dict[str, dict[str, Row]] = defaultdict(dict)
    for account in records(database, "from raw_operations.load_files"):
        accounts[account["path"]][account["table_name"]] = account
    rejected: dict[str, dict[int, tuple[str, str | None]]] = defaultdict(dict)
    for row in records(database, "from raw_quarantine.rejected_rows"):
        assert row["line_no"] not in rejected[row["path"]]
        rejected[row["path"]][row["line_no"]] = (row["reason_code"], row["field"])
    rows: dict[str, list[Row]] = defaultdict(list)
    for table in ("raw_events.events", "raw_payments.charges", "raw_payments.fx_rates", "raw_logs.raw_message", "raw_logs.sync_log"):
        for row in records(
            database,
            f"select r.*, path from {table} as r "
            "join (select distinct file_id, path from raw_operations.load_files) using (file_id) order by path, line_no",
        ):
            rows[row["path"]].append(row)
    return Loaded(folder, results, accounts, rejected, rows)


def expected_account(read: int, accepted: int) -> tuple[int, int, int, int]:
    return (read, accepted, read - accepted, 0)


def told_account(account: Row) -> tuple[int, ...]:
    return tuple(account[name] for name in ("rows_read", "rows_accepted", "rows_rejected", "rows_duplicate"))


@pytest.mark.parametrize(
    ("kind", "file"), [pytest.param(kind, file, id=f"{kind.family}-{file.name}") for kind in KINDS for file in files_of(kind)]
)
def test_of_a_bad_file_what_is_good_is_loaded(bad: Loaded, kind: Kind, file: BadFile) -> None:
    path = f"{kind.folder}/{file.name}"
    assert bad.rejected[path] == {line: (str(reason), None) for line, reason in file.rejected.items()}
    assert bad.keys(kind, path) == list(file.good)
    # Lines that never became an object belong to no kind of Stripe object.
    accounts = bad.accounts[path]
    read = len(file.good) + len(file.rejected)
    assert tuple(map(sum, zip(*map(told_account, accounts.values()), strict=True))) == expected_account(read, len(file.good))
    assert {account["error"] for account in accounts.values()} == {str(file.error) if file.error else None}


def test_every_row_of_a_bad_file_is_as_good_as_another(bad: Loaded) -> None:
    for kind in KINDS:
        (good, _) = bad.rows[f"{kind.folder}/malformed.jsonl"]
        ignored = {"path", "file_id", "line_no"}
        for file in FILES:
            for row in bad.rows[f"{kind.folder}/{file.name}"]:
                if row[kind.key] == good[kind.key]:
                    assert {**row, **{name: good[name] for name in ignored}} == good, file.name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.family)
def test_times_are_read_or_refused(bad: Loaded, kind: Kind) -> None:
    path = f"{kind.folder}/times.jsonl"
    refused = {line: (str(fate), kind.time_field) for line, (_, fate) in enumerate(TIMES, 1) if isinstance(fate, Reason)}
    assert bad.rejected[path] == refused
    read = {row["line_no"]: row[kind.time] for row in bad.rows[path]}
    assert read == {line: fate for line, (_, fate) in enumerate(TIMES, 1) if not isinstance(fate, Reason)}


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{value.kind.family}-{value.name}")
def test_an_odd_value_is_stored_as_told_or_refused(bad: Loaded, value: Value) -> None:
    path = f"{value.kind.folder}/values.jsonl"
    line = [each for each in VALUES if each.kind is value.kind].index(value) + 1
    found = [row for row in bad.rows[path] if row["line_no"] == line]
    if value.reason:
        assert bad.rejected[path][line] == (str(value.reason), value.field)
        assert not found
        return
    assert line not in bad.rejected[path]
    (row,) = found
    for name, stored in value.stored.items():
        if stored == "[hashed]":
            assert len(row[name]) == 64
            assert set(row[name]) <= set("0123456789abcdef")
        else:
            assert row[name] == stored


@pytest.mark.parametrize("name", PARQUET_VALUES)
def test_parquet_columns_of_other_types_are_read(bad: Loaded, name: str) -> None:
    given, missing = (json.loads(row["extra"])[name] for row in bad.rows[f"{LOGS.folder}/{name}.parquet"])
    assert given == PARQUET_VALUES[name][2]
    assert missing is None


@pytest.mark.parametrize("name", PARQUET_TIMES)
def test_parquet_times_of_every_type_are_read(bad: Loaded, name: str) -> None:
    assert {row["sent_at"] for row in bad.rows[f"{LOGS.folder}/time_in_{name}.parquet"]} == {PARQUET_TIMES[name][2]}


def test_columns_without_a_name_are_kept(bad: Loaded) -> None:
    first, second = (json.loads(row["extra"]) for row in bad.rows[f"{LOGS.folder}/nameless_columns.csv"])
    assert first == {"note": "-", "column_8": "1", "column_9": "2"}
    assert second == {"note": "-", "column_8": None, "column_9": None}


def test_the_row_tells_its_tenant_before_the_folder(bad: Loaded) -> None:
    assert [(row["event_id"], row["tenant_id"]) for row in bad.rows["events/tenant=two/rows.jsonl"]] == [
        ("path-1", "one"),
        ("path-2", "two"),
    ]


def test_other_tables(bad: Loaded) -> None:
    assert bad.rejected["payments/fx_rates/a.csv"] == {1: ("malformed_csv", None), 2: ("bad_timestamp", "date")}
    assert [row["currency"] for row in bad.rows["payments/fx_rates/a.csv"]] == ["jpy"]
    assert [row["record_count"] for row in bad.rows["logs/sync_log/a.csv"]] == [5]
    assert bad.rejected["logs/no_such_table/a.jsonl"] == {1: ("unknown_table", None)}


def test_the_counts_of_all_add_up(bad: Loaded) -> None:
    for kind in KINDS:
        result = bad.results[kind.family]
        assert result.rows_read == result.rows_accepted + result.rows_rejected
        paths = [path for path in bad.accounts if path.startswith(f"{kind.family}/")]
        assert result.files_read == len(paths)
        assert result.rows_rejected == sum(len(bad.rejected[path]) for path in paths)
        assert result.rows_accepted == sum(len(bad.rows[path]) for path in paths)
        assert not [path for path in paths if "loop" in path or "folder" in path or "nowhere" in path]
    assert bad.results["logs"].unregistered_tenants == ("newcomer", "one")


def read_postgres(dsn: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_postgres_holds_the_same_rows_and_the_models_read_them(bad: Loaded, postgres_server: str) -> None:
    dsn = fresh_database(postgres_server, "bad_input")
    load_into(bad.folder / "postgres", bad.folder / "landing", postgres_dsn=dsn)
    assert {name: sorted(read_postgres(dsn, sql), key=str) for name, sql in content_queries().items()} == state(bad.database)

    selected = ("run", "--select", "+stg_events__events", "+stg_payments__charges", "+stg_logs__messages", "path:models/staging/operations")
    dbt(*selected, database=bad.database)
    dbt(*selected, database=bad.database, postgres_dsn=dsn)
    for model in ("stg_events__events", "stg_payments__charges", "stg_logs__messages", "stg_operations__rejected_rows"):
        (schema,) = query(bad.database, f"select table_schema from information_schema.tables where table_name = '{model}'")[0]
        sql = f"select count(*), count(distinct tenant_id) from {schema}.{model}"
        assert read_postgres(dsn, sql) == query(bad.database, sql), model
