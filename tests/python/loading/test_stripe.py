"""Stripe objects become relational rows, one per state and per part."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from landing_files import SECRET, Processed, Row, stripe_event, subscription, write

from ingestion.privacy import keyed_hash, tenant_key

CUSTOMER = keyed_hash(tenant_key(SECRET, "one"), "cus_1")


def process(tmp_path: Path, *rows: Row) -> Processed:
    write(tmp_path, "payments/tenant=one/a.jsonl", rows)
    return Processed(tmp_path, "payments")


def test_an_event_gives_the_state_that_it_tells_and_a_plain_object_none(tmp_path: Path) -> None:
    processed = process(tmp_path, stripe_event(subscription(), "customer.subscription.deleted", 1772356364), subscription())
    told, seen = processed.rows["subscriptions"]
    assert (told["state_at"], told["stripe_event_id"], told["stripe_event_type"]) == (
        datetime(2026, 3, 1, 9, 12, 44),
        "evt_1772356364",
        "customer.subscription.deleted",
    )
    assert (told["is_livemode"], told["customer_id"], told["created_at"]) == (False, CUSTOMER, datetime(2026, 1, 1))
    assert (seen["state_at"], seen["stripe_event_id"], seen["stripe_event_type"], seen["is_livemode"]) == (None, None, None, None)


def test_items_carry_their_subscription_and_the_terms_of_their_price(tmp_path: Path) -> None:
    plan = {"id": "plan_1", "product": {"id": "prod_2", "object": "product"}, "currency": "jpy", "amount": 1000, "interval": "year"}
    items = {"data": [*subscription()["items"]["data"], {"id": "si_2", "plan": plan, "quantity": 1}]}
    processed = process(tmp_path, subscription(items=items))
    wanted = ("subscription_id", "subscription_item_id", "price_id", "product_id", "currency", "unit_amount", "interval", "quantity")
    assert [tuple(row[name] for name in wanted) for row in processed.rows["subscription_items"]] == [
        ("sub_1", "si_1", "price_1", "prod_1", "usd", Decimal(2500), "month", 2),
        ("sub_1", "si_2", "plan_1", "prod_2", "jpy", Decimal(1000), "year", 1),
    ]


def test_discounts_in_both_shapes_and_in_order(tmp_path: Path) -> None:
    coupon = {"id": "half", "percent_off": 50, "duration": "repeating", "duration_in_months": 3}
    older = subscription(id="sub_older", discount={"object": "discount", "coupon": coupon, "start": 1767225600})
    newer = subscription(id="sub_newer", discounts=[{"id": "di_1", "source": {"coupon": coupon}}, {"id": "di_2", "coupon": "ten"}, "di_3"])
    processed = process(tmp_path, older, newer)
    wanted = ("subscription_id", "position", "discount_id", "coupon_id", "percent_off", "duration_in_months")
    assert [tuple(row[name] for name in wanted) for row in processed.rows["subscription_discounts"]] == [
        ("sub_older", 1, None, "half", Decimal(50), 3),
        ("sub_newer", 1, "di_1", "half", Decimal(50), 3),
        ("sub_newer", 2, "di_2", "ten", None, None),
        ("sub_newer", 3, "di_3", None, None, None),
    ]


def test_invoices_with_lines_of_either_api_version(tmp_path: Path) -> None:
    older = {"id": "il_1", "amount": 900, "price": {"id": "price_1"}, "proration": True, "period": {"start": 1767225600, "end": 1769904000}}
    details = {"subscription_item": "si_1", "proration": False}
    newer = {
        "id": "il_2",
        "amount": 100,
        "pricing": {"price_details": {"price": "price_2"}},
        "parent": {"subscription_item_details": details},
    }
    invoice = {
        "id": "in_1",
        "object": "invoice",
        "customer": {"id": "cus_1", "email": "jane.roe@example.com"},
        "parent": {"subscription_details": {"subscription": "sub_1"}},
        "total_taxes": [{"amount": 19}],
        "status_transitions": {"paid_at": 1767225700},
        "lines": {"data": [older, newer]},
    }
    processed = process(tmp_path, invoice)
    (row,) = processed.rows["invoices"]
    assert (row["customer_id"], row["subscription_id"], row["tax"], row["paid_at"]) == (
        CUSTOMER,
        "sub_1",
        19,
        datetime(2026, 1, 1, 0, 1, 40),
    )
    wanted = ("invoice_id", "invoice_line_id", "price_id", "amount", "subscription_item_id", "is_proration")
    assert [tuple(row[name] for name in wanted) for row in processed.rows["invoice_lines"]] == [
        ("in_1", "il_1", "price_1", 900, None, True),
        ("in_1", "il_2", "price_2", 100, "si_1", False),
    ]
    assert "jane" not in str(processed.rows)


def test_plans_are_prices_and_objects_without_a_table_are_kept(tmp_path: Path) -> None:
    plan = {"id": "plan_1", "object": "plan", "amount_decimal": "0.5", "currency": "usd", "interval": "month", "product": "prod_1"}
    payout = {"id": "po_1", "object": "payout", "amount": 5, "description": "for Jane Roe", "customer": "cus_1"}
    processed = process(tmp_path, plan, payout)
    assert [(row["price_id"], row["unit_amount"]) for row in processed.rows["prices"]] == [("plan_1", Decimal("0.5"))]
    (row,) = processed.rows["other_objects"]
    assert (row["object_type"], row["object_id"]) == ("payout", "po_1")
    assert json.loads(row["payload"]) == payout | {"description": "[text]", "customer": CUSTOMER}


def test_a_customer_leaves_the_country_of_the_address_and_nothing_else(tmp_path: Path) -> None:
    address = {"country": "DE", "city": "Musterstadt", "line1": "Example Street 1"}
    customer = {"id": "cus_1", "object": "customer", "name": "Jane Roe", "email": "jane.roe@example.com", "phone": "+1 212 555 0100"}
    processed = process(tmp_path, customer | {"address": address, "metadata": {"user_id": "u-1", "note": "plain"}})
    (row,) = processed.rows["customers"]
    assert (row["customer_id"], row["country"]) == (CUSTOMER, "DE")
    assert row["user_id"] == keyed_hash(tenant_key(SECRET, "one"), "u-1")
    assert json.loads(row["extra"]) == {"metadata": {"user_id": row["user_id"], "note": "plain"}}


def test_a_line_with_one_bad_part_is_rejected_whole_and_counted_once(tmp_path: Path) -> None:
    items = {"data": [*subscription()["items"]["data"], {"id": "si_2", "quantity": "many"}]}
    processed = process(tmp_path, subscription(items=items), subscription(customer=None), {"id": "x"}, stripe_event("none", "a.b"))
    assert not processed.rows["subscriptions"]
    assert not processed.rows["subscription_items"]
    assert processed.reasons() == {
        1: ("wrong_type", "quantity"),
        2: ("missing_required", "customer"),
        3: ("missing_required", "object"),
        4: ("missing_required", "data.object"),
    }
    path = "payments/tenant=one/a.jsonl"
    assert {name: (account["rows_read"], account["rows_rejected"]) for (_, name), account in processed.files.items()} == {
        "subscriptions": (2, 2),
        "unknown": (2, 2),
    }, path


def test_a_change_in_a_part_changes_the_hash_of_the_whole(tmp_path: Path) -> None:
    (item,) = subscription()["items"]["data"]
    processed = process(tmp_path, subscription(), subscription(items={"data": [item | {"quantity": 3}]}), subscription())
    one, two, three = (row["payload_hash"] for row in processed.rows["subscriptions"])
    assert one == three != two
