"""Exact division and the quantile, against Python's decimals and numpy, on random numbers and on both engines."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import psycopg2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project import dbt, fresh_database

MONEY = st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False, allow_infinity=False)
# Small whole numbers make ties of rounding, which random digits never hit.
NUMBER = st.one_of(MONEY, st.integers(-4096, 4096).map(Decimal))
PAIRS = st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=50)
INLINE = (
    "select {{ divide('numerator', 'denominator', 6) }} as money, {{ safe_ratio('numerator', 'denominator') }} as rate "
    "from pairs order by position"
)


def expected(numerator: Decimal, denominator: Decimal, places: int) -> Decimal | None:
    if denominator == 0:
        return None
    with localcontext() as context:
        context.prec = 80
        # The quotient's digits beyond 60 decide no rounding: a tie of two six-digit decimals ends much earlier.
        return (numerator / denominator).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def compiled(inline: str, folder: Path, dsn: str | None = None) -> str:
    printed = dbt("--quiet", "compile", "--inline", inline, "--output", "json", database=folder / "macros.duckdb", postgres_dsn=dsn)
    return str(json.loads(printed[printed.index("{") :])["compiled"])


def check(rows: list[tuple[Any, ...]], pairs: list[tuple[Decimal, Decimal]]) -> None:
    for (money, rate), (numerator, denominator) in zip(rows, pairs, strict=True):
        assert money == expected(numerator, denominator, 6)
        # A rate is a fraction; what does not fit decimal(18,10) is no rate.
        assert rate == expected(numerator, denominator, 10)


def fits(pair: tuple[Decimal, Decimal]) -> bool:
    return pair[1] == 0 or abs(pair[0] / pair[1]) < 10**7


@pytest.fixture(scope="module")
def duckdb_sql(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compiled(INLINE, tmp_path_factory.mktemp("macros"))


@given(pairs=PAIRS)
@settings(max_examples=100, deadline=None)
def test_division_is_exact_on_duckdb(pairs: list[tuple[Decimal, Decimal]], duckdb_sql: str) -> None:
    pairs = [pair for pair in pairs if fits(pair)]
    with duckdb.connect() as connection:
        connection.execute("create table pairs (position integer, numerator decimal(18, 6), denominator decimal(18, 6))")
        for position, pair in enumerate(pairs):
            connection.execute("insert into pairs values (?, ?, ?)", [position, *pair])
        check(connection.execute(duckdb_sql).fetchall(), pairs)


def test_division_is_exact_on_postgres(postgres_server: str, tmp_path: Path) -> None:
    dsn = fresh_database(postgres_server, "macros")
    sql = compiled(INLINE, tmp_path, dsn)
    generator = np.random.default_rng(7)
    ties = [(Decimal(int(n)), Decimal(2**k)) for n in range(-50, 50) for k in (0, 1, 7, 11)]
    spread = [(Decimal(int(a)) / 1000, Decimal(int(b)) / 1000) for a, b in generator.integers(-(10**9), 10**9, (200, 2))]
    pairs = [pair for pair in [*ties, *spread, (Decimal(1), Decimal(0))] if fits(pair)]
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute("create table pairs (position integer, numerator decimal(18, 6), denominator decimal(18, 6))")
            for position, pair in enumerate(pairs):
                cursor.execute("insert into pairs values (%s, %s, %s)", (position, *pair))
            cursor.execute(sql)
            check(cursor.fetchall(), pairs)
    finally:
        connection.close()


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_quantile_is_linear_between_order_statistics(values: list[float], quantile_sql: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table observations (value double)")
        connection.executemany("insert into observations values (?)", [[value] for value in values])
        found = connection.execute(quantile_sql).fetchall()[0]
    assert found == pytest.approx(np.quantile(values, [0.05, 0.5, 0.95], method="linear"), rel=1e-9, abs=1e-9)


@pytest.fixture(scope="module")
def quantile_sql(tmp_path_factory: pytest.TempPathFactory) -> str:
    columns = ", ".join(f"{{{{ quantile('value', {p}) }}}} as q{number}" for number, p in enumerate((0.05, 0.5, 0.95)))
    return compiled(f"select {columns} from observations", tmp_path_factory.mktemp("quantile"))
