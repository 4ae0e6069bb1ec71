"""The warehouse as ingestion sees it: what completed loads brought, what an unfinished load left behind, and the union views.

Each family is a dlt dataset of its own (`raw_events`, `raw_payments`, `raw_logs`), so that a failing family never holds up
another; so is the realtime lane of the events (`raw_events_realtime`), so that the lanes share no bookkeeping. A reader wants one list
of files, rejects and findings: `raw_operations` and `raw_quarantine` hold the views. What the realtime lane masks or cannot read is
not in them: the batch lane reads the same lines, and accounts for all of them.
"""

from __future__ import annotations

import fcntl
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

import duckdb
import psycopg2
import pyarrow as pa

from ingestion.connections import Connection, Patience, Rows, connect_duckdb, connect_postgres, explain_duckdb, open_duckdb
from ingestion.contracts import (
    DELETED_ROWS,
    LOAD_FILES,
    PII_FINDINGS,
    REJECTED_ROWS,
    SOURCE_CURSORS,
    TABLES,
    UNKNOWN_FIELDS,
    Column,
    Family,
    Table,
)
from ingestion.errors import WarehouseError
from ingestion.extraction import told_at

# Rejected lines by reason, field and text.
Quarantined = Counter[tuple[str, str | None, str]]

FAMILIES: tuple[Family, ...] = get_args(Family)

Lane = Literal["batch", "realtime"]
Dataset = Family | Literal["events_realtime"]

REALTIME: Dataset = "events_realtime"
DATASETS: dict[Dataset, Family] = {**{family: family for family in FAMILIES}, REALTIME: "events"}

# The bookkeeping tables that every family's dataset has, and the schema of the view that unites them.
BOOKKEEPING_TABLES: dict[str, tuple[Column, ...]] = {
    "deleted_rows": DELETED_ROWS,
    "load_files": LOAD_FILES,
    "pii_findings": PII_FINDINGS,
    "rejected_rows": REJECTED_ROWS,
    "source_cursors": SOURCE_CURSORS,
    "unknown_fields": UNKNOWN_FIELDS,
}
VIEW_SCHEMAS: dict[str, str] = {
    "deleted_rows": "raw_operations",
    "load_files": "raw_operations",
    "pii_findings": "raw_operations",
    "rejected_rows": "raw_quarantine",
    "source_cursors": "raw_operations",
    "unknown_fields": "raw_operations",
}


# What the view of the files tells beside their own columns.
LANE = Column("lane", "text", "batch, or realtime: that lane takes a few types of event from the same files, and leaves the rest.")


def lane_of(dataset: Dataset) -> Lane:
    """The lane that fills a dataset."""
    return "realtime" if dataset == REALTIME else "batch"


def _select(table: str, columns: str, dataset: Dataset) -> str:
    return f"select {columns} from raw_{dataset}.{table} where {completed(dataset)}"


def view_statements() -> list[str]:
    """The statements, the same on DuckDB and PostgreSQL, that create the union views over completed loads."""
    statements = [f"create schema if not exists {schema}" for schema in sorted(set(VIEW_SCHEMAS.values()))]
    for table, columns in BOOKKEEPING_TABLES.items():
        names = ", ".join(column.name for column in columns)
        if table == "load_files":
            selects = [_select(table, f"{names}, '{lane_of(dataset)}' as {LANE.name}", dataset) for dataset in DATASETS]
        else:
            selects = [_select(table, names, family) for family in FAMILIES]
        # PostgreSQL replaces no view whose columns have changed.
        statements.append(f"drop view if exists {VIEW_SCHEMAS[table]}.{table}")
        statements.append(f"create view {VIEW_SCHEMAS[table]}.{table} as {' union all '.join(selects)}")
    return statements


def completed(dataset: Dataset) -> str:
    """The condition that a row belongs to a load that completed."""
    return f"_dlt_load_id in (select load_id from raw_{dataset}._dlt_loads where status = 0)"


def declared_tables(dataset: Dataset) -> dict[str, tuple[Column, ...]]:
    """Every table of a dataset, by name, with its stored columns."""
    raw = {table.name: table.stored_columns for table in TABLES if table.family == DATASETS[dataset]}
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
class Cursor:
    """How far a live source was read: the latest moment that its rows told, if they tell one, and when that load began. Both UTC."""

    at: datetime | None
    loaded_at: datetime


