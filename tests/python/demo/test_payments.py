"""Stripe's objects: references, order and arithmetic, and MRR recomputed from the files alone."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.reader import Read, Row

TENANTS = {"mindmetric": "America/New_York", "clausewise": "Europe/Berlin", "dansora": "Asia/Tokyo", "loomwick": "Europe/London"}
CENTS = {"usd": 100, "eur": 100, "gbp": 100, "jpy": 1}


@pytest.fixture(scope="module")
def stripe_events(payments: list[Read]) -> dict[str, list[Row]]:
    """By tenant, the distinct live events in the order of time; of one second, as Stripe numbered them.

    An object that no event tells of is `observed` since it was created.
    """
    found: dict[str, dict[str, Row]] = defaultdict(dict)
    plain: dict[str, list[Row]] = defaultdict(list)
    for line in payments:
        if line.row and line.tenant and line.row["livemode"]:
            if line.row["object"] == "event":
                found[line.tenant][line.row["id"]] = line.row
            else:
                plain[line.tenant].append(line.row)
    for tenant, rows in plain.items():
        told = {event["data"]["object"]["id"] for event in found[tenant].values()}
        for row in rows:
            if row["id"] not in told:
                found[tenant][row["id"]] = {"id": row["id"], "type": "observed", "created": row["created"], "data": {"object": row}}
    return {tenant: sorted(rows.values(), key=lambda row: (row["created"], row["id"])) for tenant, rows in found.items()}


def _states(events: list[Row], kind: str) -> dict[str, list[tuple[int, str, Row]]]:
    """Every state of each object of a kind: (since, event type, object)."""
    states: dict[str, list[tuple[int, str, Row]]] = defaultdict(list)
    for event in events:
        if event["data"]["object"]["object"] == kind:
            states[event["data"]["object"]["id"]].append((event["created"], event["type"], event["data"]["object"]))
    return states


@pytest.mark.parametrize("tenant", TENANTS)
def test_everything_referred_to_exists(tenant: str, stripe_events: dict[str, list[Row]], payments: list[Read]) -> None:
    events = stripe_events[tenant]
    ids = {kind: set(_states(events, kind)) for kind in ("customer", "subscription", "invoice", "charge")}
    plain = [line.row for line in payments if line.tenant == tenant and line.row and line.row["object"] != "event"]
    kinds = Counter(row["object"] for row in plain)
    assert (kinds["product"], kinds["price"], kinds["coupon"]) == (3, 12, 4)
    assert kinds["customer"] == len(ids["customer"])
    prices = {row["id"] for row in plain if row["object"] == "price"}
    for event in events:
        state = event["data"]["object"]
        for kind in ids:
            assert state.get(kind) is None or state[kind] in ids[kind], (event["type"], kind)
        if state["object"] == "subscription":
            assert {item["price"]["id"] for item in state["items"]["data"]} <= prices
        if state["object"] == "invoice":
            assert {line["subscription"] for line in state["lines"]["data"]} == {state["subscription"]}


@pytest.mark.parametrize("tenant", TENANTS)
def test_subscriptions_are_created_once_and_end_for_good(tenant: str, stripe_events: dict[str, list[Row]]) -> None:
    for states in _states(stripe_events[tenant], "subscription").values():
        if [type_ for _, type_, _ in states] == ["observed"]:
            continue
        types = [type_.rsplit(".", 1)[1] for _, type_, _ in states]
        assert types[0] == "created"
        assert types.count("created") == 1
        assert "deleted" not in types[:-1]
        for since, type_, state in states:
            assert state["created"] <= since
            assert state["current_period_start"] < state["current_period_end"]
            assert (state["status"] == "canceled") == (state["ended_at"] is not None) == type_.endswith("deleted")
            assert state["trial_end"] is None or state["status"] != "trialing" or state["trial_end"] == state["current_period_end"]
            assert (state["cancel_at"] is not None) == state["cancel_at_period_end"]


@pytest.mark.parametrize("tenant", TENANTS)
def test_invoices_add_up_and_paid_ones_were_paid(tenant: str, stripe_events: dict[str, list[Row]], manifest: dict[str, Any]) -> None:
    events = stripe_events[tenant]
    charges = {id_: states[0][2] for id_, states in _states(events, "charge").items()}
    succeeded = {charge["invoice"]: charge for charge in charges.values() if charge["status"] == "succeeded"}
    seen: Counter[str] = Counter()
    lines_seen: Counter[str] = Counter()
    for states in _states(events, "invoice").values():
        for _, type_, invoice in states:
            lines = invoice["lines"]["data"]
            discount = sum(part["amount"] for part in invoice["total_discount_amounts"])
            assert invoice["subtotal"] == sum(line["amount"] for line in lines)
            assert discount == sum(part["amount"] for line in lines for part in line["discount_amounts"])
            assert invoice["total"] == invoice["subtotal"] - discount + (invoice["tax"] or 0) >= 0
            assert invoice["paid"] == (invoice["status"] == "paid")
            assert type_ == "observed" or (type_ == "invoice.paid") == invoice["paid"]
            seen.update({"discounted": discount > 0, "taxed": bool(invoice["tax"]), "prorated": any(line["proration"] for line in lines)})
            if invoice["paid"] and invoice["total"]:
                charge = succeeded[invoice["id"]]
                assert (charge["amount"], charge["currency"]) == (invoice["total"], invoice["currency"])
        lines_seen.update(line["id"] for line in states[0][2]["lines"]["data"])
    assert set(lines_seen.values()) == {1}
    assert min(seen[name] for name in ("discounted", "taxed", "prorated")) > 0
    money: dict[str, Counter[str]] = defaultdict(Counter)
    for charge in succeeded.values():
        money["charged"][charge["currency"].upper()] += charge["amount"]
    for name, kind in (("refunded", "refund"), ("disputed", "dispute")):
        for states in _states(events, kind).values():
            returned = states[0][2]
            assert 0 < returned["amount"] <= charges[returned["charge"]]["amount"]
            money[name][returned["currency"].upper()] += returned["amount"]
    assert money == manifest["truths"][tenant]["money"]


@pytest.mark.parametrize("tenant", TENANTS)
def test_every_paid_period_is_billed_once(tenant: str, stripe_events: dict[str, list[Row]]) -> None:
    events = stripe_events[tenant]
    periods: Counter[tuple[str, int]] = Counter()
    for states in _states(events, "invoice").values():
        invoice = states[-1][2]
        [line] = [line for line in invoice["lines"]["data"] if not line["proration"]]
        periods[invoice["subscription"], line["period"]["start"]] += 1
    expected: set[tuple[str, int]] = set()
    observed: set[tuple[str, int]] = set()
    for states in _states(events, "subscription").values():
        for _, type_, state in states:
            if state["status"] != "canceled":
                (observed if type_ == "observed" else expected).add((state["id"], state["current_period_start"]))
    assert expected | observed <= set(periods)
    # Of a subscription that no event tells of, only the last period shows in its state.
    silent = {subscription for subscription, _ in observed}
    assert {period for period in periods if period[0] not in silent} == expected
    assert len(silent) > 0
    assert set(periods.values()) == {1}


def _mrr(state: Row) -> Decimal:
    """The worth of a subscription's state a month, as metrics.md defines it, to six places."""
    if state["status"] not in ("active", "past_due"):
        return Decimal(0)
    total = Decimal(0)
    for item in state["items"]["data"]:
        price = item["price"]
        amount = Decimal(price["unit_amount"] * item["quantity"]) / CENTS[price["currency"]]
        for discount in state["discounts"]:
            if discount["coupon"]["duration"] != "once":
                amount = amount * (100 - discount["coupon"]["percent_off"]) / 100
        total += round(amount / {"month": 1, "year": 12}[price["recurring"]["interval"]], 6)
    return total


