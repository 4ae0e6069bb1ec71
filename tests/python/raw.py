"""Raw tables without a load: for tests of the models, which need a few exact rows and nothing else.

    create_raw(database)
    insert(database, "raw_events.events", [{"tenant_id": "t", "event_id": "e1", "event_type": "x", "occurred_at": "2026-01-01 10:00"}])

Columns that a row does not name are null; the bookkeeping columns are filled, the load is marked complete (unless told
otherwise) and its file is entered in `load_files`, from which the models take their clock.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import psycopg2.extensions
import pyarrow

from ingestion.contracts import LOAD_FILES, TABLES, Column, Table
from ingestion.warehouse import DATASETS, declared_tables, view_statements

DUCKDB_TYPES = {
    "text": "varchar",
    "bigint": "bigint",
    "double": "double",
    "decimal": "decimal(38,12)",
    "bool": "boolean",
    "timestamp": "timestamp",
    "date": "date",
    "json": "varchar",
}

POSTGRES_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision", "TIMESTAMP WITH TIME ZONE": "timestamptz"}
NULL = "\\N"

LOADED_AT = datetime(2026, 12, 31)


def _create(connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[Column]) -> None:
    types = ", ".join(f"{column.name} {DUCKDB_TYPES[column.type]}" for column in columns)
    connection.execute(f"create table {name} ({types})")


def create_raw(database: Path) -> None:
    """Creates every raw schema, table and view, empty, in a DuckDB file."""
    with duckdb.connect(str(database)) as connection:
        for dataset in DATASETS:
            schema = f"raw_{dataset}"
            connection.execute(f"create schema {schema}")
            connection.execute(
                f"create table {schema}._dlt_loads "
                "(load_id varchar, schema_name varchar, status bigint, inserted_at timestamptz, schema_version_hash varchar)"
            )
            for name, columns in declared_tables(dataset).items():
                _create(connection, f"{schema}.{name}", columns)
        for statement in view_statements():
            connection.execute(statement)


def _table(qualified_name: str) -> Table:
    schema, _, name = qualified_name.partition(".")
    datasets = {f"raw_{dataset}": family for dataset, family in DATASETS.items()}
    return next(table for table in TABLES if (table.family, table.name) == (datasets[schema], name))


def _insert_dicts(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """In one statement: row by row, a few thousand rows take seconds."""
    if not rows:
        return
    names = dict.fromkeys(name for row in rows for name in row)
    connection.register("incoming", pyarrow.table({name: [row.get(name) for row in rows] for name in names}))
    connection.execute(f"insert into {name} by name select * from incoming")
    connection.unregister("incoming")


def insert(
    database: Path,
    qualified_name: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    load_id: str = "1767225600.0",
    loaded_at: datetime = LOADED_AT,
    file_id: str = "file",
    is_complete: bool = True,
) -> None:
    """Appends rows to a raw table as one load would; a column that the contract does not know is an error of the test."""
    table = _table(qualified_name)
    schema = qualified_name.partition(".")[0]
    known = {column.name for column in table.stored_columns}
    if unknown := {name for row in rows for name in row} - known:
        raise KeyError(f"{qualified_name} has no column {', '.join(sorted(unknown))}")
    filled = [
        {
            "payload_hash": hashlib.sha256(json.dumps(dict(row), sort_keys=True, default=str).encode()).hexdigest(),
            "file_id": file_id,
            "line_no": number,
            "loaded_at": loaded_at,
            "_dlt_load_id": load_id,
            **row,
        }
        for number, row in enumerate(rows, start=1)
    ]
    with duckdb.connect(str(database)) as connection:
        _insert_dicts(connection, qualified_name, filled)
        if is_complete:
            connection.execute(
                f"insert into {schema}._dlt_loads select ?, ?, 0, ?::timestamptz, '' "
                f"where ? not in (select load_id from {schema}._dlt_loads)",
                [load_id, schema, loaded_at, load_id],
            )
        event_time = table.event_time or "null::timestamp"
        first, last = connection.execute(
            f"select min({event_time}), max({event_time}) from {qualified_name} where _dlt_load_id = ? and file_id = ?", [load_id, file_id]
        ).fetchone() or (None, None)
        manifest = {
            "family": table.family,
            "table_name": table.name,
            "file_id": file_id,
            "path": f"{table.family}/{file_id}",
            "rows_read": len(rows),
            "rows_accepted": len(rows),
            "min_event_at": first,
            "max_event_at": last,
            "loaded_at": loaded_at,
            "_dlt_load_id": load_id,
        }
        counts = {column.name: 0 for column in LOAD_FILES if column.type == "bigint"}
        _insert_dicts(connection, f"{schema}.load_files", [counts | manifest])


def copy_to_postgres(database: Path, dsn: str, schemas: Sequence[str] = ()) -> None:
    """Copies every raw table of a DuckDB file, and the tables of more schemas, into an empty PostgreSQL database."""
    wanted = [*(f"raw_{dataset}" for dataset in DATASETS), *schemas]
    with duckdb.connect(str(database), read_only=True) as connection, closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        columns = connection.execute(
            "select table_schema, table_name, column_name, data_type from information_schema.columns "
            "where list_contains(?, table_schema) order by table_schema, table_name, ordinal_position",
            [wanted],
        ).fetchall()
        for schema in wanted:
            cursor.execute(f"create schema {schema}")
        for (schema, table), own in groupby(columns, key=lambda column: column[:2]):
            types = ", ".join(f"{name} {POSTGRES_TYPES.get(type_, type_)}" for _, _, name, type_ in own)
            cursor.execute(f"create table {schema}.{table} ({types})")
            _copy_rows(connection, cursor, schema, table)
        for statement in view_statements():
            cursor.execute(statement)
        server.commit()


def refill_postgres(database: Path, dsn: str, tables: Sequence[str] = ()) -> None:
    """Copies every raw table, and more tables, into a database that `copy_to_postgres` has filled before, in place of what is there."""
    with duckdb.connect(str(database), read_only=True) as connection, closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        stored = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables where list_contains(?, table_schema)",
            [[f"raw_{dataset}" for dataset in DATASETS]],
        ).fetchall()
        for name in [*(name for (name,) in stored), *tables]:
            schema, _, table = name.partition(".")
            cursor.execute(f"truncate {name}")
            _copy_rows(connection, cursor, schema, table)
        server.commit()


def _copy_rows(connection: duckdb.DuckDBPyConnection, cursor: psycopg2.extensions.cursor, schema: str, table: str) -> None:
    lines = io.StringIO()
    csv.writer(lines).writerows(
        [NULL if value is None else value for value in row] for row in connection.execute(f"from {schema}.{table}").fetchall()
    )
    lines.seek(0)
    cursor.copy_expert(f"copy {schema}.{table} from stdin (format csv, null '{NULL}')", lines)