@dataclass(frozen=True)
class Warehouse:
    """Where to load: a DuckDB file, which one process writes at a time, or a PostgreSQL server by its connection URL."""

    target: str
    database: Path
    postgres_dsn: str | None
    patience: Patience = field(default_factory=Patience)

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
        with connect_duckdb(self.database, patience=self.patience) as connection:
            yield connection

    def _create(self) -> None:
        """Make an empty DuckDB file, under another name first: one that was begun and never finished cannot be opened."""
        begun = self.database.with_name(f"{self.database.name}.new")
        with begun.with_name(f"{begun.name}-lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.database.exists():
                begun.unlink(missing_ok=True)
                duckdb.connect(str(begun)).close()
                begun.replace(self.database)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other processes from the DuckDB file, for what this process opens anew inside. Raises WarehouseError."""
        if self.target == "postgres":
            yield
            return
        with open_duckdb(self.database, patience=self.patience):
            yield

    @contextmanager
    def only_load(self, lane: Lane = "batch") -> Iterator[None]:
        """Holds the right to load a lane into this warehouse; it ends with the process, however that ends. Raises WarehouseError."""
        name = "load" if lane == "batch" else "realtime-load"
        busy = WarehouseError(f"Another {name.replace('-', ' ')} into this warehouse is running.", "Wait for it to end, then load again.")
        if self.target == "duckdb":
            self.database.parent.mkdir(parents=True, exist_ok=True)
            with self.database.with_name(f"{self.database.name}.{name}-lock").open("w") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise busy from error
                yield
            return
        with self.connect() as connection:
            if connection.execute("select pg_try_advisory_lock(hashtext(?))", [f"plumbline {name}"]) != [(True,)]:
                raise busy
            # The lock is the session's: servers end sessions that are idle in a transaction.
            connection.commit()
            yield
            # Who has lost the session has lost the lock: another load may have begun.
            connection.execute("select 1")

    def prepare(self, dataset: Dataset) -> bool:
        """Take back what an unfinished load left of a dataset, and give columns the types that are declared now; returns whether every
        declared table exists already."""
        with self.connect() as connection:
            found = connection.columns(f"raw_{dataset}")
            if "_dlt_loads" in found:
                for table, columns in found.items():
                    if "_dlt_load_id" in columns:
                        connection.execute(f"delete from raw_{dataset}.{table} where not ({completed(dataset)})")
        with self.connect() as connection:
            types = connection.types(f"raw_{dataset}")
            for table, declared_columns in declared_tables(dataset).items():
                for column in declared_columns:
                    wanted = _SQL_TYPES[self.target][column.type]
                    actual = types.get((table, column.name), wanted)
                    if actual.partition("(")[0] != wanted.partition("(")[0]:
                        _retype(connection, f"raw_{dataset}.{table}", column.name, actual, wanted)
        return _holds_declared(found, dataset)

    def is_complete(self, dataset: Dataset) -> bool:
        """Whether every declared table of a dataset exists."""
        with self.connect() as connection:
            return _holds_declared(connection.columns(f"raw_{dataset}"), dataset)

    def create_views(self) -> None:
        """Make the union views; every dataset's tables exist by then."""
        with self.connect() as connection:
            for statement in view_statements():
                connection.execute(statement)

    def key_ids(self, dataset: Dataset) -> set[str]:
        """The pseudonym keys that completed loads used: one, or none yet."""
        rows = self._of_load_files(dataset, f"select distinct key_id from raw_{dataset}.load_files where {completed(dataset)}")
        return {key_id for (key_id,) in rows}

    def loaded_files(self, dataset: Dataset) -> Rows:
        """Path, file id and stamp of every version of a landing file that completed loads brought."""
        return self._of_load_files(
            dataset,
            f"select distinct path, file_id, stamp from raw_{dataset}.load_files where stamp is not null and {completed(dataset)}",
        )

    def _of_load_files(self, dataset: Dataset, query: str) -> Rows:
        """The rows of a query of a dataset's load_files; none before its first load."""
        with self.connect() as connection:
            if "key_id" not in connection.columns(f"raw_{dataset}").get("load_files", set()):
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

    def restamp(self, dataset: Dataset, stamps: Mapping[str, str]) -> None:
        """Note the stamps under which known file versions, by their id, were found again: the next load need not read them."""
        if not stamps:
            return
        with self.connect() as connection:
            connection.execute(
                f"update raw_{dataset}.load_files as known set stamp = found.stamp "
                "from (select unnest(cast(? as varchar[])) as file_id, unnest(cast(? as varchar[])) as stamp) as found "
                "where known.file_id = found.file_id",
                [list(stamps), list(stamps.values())],
            )

    def brought(self, dataset: Dataset, file_ids: Sequence[str]) -> pa.Table:
        """What file versions brought: table_name, payload_hash, and how many such rows (rows_left). Parts of a Stripe object
        share the fate of its line, so that only tables that files are counted under are asked."""
        with self.connect() as connection:
            tables = [table for table in TABLES if table.family == DATASETS[dataset] and table.explode is None]
            return _brought(connection, dataset, tables, file_ids)

    def quarantined(self, dataset: Dataset, file_ids: Sequence[str]) -> Quarantined:
        """The rejected lines of file versions, by reason, field and text."""
        with self.connect() as connection:
            return _quarantined(connection, dataset, file_ids)

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
            return count, _brought(connection, family, asked, file_ids, since), _quarantined(connection, family, file_ids)


def _holds_declared(found: dict[str, set[str]], dataset: Dataset) -> bool:
    return all({column.name for column in columns} <= found.get(table, set()) for table, columns in declared_tables(dataset).items())


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


def _brought(
    connection: Connection, dataset: Dataset, tables: Sequence[Table], file_ids: Sequence[str], since: datetime | None = None
) -> pa.Table:
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
            f"select '{table.name}', payload_hash, count(*) from raw_{dataset}.{table.name} where {condition} group by payload_hash"
        )
    rows = connection.execute(" union all ".join(selects), parameters)
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)


def _quarantined(connection: Connection, dataset: Dataset, file_ids: Sequence[str]) -> Quarantined:
    if not file_ids:
        return Counter()
    marks = ", ".join("?" for _ in file_ids)
    query = f"select reason_code, field, raw_text, count(*) from raw_{dataset}.rejected_rows where file_id in ({marks}) group by 1, 2, 3"
    return Counter({(reason, name, text): count for reason, name, text, count in connection.execute(query, file_ids)})