@pytest.mark.parametrize("tenant", TENANTS)
def test_mrr_of_the_files_is_that_of_the_manifest(tenant: str, stripe_events: dict[str, list[Row]], manifest: dict[str, Any]) -> None:
    subscriptions = _states(stripe_events[tenant], "subscription")

    def before(moment: float) -> dict[str, dict[str, Any]]:
        mrr: dict[str, Decimal] = defaultdict(Decimal)
        payers: dict[str, set[str]] = defaultdict(set)
        for states in subscriptions.values():
            past = [state for since, _, state in states if since < moment]
            if past and _mrr(past[-1]):
                mrr[past[-1]["currency"].upper()] += _mrr(past[-1])
                payers[past[-1]["currency"].upper()].add(past[-1]["customer"])
        return {currency: {"mrr_amount": f"{amount:.6f}", "customers": len(payers[currency])} for currency, amount in mrr.items()}

    truths = manifest["truths"][tenant]
    assert before(float("inf")) == truths["mrr"]
    assert len(truths["mrr_before"]) == 12
    for day, expected in truths["mrr_before"].items():
        found = before(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(TENANTS[tenant])).timestamp())
        assert found == {currency: value for currency, value in expected.items() if value["customers"]}


@pytest.mark.parametrize("tenant", TENANTS)
def test_every_story_is_told(tenant: str, stripe_events: dict[str, list[Row]], manifest: dict[str, Any]) -> None:
    from ingestion.demo_data.stories import STORIES

    stories = manifest["stories"][tenant]
    assert set(stories) == {story.play.__name__ for story in STORIES}
    assert sum(stories.values()) == manifest["truths"][tenant]["customers"] == len(_states(stripe_events[tenant], "customer"))
    histories = [[state for _, _, state in states] for states in _states(stripe_events[tenant], "subscription").values()]
    statuses = ["-".join(dict.fromkeys(state["status"] for state in states)) for states in histories]
    assert statuses.count("trialing-active") >= stories["trial_converts"]
    assert statuses.count("trialing-canceled") == stories["trial_lapses"]
    assert statuses.count("active-past_due-canceled") == stories["payment_lost"]
    assert statuses.count("active-past_due") == stories["payment_recovered"]
    withdrawn = sum(
        any(one["cancel_at_period_end"] and not next_["cancel_at_period_end"] for one, next_ in pairwise(states)) for states in histories
    )
    assert withdrawn == stories["stays_after_all"]
    customers = Counter(states[0]["customer"] for states in histories)
    assert sum(count == 2 for count in customers.values()) == stories["returns"] + stories["second_subscription"]
    refunds = _states(stripe_events[tenant], "refund")
    assert len(refunds) == stories["refund_in_full"] + stories["refund_in_part"]
    assert len(_states(stripe_events[tenant], "dispute")) == stories["disputed"]
    currencies = {states[0]["currency"] for states in histories}
    assert len(currencies) == 2


