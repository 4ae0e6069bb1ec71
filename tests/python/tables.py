"""Read and compare whole marts: values, not only counts."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg2

Table = tuple[tuple[str, ...], list[tuple[Any, ...]]]

# When and by which load a row came differs between two loads of the same files; nothing else may.
LOAD_MARKS = frozenset({"loaded_at", "load_id", "loaded_date", "first_loaded_at", "last_loaded_at"})


def duckdb_marts(database: Path, condition: str = "true") -> dict[str, Table]:
    """Every mart of a DuckDB file: its columns, and its rows in a fixed order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = connection.execute("select table_name from information_schema.tables where table_schema = 'marts' order by 1").fetchall()
        return {name: _duckdb_table(connection, name, condition) for (name,) in names}


def _duckdb_table(connection: duckdb.DuckDBPyConnection, name: str, condition: str) -> Table:
    cursor = connection.execute(f"select * from marts.{name} where {condition}")
    columns = tuple(column[0] for column in cursor.description or [])
    return _ordered(columns, cursor.fetchall())


def postgres_marts(dsn: str, schema: str = "marts") -> dict[str, Table]:
    """Every published mart of a PostgreSQL database (or every built one, in schema `marts_build`): columns, and rows in a fixed order."""
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute("select table_name from information_schema.tables where table_schema = %s order by 1", [schema])
            marts = {}
            for (name,) in cursor.fetchall():
                cursor.execute(f"select * from {schema}.{name}")
                marts[name] = _ordered(tuple(column.name for column in cursor.description or []), cursor.fetchall())
            return marts
    finally:
        connection.close()


def _ordered(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Table:
    kept = [index for index, column in enumerate(columns) if column not in LOAD_MARKS]
    # Doubles come last in the order: the engines may differ in their last digits.
    exact = [i for i, index in enumerate(kept) if not any(isinstance(row[index], float) for row in rows)]
    cut = [tuple(row[index] for index in kept) for row in rows]
    cut.sort(key=lambda row: tuple(_sortable(row[i]) for i in exact))
    return tuple(columns[index] for index in kept), cut


def _sortable(value: Any) -> tuple[bool, str]:
    return (value is not None, str(value.normalize()) if isinstance(value, Decimal) else str(value))


def differences(one: Table, other: Table, relative_tolerance: float = 1e-9) -> list[str]:
    """Where two tables differ, in words; doubles may differ by the tolerance, everything else must be equal."""
    if one[0] != other[0]:
        return [f"columns {one[0]} against {other[0]}"]
    if len(one[1]) != len(other[1]):
        return [f"{len(one[1])} rows against {len(other[1])}"]
    found = []
    for row, other_row in zip(one[1], other[1], strict=True):
        for column, value, other_value in zip(one[0], row, other_row, strict=True):
            if not _same(value, other_value, relative_tolerance):
                found.append(f"{column}: {value!r} against {other_value!r} in {row}")
    return found


def _same(value: Any, other: Any, relative_tolerance: float) -> bool:
    if isinstance(value, float) and isinstance(other, float):
        return math.isclose(value, other, rel_tol=relative_tolerance, abs_tol=1e-9)
    return bool(value == other)
