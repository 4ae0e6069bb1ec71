"""Connections to the warehouse, a DuckDB file or a PostgreSQL server, with errors that say what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pyarrow as pa

from ingestion.errors import WarehouseError, disk_full, is_disk_full

Rows = list[tuple[Any, ...]]

_BETWEEN_ATTEMPTS_SECONDS = 0.1


@dataclass(frozen=True)
class Patience:
    """How long to wait for a DuckDB file that another process has open, and whom to tell. A server needs none."""

    seconds: float = 0
    tell: Callable[[str], None] | None = None


class Connection:
    """A connection to either engine, for the few statements that both understand."""

    def __init__(self, connection: Any, engine: str) -> None:
        self._connection = connection
        self.engine = engine

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Rows:
        """Run a statement whose parameters are written as `?`; return all its rows."""
        if self.engine == "duckdb":
            return list(self._connection.execute(sql, list(parameters)).fetchall())
        with self._connection.cursor() as cursor:
            cursor.execute(sql.replace("?", "%s") if parameters else sql, tuple(parameters) or None)
            return list(cursor.fetchall()) if cursor.description else []

    def commit(self) -> None:
        """End the transaction; what the session holds, such as a lock, it keeps."""
        self._connection.commit()

    def arrow(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        """The rows of a query as an Arrow table; its parameters are written as `?`."""
        if self.engine == "duckdb":
            return self._connection.execute(sql, list(parameters)).to_arrow_table()
        with self._connection.cursor() as cursor:
            cursor.execute(sql.replace("?", "%s") if parameters else sql, tuple(parameters) or None)
            names = [column.name for column in cursor.description]
            columns = zip(*cursor.fetchall(), strict=True) if cursor.rowcount else ([] for _ in names)
            return pa.table(dict(zip(names, (pa.array(column) for column in columns), strict=True)))

    def batches(self, sql: str, parameters: Sequence[object] = (), size: int = 10_000) -> Iterator[Rows]:
        """Like `execute`, some rows at a time: however many there are, only these are held."""
        if self.engine == "duckdb":
            result = self._connection.execute(sql, list(parameters))
            while rows := result.fetchmany(size):
                yield rows
            return
        with self._connection.cursor(name="plumbline") as cursor:
            cursor.execute(sql.replace("?", "%s"), tuple(parameters))
            while rows := cursor.fetchmany(size):
                yield rows

    def columns(self, schema: str) -> dict[str, set[str]]:
        """The columns of each table and view of a schema."""
        found: dict[str, set[str]] = {}
        for table, column in self.execute(
            "select table_name, column_name from information_schema.columns where table_schema = ?", [schema]
        ):
            found.setdefault(table, set()).add(column)
        return found

    def types(self, schema: str) -> dict[tuple[str, str], str]:
        """The type of each column, by table and column, as the engine calls it."""
        rows = self.execute("select table_name, column_name, data_type from information_schema.columns where table_schema = ?", [schema])
        return {(table, column): str(type_).lower() for table, column, type_ in rows}

    def has_table(self, schema: str, table: str) -> bool:
        """Whether a table or view of that name exists."""
        return table in self.columns(schema)


def open_duckdb(database: Path, *, read_only: bool = False, patience: Patience | None = None) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file, when it is free. Raises WarehouseError with the remedy."""
    patience = patience or Patience()
    deadline = time.monotonic() + patience.seconds
    is_told = False
    while True:
        try:
            return duckdb.connect(str(database), read_only=read_only)
        except duckdb.Error as error:
            if not _is_locked(error) or time.monotonic() >= deadline:
                raise explain_duckdb(error, database) from error
        if patience.tell and not is_told:
            patience.tell(f"The warehouse {database} is in use by another process: waiting for it, {patience.seconds:g} seconds at most.")
            is_told = True
        time.sleep(_BETWEEN_ATTEMPTS_SECONDS)


@contextmanager
def connect_duckdb(database: Path, *, read_only: bool = False, patience: Patience | None = None) -> Iterator[Connection]:
    """A connection to a DuckDB file whose statements are committed together. Raises WarehouseError with the remedy."""
    connection = open_duckdb(database, read_only=read_only, patience=patience)
    try:
        with connection:
            connection.begin()
            yield Connection(connection, "duckdb")
            connection.commit()
    except (duckdb.IOException, duckdb.FatalException) as error:
        raise explain_duckdb(error, database) from error


@contextmanager
def connect_postgres(dsn: str) -> Iterator[Connection]:
    """A connection to a PostgreSQL server whose statements are committed together. Raises WarehouseError with the remedy."""
    try:
        server = psycopg2.connect(dsn, connect_timeout=10)
    except psycopg2.OperationalError as error:
        raise WarehouseError(
            "The PostgreSQL server does not answer, or refuses the login.",
            "Check that it runs and that PLUMBLINE_POSTGRES_DSN names its host, port, database and user.",
        ) from error
    try:
        with server:
            yield Connection(server, "postgres")
    except psycopg2.errors.LockNotAvailable:
        raise
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise explain_postgres(error) from error
    finally:
        server.close()


def explain_postgres(error: Exception) -> WarehouseError:
    """What a lost connection or a full disk is told as."""
    if is_disk_full(error):
        return disk_full()
    return WarehouseError(
        "The connection to the PostgreSQL server was lost; nothing half-done is visible.",
        "Check that the server runs and has memory and disk space, then run the command again.",
    )


def _is_locked(error: Exception) -> bool:
    return "set lock" in str(error).lower()


def explain_duckdb(error: Exception, database: Path) -> WarehouseError:
    """What DuckDB says of a file, as one line with its remedy."""
    if is_disk_full(error):
        return disk_full()
    if _is_locked(error):
        return WarehouseError(
            f"The warehouse {database} is in use by another process.",
            "Wait for the other load or build to end (or close the tool that holds the working file open); "
            "readers should open the published copy instead.",
        )
    return WarehouseError(
        f"The warehouse {database} cannot be opened: it is not a readable DuckDB file.",
        "Check PLUMBLINE_DATABASE and the file's permissions.",
    )
