"""Read marts as {key: {column: value}}, and compare them with what an oracle says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

Mart = dict[tuple[Any, ...], dict[str, Any]]


def read_mart(database: Path, name: str, key: Sequence[str], condition: str = "true") -> Mart:
    """The rows of a mart by key; the key must be one."""
    with duckdb.connect(str(database), read_only=True) as connection:
        cursor = connection.execute(f"select * from marts.{name} where {condition}")
        columns = [column[0] for column in cursor.description or []]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    mart = {tuple(row.pop(column) for column in key): row for row in rows}
    assert len(mart) == len(rows), f"{name}: {', '.join(key)} is not a key"
    return mart


def disagreements(mart: Mapping[tuple[Any, ...], Mapping[str, Any]], expected: Mapping[tuple[Any, ...], Mapping[str, Any]]) -> list[str]:
    """Where a mart differs from what is expected, in words: missing and surplus rows, and columns that the oracle names."""
    found = [f"missing {key}" for key in expected.keys() - mart.keys()] + [f"surplus {key}" for key in mart.keys() - expected.keys()]
    for key in sorted(expected.keys() & mart.keys(), key=str):
        for column, value in expected[key].items():
            if not _same(mart[key][column], value):
                found.append(f"{key} {column}: {mart[key][column]!r}, expected {value!r}")
    return found


def _same(value: Any, expected: Any) -> bool:
    if isinstance(expected, float) and isinstance(value, (float, Decimal)):
        # A rate is kept to ten decimals, an amount to six.
        digits = 0.5 * 10 ** (value.as_tuple().exponent) if isinstance(value, Decimal) else 0.0  # type: ignore[operator]
        return math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-9 + digits)
    return bool(value == expected)
