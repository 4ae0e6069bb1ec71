"""Connections to the warehouse, a DuckDB file or a PostgreSQL server, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

from ingestion.errors import WarehouseError, disk_full, is_disk_full

Rows = list[tuple[Any, ...]]


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


@contextmanager
def connect_duckdb(database: Path, *, read_only: bool = False) -> Iterator[Connection]:
    """A connection to a DuckDB file whose statements are committed together. Raises WarehouseError with the remedy."""
    try:
        connection = duckdb.connect(str(database), read_only=read_only)
    except duckdb.Error as error:
        raise explain_duckdb(error, database) from error
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


def explain_duckdb(error: Exception, database: Path) -> WarehouseError:
    """What DuckDB says of a file, as one line with its remedy."""
    if is_disk_full(error):
        return disk_full()
    if "set lock" in str(error).lower():
        return WarehouseError(
            f"The warehouse {database} is in use by another process.",
            "Wait for the other load or build to end (or close the tool that holds the working file open); "
            "readers should open the published copy instead.",
        )
    return WarehouseError(
        f"The warehouse {database} cannot be opened: it is not a readable DuckDB file.",
        "Check PLUMBLINE_DATABASE and the file's permissions.",
    )
