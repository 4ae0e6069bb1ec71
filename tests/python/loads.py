"""Warehouses loaded by tests, and what is in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from landing_files import SECRET

from ingestion.connections import Patience
from ingestion.landing import S3Access
from ingestion.load import LoadResult, load
from ingestion.warehouse import DATASETS, FAMILIES, Lane, declared_tables

ROOT = Path(__file__).parents[2]

# What differs from load to load of the same files.
_OF_THE_LOAD = ("loaded_at", "_dlt_load_id", "stamp")

State = dict[str, list[tuple[Any, ...]]]


def load_into(
    database: Path,
    landing: str | Path,
    *families: str,
    key: str = SECRET,
    postgres_dsn: str | None = None,
    lane: Lane = "batch",
    patience: Patience | None = None,
    s3: S3Access | None = None,
) -> dict[str, LoadResult]:
    """Load into a DuckDB file, or into PostgreSQL; dlt works beside the file."""
    results = load(
        families or FAMILIES,
        landing=landing,
        target="postgres" if postgres_dsn else "duckdb",
        database=database,
        postgres_dsn=postgres_dsn,
        pseudonym_key=key,
        s3=s3,
        lane=lane,
        patience=patience,
        tenants=ROOT / "seeds/tenants.csv",
        working_folder=database.parent / "dlt",
    )
    return {result.family: result for result in results}


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def content_queries() -> dict[str, str]:
    """For each raw table, the query of its content in completed loads, the same on both engines."""
    queries = {}
    for dataset in DATASETS:
        for name, columns in declared_tables(dataset).items():
            names = ", ".join(column.name for column in columns if column.name not in _OF_THE_LOAD)
            completed = f"select load_id from raw_{dataset}._dlt_loads where status = 0"
            queries[f"raw_{dataset}.{name}"] = f"select {names} from raw_{dataset}.{name} where _dlt_load_id in ({completed})"
    return queries


def state(database: Path) -> State:
    """Every raw row of completed loads, in an order of its own."""
    return {name: sorted(query(database, sql), key=str) for name, sql in content_queries().items()}
