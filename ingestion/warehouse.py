"""The warehouse as ingestion sees it: what completed loads brought, what an unfinished load left behind, and the union views.

Each family is a dlt dataset of its own (`raw_events`, `raw_payments`, `raw_logs`), so that a failing family never holds up
another. A reader wants one list of files, rejects and findings: `raw_operations` and `raw_quarantine` hold the views.
"""

from __future__ import annotations

import fcntl
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import duckdb
import psycopg2
import pyarrow as pa

from ingestion.connections import Connection, Rows, connect_duckdb, connect_postgres, explain_duckdb
from ingestion.contracts import LOAD_FILES, PII_FINDINGS, REJECTED_ROWS, TABLES, UNKNOWN_FIELDS, Column, Family
from ingestion.errors import WarehouseError

FAMILIES: tuple[Family, ...] = get_args(Family)

# The bookkeeping tables that every family's dataset has, and the schema of the view that unites them.
BOOKKEEPING_TABLES: dict[str, tuple[Column, ...]] = {
    "load_files": LOAD_FILES,
    "pii_findings": PII_FINDINGS,
    "rejected_rows": REJECTED_ROWS,
    "unknown_fields": UNKNOWN_FIELDS,
}
VIEW_SCHEMAS: dict[str, str] = {
    "load_files": "raw_operations",
    "pii_findings": "raw_operations",
    "rejected_rows": "raw_quarantine",
    "unknown_fields": "raw_operations",
}


def view_statements() -> list[str]:
    """The statements, the same on DuckDB and PostgreSQL, that create the union views over completed loads."""
    statements = [f"create schema if not exists {schema}" for schema in sorted(set(VIEW_SCHEMAS.values()))]
    for table, columns in BOOKKEEPING_TABLES.items():
        names = ", ".join(column.name for column in columns)
        selects = [f"select {names} from raw_{family}.{table} where {completed(family)}" for family in FAMILIES]
        statements.append(f"create or replace view {VIEW_SCHEMAS[table]}.{table} as {' union all '.join(selects)}")
    return statements


def completed(family: Family) -> str:
    """The condition that a row belongs to a load that completed."""
    return f"_dlt_load_id in (select load_id from raw_{family}._dlt_loads where status = 0)"


def declared_tables(family: Family) -> dict[str, tuple[Column, ...]]:
    """Every table of a family's dataset, by name, with its stored columns."""
    raw = {table.name: table.stored_columns for table in TABLES if table.family == family}
    return raw | BOOKKEEPING_TABLES


_ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "json": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "decimal": pa.decimal128(38, 12),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}


# What a declared type is called in the catalogue of each engine, and in its statements.
_SQL_TYPES: dict[str, dict[str, str]] = {
    "duckdb": {
        "text": "varchar",
        "json": "varchar",
        "bigint": "bigint",
        "double": "double",
        "decimal": "decimal(38,12)",
        "bool": "boolean",
        "timestamp": "timestamp",
        "date": "date",
    },
    "postgres": {
        "text": "character varying",
        "json": "character varying",
        "bigint": "bigint",
        "double": "double precision",
        "decimal": "numeric",
        "bool": "boolean",
        "timestamp": "timestamp without time zone",
        "date": "date",
    },
}


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """The columns as they are handed to dlt, which adds the load id itself."""
    return pa.schema([(column.name, _ARROW_TYPES[column.type]) for column in columns if column.name != "_dlt_load_id"])