def test_customers_are_users_of_the_product(stripe_events: dict[str, list[Row]], events: list[Read], manifest: dict[str, Any]) -> None:
    for tenant in TENANTS:
        sound = [line.row for line in events if line.tenant == tenant and line.row and line.path.endswith("/events.jsonl.gz")]
        registered = {row["user_id"] for row in sound if row["event_type"] == "user.registered"}
        customers = {states[0][2]["metadata"]["user_id"] for states in _states(stripe_events[tenant], "customer").values()}
        assert customers <= registered
        notices = Counter(row["event_type"] for row in sound)
        types = Counter(event["type"] for event in stripe_events[tenant])
        silent = manifest["stories"][tenant]["never_told"]
        assert notices["subscription.created"] == types["customer.subscription.created"] + silent
        assert notices["subscription.cancelled"] == types["customer.subscription.deleted"]
        assert notices["payment.failed"] == types["invoice.payment_failed"]


def test_redelivered_and_test_mode_events_are_counted(payments: list[Read], manifest: dict[str, Any]) -> None:
    for tenant in TENANTS:
        lines = [json.dumps(line.row) for line in payments if line.tenant == tenant and line.row and line.row["object"] == "event"]
        repeated = sum(count - 1 for count in Counter(lines).values())
        assert repeated == manifest["oddities"][tenant]["redelivered_payments"]
        rehearsed = {line for line in lines if not json.loads(line)["livemode"]}
        assert len(rehearsed) == manifest["oddities"][tenant]["test_mode_payments"] > 0


def test_rows_of_every_payments_table(payments: list[Read], manifest: dict[str, Any]) -> None:
    lists = {"subscription_items": ("subscription", "items"), "invoice_lines": ("invoice", "lines")}
    tables: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in payments:
        if not line.row or not line.tenant:
            continue
        state = line.row["data"]["object"] if line.row["object"] == "event" else line.row
        tables[state["object"] + "s"][line.tenant].append(state["id"])
        for table, (kind, field) in lists.items():
            if state["object"] == kind:
                tables[table][line.tenant] += [row["id"] for row in state[field]["data"]]
        if state["object"] == "subscription":
            tables["subscription_discounts"][line.tenant] += [discount["id"] for discount in state["discounts"]]
    for table, tenants in tables.items():
        found = {tenant: {"accepted": len(ids), "unique": len(set(ids))} for tenant, ids in tenants.items()}
        assert manifest["tables"][table] == found
    assert set(tables) < set(manifest["tables"])
