"""The published marts of the demo against the oracle, which reads the same files for itself."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from oracles.revenue import Revenue, minor_units
from oracles.stripe_files import Stripe, moment, read_stripe, tenants


@pytest.fixture(scope="module")
def stripe(landing: Path) -> Stripe:
    return read_stripe(landing)


@pytest.fixture(scope="module")
def oracle(landing: Path, stripe: Stripe) -> Revenue:
    manifest = json.loads((landing / "manifest.json").read_text(encoding="utf-8"))
    return Revenue(
        zones={tenant: row["time_zone"] for tenant, row in tenants().items()},
        clock=datetime.fromisoformat(manifest["window_end"]).replace(tzinfo=None),
        subscriptions=stripe.subscriptions,
        items=stripe.items,
        discounts=stripe.discounts,
    )


def test_movements_of_the_demo(warehouse: Path, oracle: Revenue) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select tenant_id, currency, movement_date, movement_type, mrr_change_amount from marts.fct_mrr_movements"
        ).fetchall()
    expected = Counter((tenant, *rest) for tenant, _, *rest in oracle.movements())
    assert {movement[3] for movement in expected} == {"new", "expansion", "contraction", "churn", "reactivation"}
    assert Counter(found) == expected


def test_daily_mrr_of_the_demo(warehouse: Path, oracle: Revenue) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute("select tenant_id, currency, valid_from, mrr_amount from marts.fct_mrr_daily").fetchall()
    expected = Counter((tenant, currency, day, amount) for (tenant, _, currency), days in oracle.daily().items() for day, amount in days)
    assert Counter(found) == expected


def test_net_revenue_of_the_demo(warehouse: Path, stripe: Stripe) -> None:
    """By month of payment in the tenant's zone: charges less refunds less lost disputes, each without its share of the tax."""
    zones = {tenant: ZoneInfo(row["time_zone"]) for tenant, row in tenants().items()}
    charges = stripe.objects["charge"]
    expected: dict[tuple[str, str, date], Fraction] = defaultdict(Fraction)
    for kind, counted, sign in (("charge", "succeeded", 1), ("refund", "succeeded", -1), ("dispute", "lost", -1)):
        for (tenant, _), thing in stripe.objects[kind].items():
            if thing["status"] != counted:
                continue
            charge = thing if kind == "charge" else charges[tenant, thing["charge"]]
            invoice = stripe.objects["invoice"].get((tenant, charge.get("invoice") or ""), {})
            tax = Fraction(invoice.get("tax") or 0, invoice.get("total") or 1)
            currency = thing["currency"].upper()
            amount = Fraction(thing["amount"], minor_units(currency))
            created = moment(thing["created"])
            assert created
            month = created.replace(tzinfo=ZoneInfo("UTC")).astimezone(zones[tenant]).date().replace(day=1)
            expected[tenant, currency, month] += sign * amount * (1 - tax)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select tenant_id, currency, period_start, total_revenue_amount from marts.rpt_revenue_aggregates "
            "where period_type = 'month' and not is_reporting_currency"
        ).fetchall()
    assert expected.keys() <= {row[:3] for row in found}
    # Every payment's tax is rounded at a millionth.
    assert [row for row in found if abs(Fraction(row[3]) - expected[row[:3]]) > Fraction(1, 1000)] == []
    assert sum((row[3] for row in found), Decimal(0)) > 0
