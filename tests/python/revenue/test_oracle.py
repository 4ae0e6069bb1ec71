"""The marts of revenue against the oracle, which computes them in another way: on random lives, row for row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from oracles.revenue import Revenue
from project import dbt
from raw import create_raw
from revenue.random_lives import CLOCK, ZONES, random_account
from revenue.stripe_rows import Account

CUSTOMERS = 400
SEED = 20260401


@pytest.fixture(scope="module")
def account() -> Account:
    return random_account(SEED, CUSTOMERS)


@pytest.fixture(scope="module")
def database(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("random_revenue") / "warehouse.duckdb"
    create_raw(path)
    account.insert(path)
    dbt("build", "--select", "+group:revenue", "--indirect-selection", "buildable", database=path, as_of=CLOCK.isoformat())
    return path


@pytest.fixture(scope="module")
def marts(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def oracle(account: Account) -> Revenue:
    defaults = dict.fromkeys(
        (
            *("created_at", "started_at", "ended_at", "cancel_at", "is_cancel_at_period_end", "trial_started_at", "trial_ends_at"),
            *("pause_behavior", "period_started_at", "period_ends_at"),
        )
    )
    return Revenue(
        zones=ZONES,
        clock=CLOCK,
        subscriptions=[defaults | row for row in account.rows["subscriptions"]],
        items=account.rows["subscription_items"],
        discounts=account.rows["subscription_discounts"],
    )


def test_daily_mrr_is_what_the_oracle_finds(marts: duckdb.DuckDBPyConnection, oracle: Revenue) -> None:
    found = set(marts.execute("select tenant_id, customer_id, currency, valid_from, mrr_amount from marts.fct_mrr_daily").fetchall())
    expected = {(*stream, day, amount) for stream, changes in oracle.daily().items() for day, amount in changes}
    assert len(expected) > CUSTOMERS
    assert sorted(found - expected, key=str)[:5] == []
    assert sorted(expected - found, key=str)[:5] == []


def test_movements_are_what_the_oracle_finds(marts: duckdb.DuckDBPyConnection, oracle: Revenue) -> None:
    found = marts.execute(
        "select tenant_id, customer_id, currency, movement_date, movement_type, mrr_change_amount from marts.fct_mrr_movements"
    ).fetchall()
    expected = oracle.movements()
    assert {movement[4] for movement in expected} == {"new", "expansion", "contraction", "churn", "reactivation"}
    assert len(found) == len(expected)
    assert set(found) == expected