@dataclass(frozen=True)
class Warehouse:
    """Where to load: a DuckDB file, or a PostgreSQL server by its connection URL."""

    target: str
    database: Path
    postgres_dsn: str | None

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection whose statements are committed together. Raises WarehouseError with the remedy."""
        if self.target == "postgres":
            with connect_postgres(self.postgres_dsn or "") as connection:
                yield connection
            return
        try:
            self.database.parent.mkdir(parents=True, exist_ok=True)
            if not self.database.exists():
                self._create()
        except (OSError, duckdb.Error) as error:
            raise explain_duckdb(error, self.database) from error
        with connect_duckdb(self.database) as connection:
            yield connection

    def _create(self) -> None:
        """Make an empty DuckDB file under another name first: one that was begun and never finished cannot be opened."""
        begun = self.database.with_name(f"{self.database.name}.new")
        begun.unlink(missing_ok=True)
        duckdb.connect(str(begun)).close()
        begun.replace(self.database)

    @contextmanager
    def only_load(self) -> Iterator[None]:
        """Holds the right to load into this warehouse; it ends with the process, however that ends. Raises WarehouseError."""
        busy = WarehouseError("Another load into this warehouse is running.", "Wait for it to end, then load again.")
        if self.target == "duckdb":
            self.database.parent.mkdir(parents=True, exist_ok=True)
            with self.database.with_name(f"{self.database.name}.load-lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise busy from error
                yield
            return
        with self.connect() as connection:
            if connection.execute("select pg_try_advisory_lock(hashtext('plumbline load'))") != [(True,)]:
                raise busy
            # The lock is the session's: servers end sessions that are idle in a transaction.
            connection.commit()
            yield

    def prepare(self, family: Family) -> bool:
        """Take back what an unfinished load left of a family, and give columns the types that are declared now; returns whether every
        declared table exists already."""
        with self.connect() as connection:
            found = connection.columns(f"raw_{family}")
            if "_dlt_loads" in found:
                for table, columns in found.items():
                    if "_dlt_load_id" in columns:
                        connection.execute(f"delete from raw_{family}.{table} where not ({completed(family)})")
        with self.connect() as connection:
            declared = declared_tables(family)
            types = connection.types(f"raw_{family}")
            for table, declared_columns in declared.items():
                for column in declared_columns:
                    wanted = _SQL_TYPES[self.target][column.type]
                    actual = types.get((table, column.name), wanted)
                    if actual.partition("(")[0] != wanted.partition("(")[0]:
                        _retype(connection, f"raw_{family}.{table}", column.name, actual, wanted)
            return all({column.name for column in columns} <= found.get(table, set()) for table, columns in declared.items())

    def create_views(self) -> None:
        """Make the union views; every family's tables exist by then."""
        with self.connect() as connection:
            for statement in view_statements():
                connection.execute(statement)

    def loaded_files(self, family: Family) -> Rows:
        """Path, file id, stamp and key id of every file version that completed loads brought."""
        with self.connect() as connection:
            if "key_id" not in connection.columns(f"raw_{family}").get("load_files", set()):
                return []
            return connection.execute(
                f"select distinct path, file_id, stamp, key_id from raw_{family}.load_files where {completed(family)}"
            )

    def brought(self, family: Family, file_ids: Sequence[str]) -> pa.Table:
        """What file versions brought: table_name, payload_hash, and how many such rows (rows_left). Parts of a Stripe object
        share the fate of its line, so that only tables that files are counted under are asked."""
        names = [table.name for table in TABLES if table.family == family and table.explode is None]
        marks = ", ".join("?" for _ in file_ids)
        selects = [
            f"select '{name}', payload_hash, count(*) from raw_{family}.{name} where file_id in ({marks}) group by payload_hash"
            for name in names
        ]
        with self.connect() as connection:
            rows = connection.execute(" union all ".join(selects), list(file_ids) * len(names))
        schema = pa.schema({"table_name": pa.string(), "payload_hash": pa.string(), "rows_left": pa.int64()})
        return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)

    def quarantined(self, family: Family, file_ids: Sequence[str]) -> Counter[tuple[str, str | None, str]]:
        """The rejected lines of file versions, by reason, field and text."""
        marks = ", ".join("?" for _ in file_ids)
        query = f"select reason_code, field, raw_text, count(*) from raw_{family}.rejected_rows where file_id in ({marks}) group by 1, 2, 3"
        with self.connect() as connection:
            return Counter({(reason, name, text): count for reason, name, text, count in connection.execute(query, file_ids)})


def _retype(connection: Connection, table: str, column: str, actual: str, wanted: str) -> None:
    """Give a column another type. The old column stays beside it under a name that tells its type: models that read it still do, until
    the next build, and no value is lost. Raises WarehouseError when a value cannot be read as the new type: then nothing changes."""
    former = f"{column}__{re.sub('[^a-z0-9]+', '_', actual).strip('_')}"
    connection.execute(f"alter table {table} rename column {column} to {former}")
    connection.execute(f"alter table {table} add column {column} {wanted}")
    try:
        connection.execute(f"update {table} set {column} = cast({former} as {wanted})")
    except (duckdb.Error, psycopg2.Error) as error:
        raise WarehouseError(
            f"The column {table}.{column} is declared as {wanted} now, but holds values that are none; nothing was changed.",
            "Load the landing area into a new warehouse, where such values go to quarantine, or keep the type and declare a new column.",
        ) from error
