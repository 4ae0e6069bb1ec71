"""Connections to the warehouse, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import psycopg2

from ingestion.errors import WarehouseError
from operations.settings import Settings

Rows = list[tuple[Any, ...]]


class Warehouse:
    """One connection to either engine, for the few statements that both understand."""

    def __init__(self, connection: Any, engine: str) -> None:
        self._connection = connection
        self.engine = engine

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Rows:
        """Run a query whose parameters are written as $1, $2, ...; return all its rows."""
        if self.engine == "duckdb":
            return list(self._connection.execute(sql, list(parameters)).fetchall())
        with self._connection.cursor() as cursor:
            for number in range(len(parameters), 0, -1):
                sql = sql.replace(f"${number}", f"%(p{number})s")
            cursor.execute(sql, {f"p{number}": value for number, value in enumerate(parameters, 1)} or None)
            return list(cursor.fetchall()) if cursor.description else []

    def execute(self, sql: str) -> None:
        """Run a statement without result."""
        if self.engine == "duckdb":
            self._connection.execute(sql)
        else:
            with self._connection.cursor() as cursor:
                cursor.execute(sql)

    def has_table(self, schema: str, table: str) -> bool:
        """Whether a table or view of that name exists."""
        found = self.rows("select 1 from information_schema.tables where table_schema = $1 and table_name = $2", (schema, table))
        return bool(found)


def explain_duckdb(error: duckdb.Error, database: object) -> WarehouseError:
    """The error of an engine as one line with its remedy."""
    if "lock" in str(error).lower():
        return WarehouseError(
            f"The warehouse {database} is in use by another process.",
            "Wait for the other load or build to end (or close the tool that holds the working file open); "
            "readers should open the published copy instead.",
        )
    return WarehouseError(
        f"The warehouse {database} cannot be opened: it is not a readable DuckDB file.",
        "Check PLUMBLINE_DATABASE and the file's permissions.",
    )


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[Warehouse]:
    """A connection to the working warehouse, committed at the end. Raises WarehouseError when there is none."""
    if settings.target == "duckdb":
        if not settings.database.is_file():
            raise WarehouseError(f"There is no warehouse at {settings.database}.", "Run `plumbline load` first, or set PLUMBLINE_DATABASE.")
        try:
            connection = duckdb.connect(str(settings.database), read_only=read_only)
        except duckdb.Error as error:
            raise explain_duckdb(error, settings.database) from error
        with connection:
            yield Warehouse(connection, "duckdb")
    else:
        try:
            server = psycopg2.connect(settings.postgres_dsn, connect_timeout=10)
        except psycopg2.OperationalError as error:
            raise WarehouseError(
                "The PostgreSQL server does not answer, or refuses the login.",
                "Check that it runs and that PLUMBLINE_POSTGRES_DSN names its host, port, database and user.",
            ) from error
        try:
            with server:
                yield Warehouse(server, "postgres")
        finally:
            server.close()


def require_loaded(warehouse: Warehouse) -> None:
    """Raise WarehouseError unless a load has made the raw tables of every family."""
    for family, table in (("events", "events"), ("payments", "subscriptions"), ("logs", "raw_message")):
        if not warehouse.has_table(f"raw_{family}", table):
            raise WarehouseError("Nothing has been loaded into this warehouse yet.", "Run `plumbline load --from <landing folder>` first.")


def close_dbt_connection(settings: Settings) -> None:
    """After dbt ran in this process: dbt keeps its DuckDB connection, and with it the file's lock, until the process ends."""
    if settings.target == "duckdb":
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        environment: Any = DuckDBConnectionManager.env()
        environment.close()
