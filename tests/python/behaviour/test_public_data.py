"""Published answers on data that nobody here made: a cohort table, ClickHouse's windowFunnel cases, a package's funnel.

Read in place from `<repository>/../shared/data` (or PLUMBLINE_SHARED_DATA); skipped where that is not there.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest
from behaviour.warehouses import build, write_funnels
from oracles.funnels import Funnel
from project import ROOT
from raw import create_raw, insert

SHARED = Path(os.environ.get("PLUMBLINE_SHARED_DATA", ROOT.parent / "shared" / "data"))
COHORTS, WINDOW_FUNNEL, ORDERS = SHARED / "online_cohorts", SHARED / "window_funnel", SHARED / "dbt_product_analytics"
NAMES = {"online_cohorts": COHORTS, "window_funnel": WINDOW_FUNNEL, "dbt_product_analytics": ORDERS}
MISSING = [name for name, folder in NAMES.items() if not folder.is_dir()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"public data not found in {SHARED}: {', '.join(MISSING)}")
DAY = datetime(2018, 1, 1)
YEAR = 366 * 86_400


def event(tenant_id: str, number: int, event_type: str, person: str | None, moment: datetime) -> dict[str, Any]:
    return {"tenant_id": tenant_id, "event_id": f"e{number}", "event_type": event_type, "user_id": person, "occurred_at": moment}


def window_cases() -> dict[str, tuple[Funnel, list[dict[str, Any]], dict[str, int]]]:
    """Tenant by case: the funnel, the events, and the published depth of each person."""
    published = json.loads((WINDOW_FUNNEL / "clickhouse_window_funnel.json").read_text())
    found = {}

    def add(
        tenant_id: str,
        steps: Sequence[Any],
        window: int,
        persons: dict[str, list[tuple[int, Any]]],
        reached: dict[str, int],
        mode: Literal["ordered", "strict"] = "ordered",
    ) -> None:
        moments = [(person, second, name) for person, own in persons.items() for second, name in own]
        rows = [event(tenant_id, n, str(name), person, DAY + timedelta(seconds=second)) for n, (person, second, name) in enumerate(moments)]
        found[tenant_id] = (Funnel("case", tuple(str(step) for step in steps), window, mode=mode), rows, reached)

    windows = published["window_cases"]
    for number, case in enumerate(windows["cases"]):
        add(f"window_{number}", case["steps"], case["window"], {"p": windows["events"]}, {"p": case["reached"]})
    order = published["order_cases"]
    add("order", order["steps"], order["window"], order["users"], order["reached_default"])
    # Published: 3 for both who do a step twice before the next one. Where nothing may stand between, the second time does.
    strict = order["reached_strict_order"] | {"3": 2, "4": 2}
    add("strict", order["steps"], order["window"], order["users"], strict, mode="strict")
    tied = published["same_timestamp"]
    add("tied", tied["steps"], tied["window"], {"p": tied["events"]}, {"p": tied["reached_default"]})
    repeated = published["repeated_step"]
    persons: dict[str, list[tuple[int, Any]]] = {}
    for second, name, person in repeated["events"]:
        persons.setdefault(str(person), []).append((second, name))
    add("repeated", repeated["steps"], repeated["window"], persons, repeated["reached"])
    return found


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    database: Path = tmp_path_factory.mktemp("behaviour") / "public.duckdb"
    create_raw(database)
    with (COHORTS / "online_cohorts.csv").open() as lines:
        purchases = [
            event("online_cohorts", number, "order.placed", row["CustomerID"] or None, datetime.fromisoformat(row["InvoiceDate"]))
            for number, row in enumerate(csv.DictReader(lines))
        ]
    with (ORDERS / "raw_orders_simple.csv").open() as lines:
        orders = [
            event("orders", number, row["status"], row["customer_id"], datetime.fromisoformat(row["order_date"]))
            for number, row in enumerate(csv.DictReader(lines))
        ]
    insert(database, "raw_events.events", [*purchases, *orders, *(row for _, rows, _ in window_cases().values() for row in rows)])
    funnels: dict[str | None, Sequence[Funnel]] = {tenant_id: [funnel] for tenant_id, (funnel, _, _) in window_cases().items()}
    write_funnels(database, {**funnels, "orders": [Funnel("orders", ("placed", "completed", "returned"), YEAR)]})
    build(database, "2020-01-01T00:00:00")
    return duckdb.connect(str(database), read_only=True)


def test_the_published_cohort_table(marts: duckdb.DuckDBPyConnection) -> None:
    expected: dict[tuple[date, int], int] = {}
    with (COHORTS / "expected_nulls_dropped.csv").open() as lines:
        for row in csv.DictReader(lines):
            cohort = date.fromisoformat(f"{row.pop('c')}-01")
            expected |= {(cohort, int(number)): int(float(users)) for number, users in row.items() if users}
    found = marts.execute(
        "select cohort_month, month_number, retained_users from marts.rpt_user_cohorts "
        "where tenant_id = 'online_cohorts' and month_start < '2012-01-01'"
    ).fetchall()
    assert {(cohort, number): users for cohort, number, users in found} == expected


def test_rows_without_a_customer_are_nobody(marts: duckdb.DuckDBPyConnection) -> None:
    nobody = marts.execute(
        "select count(*), count(person_id), count(session_id) from marts.fct_events where tenant_id = 'online_cohorts' and user_id is null"
    )
    assert nobody.fetchone() == (277, 0, 0)


def test_window_funnel(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        "select tenant_id, person_id, max(last_step_order) from marts.fct_funnel_attempts where tenant_id not in ('orders') group by all"
    ).fetchall()
    depths = {(tenant_id, person): depth for tenant_id, person, depth in found}
    assert depths == {
        (tenant_id, person): depth for tenant_id, (_, _, reached) in window_cases().items() for person, depth in reached.items()
    }
    assert len(depths) > 15


def test_orders_funnel(marts: duckdb.DuckDBPyConnection) -> None:
    """Published: 6 placed, 5 completed, 2 returned."""
    reached = marts.execute(
        "select reached from marts.rpt_funnel_conversion where tenant_id = 'orders' and period_type = 'all' order by step_order"
    )
    assert reached.fetchall() == [(6,), (5,), (2,)]


def test_the_published_cohort_table_by_registration_is_the_one_by_first_activity(marts: duckdb.DuckDBPyConnection) -> None:
    """The shop has no registrations, so that its customers join with their first purchase: retention by the month gives the same table."""
    by_registration = marts.execute(
        "select cohort_month, month_number, cohort_size, retained_users, retention_rate from marts.rpt_user_cohorts "
        "where tenant_id = 'online_cohorts' and month_number <= 24"
    ).fetchall()
    by_activity = marts.execute(
        "select cohort_start, period_number, cohort_size, retained_users, retention_rate from marts.rpt_retention "
        "where tenant_id = 'online_cohorts' and period_type = 'month' and mode = 'on' and clock = 'calendar'"
    ).fetchall()
    assert set(by_activity) == set(by_registration)
    assert (date(2010, 12, 1), 1, 948, 362) in {row[:4] for row in by_activity}
