"""Hand the rows of a family to dlt: one pipeline, one load package, Arrow tables all the way.

dlt takes seconds to import, so that this module is imported only when there is something to load.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import psycopg2.extensions
import pyarrow as pa

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt
from dlt.common.destination.exceptions import DestinationException
from dlt.common.schema.typing import TColumnSchema
from dlt.common.schema.utils import new_table
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.pipeline.exceptions import PipelineStepFailed

from ingestion.contracts import Column, Family
from ingestion.errors import PlumblineError, WarehouseError
from ingestion.warehouse import Warehouse, arrow_schema, declared_tables


def load_package(family: Family, items: Iterator[tuple[str, pa.Table]], warehouse: Warehouse, working_folder: Path) -> str | None:
    """Load the rows, by the name of their table, as one package; returns its id, None when dlt had nothing to do.

    All declared tables exist afterwards, also those without rows. Raises PlumblineError: then nothing of the rows is visible.
    """
    for setting, value in {
        "normalize.parquet_normalizer.add_dlt_load_id": True,
        "data_writer.file_max_items": 500_000,
        "data_writer.buffer_max_items": 100_000,
        # One file at a time: each insertion uses every thread, and holds row groups of its own in memory.
        "load.workers": 1,
    }.items():
        dlt.config[setting] = value
    logging.getLogger("dlt").setLevel(logging.CRITICAL)
    schema = dlt.Schema(f"raw_{family}")
    tables = declared_tables(family)
    for name, columns in tables.items():
        schema.update_table(new_table(name, write_disposition="append", columns=[_hint(column) for column in columns]))

    @dlt.resource(name=family)
    def rows() -> Iterator[Any]:
        for name, table in items:
            yield dlt.mark.with_table_name(table.cast(arrow_schema(tables[name])), name)

    @dlt.source(schema=schema)
    def source() -> Any:
        return rows

    pipeline = dlt.pipeline(
        pipeline_name=f"plumbline_{family}",
        destination=_destination(warehouse),
        dataset_name=f"raw_{family}",
        pipelines_dir=str(_fresh_folder(family, warehouse, working_folder)),
    )
    try:
        # The steps of pipeline.run, and between them all declared tables are made, also those without rows.
        pipeline.extract(source(), loader_file_format="parquet")
        pipeline.normalize()
        pipeline.sync_schema()
        info = pipeline.load()
        if info is None:
            return None
        info.raise_on_failed_jobs()
    except (PipelineStepFailed, DestinationException) as error:
        raise _explained(error, family) from error
    return info.loads_ids[0]


def _destination(warehouse: Warehouse) -> Any:
    if warehouse.target == "duckdb":
        # Rows have no order of their own; keeping one would cost twice the time and twice the space.
        settings = {"preserve_insertion_order": False, "memory_limit": "512MB"}
        return dlt.destinations.duckdb(credentials=DuckDbCredentials(str(warehouse.database), global_config=settings))
    return dlt.destinations.postgres(credentials=_postgres_url(warehouse.postgres_dsn or ""))


def _fresh_folder(family: Family, warehouse: Warehouse, working_folder: Path) -> Path:
    """An empty folder of its own for each warehouse and family."""
    place = warehouse.postgres_dsn if warehouse.target == "postgres" else str(warehouse.database.absolute())
    folder = working_folder.absolute() / hashlib.sha256(str(place).encode()).hexdigest()[:12]
    shutil.rmtree(folder / f"plumbline_{family}", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _postgres_url(dsn: str) -> str:
    """The connection string in dlt's form: a URL that always names a host; the folder of a socket goes into its query, where
    libpq prefers it."""
    parts = psycopg2.extensions.parse_dsn(dsn)
    user, password, host = (quote(parts.pop(name, default), safe="") for name, default in (("user", ""), ("password", ""), ("host", "")))
    port, database = parts.pop("port", "5432"), quote(parts.pop("dbname", ""), safe="")
    if host.startswith("%2F"):
        parts["host"], host = unquote(host), "localhost"
    return f"postgresql://{user}:{password}@{host or 'localhost'}:{port}/{database}?{urlencode(parts)}"


def _hint(column: Column) -> TColumnSchema:
    """The column for dlt: JSON stays text, times are naive UTC, decimals have one precision for all currencies."""
    if column.type == "json":
        return {"name": column.name, "data_type": "text", "nullable": True}
    if column.type == "timestamp":
        return {"name": column.name, "data_type": "timestamp", "timezone": False, "precision": 6, "nullable": True}
    if column.type == "decimal":
        return {"name": column.name, "data_type": "decimal", "precision": 38, "scale": 12, "nullable": True}
    return {"name": column.name, "data_type": column.type, "nullable": column.name != "_dlt_load_id"}


def _explained(error: BaseException, family: str) -> PlumblineError:
    """The error that a user can act on; what a database says may hold the content of rows, so that only its kind is told."""
    cause: BaseException | None = error
    kind = type(error).__name__
    while cause is not None:
        if isinstance(cause, PlumblineError):
            return cause
        kind = type(cause).__name__
        cause = cause.__cause__ or cause.__context__
    return WarehouseError(
        f"The load of {family} did not complete ({kind}); nothing of it is visible.",
        "Check the warehouse's disk space and permissions, then load again: the next load starts clean.",
    )
