"""The warehouse as ingestion sees it: what completed loads brought, what an unfinished load left behind, and the union views.

Each family is a dlt dataset of its own (`raw_events`, `raw_payments`, `raw_logs`), so that a failing family never holds up
another. A reader wants one list of files, rejects and findings: `raw_operations` and `raw_quarantine` hold the views.
"""

from __future__ import annotations

import fcntl
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

import pyarrow as pa

from ingestion.connections import Connection, Rows, connect_duckdb, connect_postgres, explain_duckdb
from ingestion.contracts import DELETED_ROWS, LOAD_FILES, PII_FINDINGS, REJECTED_ROWS, SOURCE_CURSORS, TABLES, Column, Family, Table
from ingestion.errors import WarehouseError
from ingestion.extraction import told_at

# Rejected lines by reason, field and text.
Quarantined = Counter[tuple[str, str | None, str]]

FAMILIES: tuple[Family, ...] = get_args(Family)

# The bookkeeping tables that every family's dataset has, and the schema of the view that unites them.
BOOKKEEPING_TABLES: dict[str, tuple[Column, ...]] = {
    "deleted_rows": DELETED_ROWS,
    "load_files": LOAD_FILES,
    "pii_findings": PII_FINDINGS,
    "rejected_rows": REJECTED_ROWS,
    "source_cursors": SOURCE_CURSORS,
}
VIEW_SCHEMAS: dict[str, str] = {
    "deleted_rows": "raw_operations",
    "load_files": "raw_operations",
    "pii_findings": "raw_operations",
    "rejected_rows": "raw_quarantine",
    "source_cursors": "raw_operations",
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


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """The columns as they are handed to dlt, which adds the load id itself."""
    return pa.schema([(column.name, _ARROW_TYPES[column.type]) for column in columns if column.name != "_dlt_load_id"])


@dataclass(frozen=True)
class Cursor:
    """How far a live source was read: the latest moment that its rows told, if they tell one, and when that load began. Both UTC."""

    at: datetime | None
    loaded_at: datetime


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
        except OSError as error:
            raise explain_duckdb(error, self.database) from error
        with connect_duckdb(self.database) as connection:
            yield connection

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
            yield

    def prepare(self, family: Family) -> bool:
        """Take back what an unfinished load left of a family; returns whether every declared table exists already."""
        with self.connect() as connection:
            found = connection.columns(f"raw_{family}")
            if "_dlt_loads" in found:
                for table, columns in found.items():
                    if "_dlt_load_id" in columns:
                        connection.execute(f"delete from raw_{family}.{table} where not ({completed(family)})")
            declared = declared_tables(family)
            return all({column.name for column in columns} <= found.get(table, set()) for table, columns in declared.items())

    def create_views(self) -> None:
        """Make the union views; every family's tables exist by then."""
        with self.connect() as connection:
            for statement in view_statements():
                connection.execute(statement)

    def key_ids(self, family: Family) -> set[str]:
        """The pseudonym keys that completed loads used: one, or none yet."""
        rows = self._of_load_files(family, f"select distinct key_id from raw_{family}.load_files where {completed(family)}")
        return {key_id for (key_id,) in rows}

    def loaded_files(self, family: Family) -> Rows:
        """Path, file id and stamp of every version of a landing file that completed loads brought."""
        return self._of_load_files(
            family,
            f"select distinct path, file_id, stamp from raw_{family}.load_files where stamp is not null and {completed(family)}",
        )

    def _of_load_files(self, family: Family, query: str) -> Rows:
        """The rows of a query of a family's load_files; none before its first load."""
        with self.connect() as connection:
            if "key_id" not in connection.columns(f"raw_{family}").get("load_files", set()):
                return []
            return connection.execute(query)

    def cursors(self, family: Family) -> dict[str, Cursor]:
        """How far completed loads have read each live source, by its path."""
        with self.connect() as connection:
            if not connection.has_table(f"raw_{family}", "source_cursors"):
                return {}
            rows = connection.execute(
                f"""
                select source, cursor_at, loaded_at
                from (
                    select *, row_number() over (partition by source order by loaded_at desc, _dlt_load_id desc) as age
                    from raw_{family}.source_cursors
                    where {completed(family)}
                ) as ranked
                where age = 1
                """
            )
        return {source: Cursor(at, loaded_at) for source, at, loaded_at in rows}

    @contextmanager
    def rows_of(self, table: Table, path: str) -> Iterator[Iterator[Rows]]:
        """The rows that a live source has brought to a table, some at a time: file_id, line_no, whether the row is deleted now,
        tenant_id and the columns of the key."""
        schema = table.schema
        names = ", ".join(f"rows.{name}" for name in ("tenant_id", *table.key))
        query = f"""
            select rows.file_id, rows.line_no, coalesce(gone.is_deleted, false), {names}
            from {schema}.{table.name} as rows
            left join (
                select file_id, line_no, sum(case when is_deleted then 1 else -1 end) > 0 as is_deleted
                from {schema}.deleted_rows
                where table_name = ? and {completed(table.family)}
                group by file_id, line_no
            ) as gone on gone.file_id = rows.file_id and gone.line_no = rows.line_no
            where rows.file_id in (select file_id from {schema}.load_files where path = ? and {completed(table.family)})
        """
        with self.connect() as connection:
            yield connection.batches(query, [table.name, path])

    def brought(self, family: Family, file_ids: Sequence[str]) -> pa.Table:
        """What file versions brought: table_name, payload_hash, and how many such rows (rows_left). Parts of a Stripe object
        share the fate of its line, so that only tables that files are counted under are asked."""
        with self.connect() as connection:
            return _brought(connection, [table for table in TABLES if table.family == family and table.explode is None], file_ids)

    def quarantined(self, family: Family, file_ids: Sequence[str]) -> Quarantined:
        """The rejected lines of file versions, by reason, field and text."""
        with self.connect() as connection:
            return _quarantined(connection, family, file_ids)

    def earlier_readings(
        self, family: Family, path: str, tables: Sequence[Table], since: datetime | None
    ) -> tuple[int, pa.Table, Quarantined]:
        """How often a live source was read, and what of the time `since` that brought (all of it where there is none), as `brought`
        and `quarantined` tell it."""
        loads = f"from raw_{family}.load_files where path = ? and {completed(family)}"
        query, parameters = f"select distinct file_id {loads}", [path]
        if since is not None:
            # Besides the readings since then the last one before, which may have gone on past it.
            moment = since.isoformat(sep=" ")
            query += (
                f" and loaded_at >= coalesce((select max(loaded_at) {loads} and loaded_at < cast(? as timestamp)), cast(? as timestamp))"
            )
            parameters += [path, moment, moment]
        with self.connect() as connection:
            ((count,),) = connection.execute(f"select count(distinct file_id) {loads}", [path])
            file_ids = [file_id for (file_id,) in connection.execute(query, parameters)]
            asked = tables or [table for table in TABLES if table.family == family and table.explode is None]
            return count, _brought(connection, asked, file_ids, since), _quarantined(connection, family, file_ids)


def _brought(connection: Connection, tables: Sequence[Table], file_ids: Sequence[str], since: datetime | None = None) -> pa.Table:
    """The rows of some tables as `Warehouse.brought` gives them, without those that were known before `since`."""
    schema = pa.schema({"table_name": pa.string(), "payload_hash": pa.string(), "rows_left": pa.int64()})
    if not file_ids:
        return schema.empty_table()
    selects: list[str] = []
    parameters: list[object] = []
    for table in tables:
        condition = f"file_id in ({', '.join('?' for _ in file_ids)})"
        parameters += file_ids
        if since is not None and (at := told_at(table)):
            condition += f" and ({at} is null or {at} >= ?)"
            parameters.append(since)
        selects.append(
            f"select '{table.name}', payload_hash, count(*) from {table.schema}.{table.name} where {condition} group by payload_hash"
        )
    rows = connection.execute(" union all ".join(selects), parameters)
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _quarantined(connection: Connection, family: Family, file_ids: Sequence[str]) -> Quarantined:
    if not file_ids:
        return Counter()
    marks = ", ".join("?" for _ in file_ids)
    query = f"select reason_code, field, raw_text, count(*) from raw_{family}.rejected_rows where file_id in ({marks}) group by 1, 2, 3"
    return Counter({(reason, name, text): count for reason, name, text, count in connection.execute(query, file_ids)})
