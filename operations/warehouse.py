"""The warehouse of the settings: its connection, and what must be there before it is built or read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingestion.connections import Connection, connect_duckdb, connect_postgres
from ingestion.errors import WarehouseError
from operations.settings import Settings


@contextmanager
def connect(settings: Settings, *, read_only: bool = False) -> Iterator[Connection]:
    """A connection to the working warehouse, committed at the end. Raises WarehouseError when there is none."""
    if settings.target == "postgres":
        with connect_postgres(settings.postgres_dsn or "") as connection:
            yield connection
        return
    if not settings.database.is_file():
        raise WarehouseError(f"There is no warehouse at {settings.database}.", "Run `plumbline load` first, or set PLUMBLINE_DATABASE.")
    with connect_duckdb(settings.database, read_only=read_only) as connection:
        yield connection


def require_loaded(warehouse: Connection) -> None:
    """Raise WarehouseError unless a load has made the raw tables of every dataset."""
    for dataset, table in (("events", "events"), ("payments", "subscriptions"), ("logs", "raw_message"), ("events_realtime", "events")):
        if not warehouse.has_table(f"raw_{dataset}", table):
            raise WarehouseError("Nothing has been loaded into this warehouse yet.", "Run `plumbline load --from <landing folder>` first.")


def close_dbt_connection(settings: Settings) -> None:
    """After dbt ran in this process: dbt keeps its DuckDB connection, and with it the file's lock, until the process ends."""
    if settings.target == "duckdb":
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        # There is none when dbt ended before it connected.
        environment: Any = DuckDBConnectionManager._ENV
        if environment is not None:
            environment.close()
