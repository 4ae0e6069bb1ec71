"""Subscriptions that nobody here made (dbt-labs/mrr-playbook): 121 periods of 55 customers, told as Stripe events, must give
the monthly movements that were published for them. The data stay outside the repository: the test looks for them in
../shared/data, or where PLUMBLINE_SHARED_DATA says."""

from __future__ import annotations

import csv
import os
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from project import ROOT, dbt
from raw import create_raw
from revenue.stripe_rows import Account, Item

FOLDER = Path(os.environ.get("PLUMBLINE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "mrr_playbook"
CATEGORIES = {"new": "new", "upgrade": "expansion", "downgrade": "contraction", "churn": "churn", "reactivation": "reactivation"}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the public data are not in {FOLDER}")


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    account = Account()
    for period in rows("subscription_periods.csv"):
        name = f"{period['subscription_id']}_{period['start_date']}"
        item = Item(int(Decimal(period["monthly_amount"]) * 100))
        customer = period["customer_id"]
        account.state("playbook", name, customer, period["start_date"], [item], change="created")
        account.state(
            "playbook", name, customer, period["end_date"], [item], change="deleted", status="canceled", ended_at=period["end_date"]
        )
    database = tmp_path_factory.mktemp("playbook") / "warehouse.duckdb"
    create_raw(database)
    account.insert(database)
    dbt("build", "--select", "+group:revenue", "--indirect-selection", "buildable", database=database, as_of="2020-02-02T00:00:00")
    return duckdb.connect(str(database), read_only=True)


def test_monthly_movements_are_the_published_ones(marts: duckdb.DuckDBPyConnection) -> None:
    expected = {
        (row["customer_id"], date.fromisoformat(row["date_month"]), CATEGORIES[row["change_category"]], Decimal(row["mrr_change"]))
        for row in rows("expected_monthly_full_history.csv")
        if row["change_category"]
    }
    found = marts.execute(
        "select customer_id, date_trunc('month', movement_date)::date, movement_type, mrr_change_amount from marts.fct_mrr_movements"
    )
    movements = found.fetchall()
    assert len(movements) == len(expected)
    assert set(movements) == expected
    assert Counter(movement[2] for movement in movements)["new"] == 55


def test_months_are_the_published_ones(marts: duckdb.DuckDBPyConnection) -> None:
    months = {
        row[0]: row[1:]
        for row in marts.execute(
            "select period_start, mrr_amount, active_customers, "
            "new_mrr_amount, expansion_mrr_amount, contraction_mrr_amount, churned_mrr_amount "
            "from marts.rpt_revenue_aggregates where period_type = 'month' and not is_reporting_currency"
        ).fetchall()
    }
    assert months[date(2018, 12, 1)][0] == Decimal(585)
    assert months[date(2019, 6, 1)][0] == Decimal(1135)
    assert months[date(2019, 11, 1)][:2] == (Decimal(1840), 42)
    assert months[date(2019, 12, 1)][0] == Decimal(1255)
    assert months[date(2019, 12, 1)][2:] == (Decimal(100), Decimal(50), Decimal(30), Decimal(705))
