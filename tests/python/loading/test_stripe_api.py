"""Payments from Stripe's API: all kinds and pages, only the events since, whole lists, and every way in which a server fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from landing_files import SECRET, stripe_event, subscription
from loads import ROOT, query, state
from project import dbt
from stripe_server import KEY, StripeServer, listed, shortened

from ingestion.errors import PlumblineError, SettingsError, SourceError
from ingestion.load import LoadResult, load_source
from ingestion.privacy import keyed_hash, tenant_key
from ingestion.sources import Known, Reading
from ingestion.stripe_api import KINDS, STRIPE_VERSION, StripeAccount, StripeApi
from ingestion.warehouse import Cursor

START = 1767225600
NOW = datetime(2026, 1, 10)


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with StripeServer() as server:
        yield server


def account(stripe: StripeServer, **changes: Any) -> StripeAccount:
    return replace(StripeAccount("main", KEY, url=stripe.url, tenant="one", page=3, pause=0.0, attempts=3), **changes)


def customer(number: int) -> dict[str, Any]:
    return {"id": f"cus_{number}", "object": "customer", "created": START + number}


def read(
    stripe: StripeServer, cursors: dict[str, Cursor] | None = None, **changes: Any
) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    """The objects of each reading, by the end of its path, and the notices; without a warehouse."""
    source = StripeApi([account(stripe, **changes)])
    known = Known(lambda path: (cursors or {}).get(path.rpartition("/")[2]), NOW, {"acct_one": "one"})
    return {reading.path.rpartition("/")[2]: objects(reading) for reading in source.readings(known)}, source.notices


def objects(reading: Reading) -> list[dict[str, Any]]:
    return [json.loads(text) for piece in reading.records for text in piece.to_pylist()]


def all_listed(at: datetime | None, loaded_at: datetime) -> dict[str, Cursor]:
    return {name: Cursor(at, loaded_at) for name in ("events", *(kind.name for kind in KINDS))}


def test_all_pages_of_all_kinds_are_listed_in_the_pinned_version(stripe: StripeServer) -> None:
    stripe.objects["customers"] = [customer(number) for number in range(8)]
    stripe.events = [stripe_event(customer(number), "customer.created", START + number) for number in range(7)]
    found, notices = read(stripe)
    assert sorted(each["id"] for each in found["customers"]) == [f"cus_{number}" for number in range(8)]
    assert len({each["id"] for each in found["events"]}) == len(found["events"]) == 7
    assert not notices
    assert found.keys() == {"events", *(kind.name for kind in KINDS)}
    asked = dict(stripe.asked)
    assert asked["subscriptions"]["status"] == "all"
    assert [path for path, _ in stripe.asked].count("customers") == 3
    assert {headers["Stripe-Version"] for headers in stripe.headers} == {STRIPE_VERSION}
    assert not any("Stripe-Account" in headers for headers in stripe.headers)


def test_a_connected_account_is_read_with_the_key_of_its_platform(stripe: StripeServer) -> None:
    source = StripeApi([account(stripe, tenant=None, connected="acct_one")])
    (first, *_) = source.readings(Known(lambda _: None, NOW, {"acct_one": "mindmetric"}))
    assert first.path == "payments/api/tenant=mindmetric/main/products"
    assert {headers["Stripe-Account"] for headers in stripe.headers} == {"acct_one"}


def test_the_tenant_is_that_of_the_account(stripe: StripeServer) -> None:
    def first_path(accounts: dict[str, str]) -> str:
        return next(StripeApi([account(stripe, tenant=None)]).readings(Known(lambda _: None, NOW, accounts))).path

    assert first_path({"acct_one": "mindmetric"}) == "payments/api/tenant=mindmetric/main/products"
    with pytest.raises(SettingsError, match="acct_one belongs to no tenant"):
        first_path({"acct_two": "two"})
    stripe.forbidden = {"account"}
    with pytest.raises(SettingsError, match="does not tell whose account"):
        first_path({"acct_one": "mindmetric"})


def test_later_readings_ask_for_events_and_for_kinds_without_events(stripe: StripeServer) -> None:
    last = START + 86_400
    stripe.events = [stripe_event(customer(1), "customer.updated", last + seconds, id=f"evt_{seconds}") for seconds in (-3601, -3600, 0, 5)]
    stripe.objects["refunds"] = [{"id": f"re_{at}", "object": "refund", "created": last + at} for at in (-7201, -7200, 9)]
    at = datetime(2026, 1, 2)
    found, _ = read(stripe, all_listed(at, at - timedelta(hours=1)))
    assert sorted(each["id"] for each in found["events"]) == ["evt_-3600", "evt_0", "evt_5"]
    assert sorted(each["id"] for each in found["refunds"]) == ["re_-7200", "re_9"]
    assert found.keys() == {"events", "refunds", "balance_transactions"}

    known = all_listed(at, at)
    del known["coupons"]
    assert read(stripe, known)[0].keys() == {"events", "refunds", "balance_transactions", "coupons"}, "never listed before"


def test_after_thirty_days_without_a_reading_everything_is_listed_again(stripe: StripeServer) -> None:
    stripe.objects["customers"] = [customer(1)]
    long_ago = NOW - timedelta(days=30)
    found, notices = read(stripe, all_listed(long_ago, long_ago))
    assert len(found["customers"]) == 1
    assert notices == ["main was not read for 30 days, so that events are lost: everything was listed again."]
    recent = NOW - timedelta(days=29)
    found, notices = read(stripe, all_listed(long_ago, recent))
    assert ("customers" in found, notices) == (False, []), "an account without events for long is not one that was not read"


def test_lists_inside_objects_are_completed(stripe: StripeServer) -> None:
    lines = [{"id": f"il_{number}", "object": "line_item", "amount": number} for number in range(25)]
    invoice = {"id": "in_1", "object": "invoice", "created": START, "lines": listed("/v1/invoices/in_1/lines", lines)}
    stripe.objects["invoices"] = [invoice]
    stripe.inner["invoices/in_1/lines"] = lines
    items = [{"id": f"si_{number}", "created": START + number} for number in range(14)]
    past = shortened(listed("/v1/subscription_items", items))
    stripe.inner["subscription_items"] = items
    stripe.events = [stripe_event(subscription(items=past), "customer.subscription.updated", START + 12)]
    found, notices = read(stripe)
    assert [line["id"] for line in found["invoices"][0]["lines"]["data"]] == [f"il_{number}" for number in range(25)]
    inside = found["events"][0]["data"]["object"]["items"]
    assert {item["id"] for item in inside["data"]} == {f"si_{number}" for number in range(13)}, (
        "what was added after the event was not there"
    )
    assert not inside["has_more"]
    assert not notices

    stripe.objects["invoices"][0]["lines"]["url"] = "/v1/invoices/in_gone/lines"
    stripe.events = []
    found, notices = read(stripe)
    assert len(found["invoices"][0]["lines"]["data"]) == 10
    assert notices == ["1 long lists in past states of main are cut: their objects are gone."]


def test_the_key_follows_no_foreign_address(stripe: StripeServer) -> None:
    with StripeServer() as foreign:
        inside = {"object": "list", "has_more": True, "data": [], "url": f"{foreign.url}/v1/invoices/in_1/lines"}
        stripe.events = [stripe_event({"id": "in_1", "object": "invoice", "lines": inside}, "invoice.created")]
        _, notices = read(stripe)
        assert len(notices) == 1
        assert not foreign.asked


def test_discounts_that_an_event_names_are_looked_up(stripe: StripeServer) -> None:
    coupon = {"id": "co", "percent_off": 10, "duration": "forever"}
    stripe.objects["subscriptions"] = [subscription(discounts=[{"id": "di_1", "object": "discount", "coupon": coupon}])]
    named = subscription(
        discounts=["di_1", "di_2", "di_3"], discount={"id": "di_2", "object": "discount", "coupon": coupon | {"id": "old"}}
    )
    stripe.events = [stripe_event(named, "customer.subscription.updated", START + number, id=f"evt_{number}") for number in range(3)]
    found, notices = read(stripe)
    for event in found["events"]:
        one, two, three = event["data"]["object"]["discounts"]
        assert (one["coupon"]["id"], two["coupon"]["id"], three) == ("co", "old", "di_3")
    assert stripe.paths().count("subscriptions/sub_1") == 1
    assert notices == ["1 discounts in past states of main have ended and are known by id only."]


def test_requests_are_repeated_and_then_given_up(stripe: StripeServer) -> None:
    stripe.objects["customers"] = [customer(number) for number in range(4)]
    stripe.failures = [429, 500, "drop", "cut", 503, "drop"]
    found, _ = read(stripe, attempts=7)
    assert len(found["customers"]) == 4
    for failures, told in (
        ([429] * 3, "asks too often"),
        ([500] * 3, "error 500, 3 times"),
        (["drop"] * 3, "does not answer, 3 times"),
        ([400, 400], "refuses the request"),
        (["page"], "is not Stripe's API"),
    ):
        stripe.failures = list(failures)
        with pytest.raises(SourceError, match=told):
            read(stripe)


def test_a_list_that_ends_early_is_an_error(stripe: StripeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    stripe.objects["customers"] = [customer(number) for number in range(4)]
    answer = stripe._answer

    def forbid_the_second_page(request: Any) -> None:
        stripe.forbidden = {"customers"} if "starting_after" in request.path else set()
        answer(request)

    monkeypatch.setattr(stripe, "_answer", forbid_the_second_page)
    with pytest.raises(SourceError, match="some of the customers of main, and then no more"):
        read(stripe)


def test_refused_keys_and_missing_kinds(stripe: StripeServer) -> None:
    with pytest.raises(SettingsError, match="refuses the key of main") as raised:
        read(stripe, key="sk_live_hunter2")
    assert "hunter2" not in raised.value.message + raised.value.remedy + repr(raised.value.__cause__)

    stripe.forbidden, stripe.unknown = {"disputes", "payouts"}, {"coupons"}
    with pytest.raises(SourceError, match="coupons of main cannot be read: the API does not have them"):
        read(stripe)
    with pytest.raises(SettingsError, match="disputes of main cannot be read: the key may not read them"):
        read(stripe, optional=("coupons",))
    found, notices = read(stripe, optional=("coupons", "disputes"))
    assert notices == [
        "Not read from main: coupons; the API does not have them.",
        "Not read from main: disputes; the key may not read them.",
        "Not read from main: payouts; the key may not read them.",
    ]
    assert not {"coupons", "disputes", "payouts"} & found.keys(), "to be listed as soon as they may be"
    assert not {"coupons", "disputes"} & set(read(stripe, without=("coupons", "disputes"))[0])
    stripe.forbidden = {"events"}
    with pytest.raises(SettingsError, match="events of main cannot be read: the key"):
        read(stripe, optional=("coupons",))
    with pytest.raises(SettingsError, match="no kind 'trinkets'"):
        read(stripe, optional=("trinkets",))
    with pytest.raises(SourceError, match="is not Stripe's API"):
        read(stripe, url=f"{stripe.url}/v1/account?")


def test_older_servers_have_plans(stripe: StripeServer) -> None:
    stripe.unknown = {"prices"}
    stripe.objects["plans"] = [{"id": "plan_1", "object": "plan", "created": START}]
    assert [plan["id"] for plan in read(stripe)[0]["prices"]] == ["plan_1"]


def load(stripe: StripeServer, database: Path, *, again: bool = False, **changes: Any) -> LoadResult:
    return load_source(
        StripeApi([account(stripe, **changes)], again=again),
        target="duckdb",
        database=database,
        postgres_dsn=None,
        pseudonym_key=SECRET,
        tenants=ROOT / "seeds/tenants.csv",
        working_folder=database.parent / "dlt",
    )


def test_the_same_window_again_changes_nothing_and_news_is_loaded_once(stripe: StripeServer, workplace: Path) -> None:
    database = workplace / "w.duckdb"
    stripe.objects["customers"] = [customer(number) for number in range(5)]
    stripe.objects["refunds"] = [{"id": "re_1", "object": "refund", "created": START, "currency": "usd", "amount": 5}]
    stripe.events = [stripe_event(customer(number), "customer.created", START + 1800 * number) for number in range(5)]
    first = load(stripe, database)
    assert (first.rows_read, first.rows_accepted) == (11, 11)
    before = state(database)
    again = load(stripe, database)
    # Events of the last hour; the refund is older than the load before.
    assert (again.load_id, again.rows_read, again.rows_duplicate) == (None, 3, 3)
    assert state(database) == before

    stripe.events.append(stripe_event(customer(2), "customer.updated", START + 6000))
    stripe.events.append(stripe_event(customer(2) | {"id": None}, "customer.updated", START + 9000))
    news = load(stripe, database)
    assert (news.rows_read, news.rows_accepted, news.rows_rejected, news.rows_duplicate) == (5, 1, 1, 3)
    account_of_events = """
        select sum(rows_read), sum(rows_accepted), sum(rows_rejected), sum(rows_duplicate) from raw_operations.load_files
        where path = 'payments/api/tenant=one/main/events'
    """
    assert query(database, account_of_events) == [(10, 6, 1, 3)]
    assert query(database, "select count(*), count(distinct stripe_event_id) from raw_payments.customers") == [(11, 6)]
    relisted = load(stripe, database, again=True)
    assert (relisted.rows_accepted, relisted.rows_rejected) == (6, 0), "a listed object is a state that was seen, each time"


def test_a_load_that_fails_on_the_way_leaves_nothing_and_the_next_one_has_all(stripe: StripeServer, workplace: Path) -> None:
    database = workplace / "w.duckdb"
    before = state(database)
    stripe.objects["customers"] = [customer(number) for number in range(9)]
    stripe.unknown = {"charges"}
    with pytest.raises(PlumblineError, match="charges of main cannot be read"):
        load(stripe, database)
    assert state(database) == before
    stripe.unknown = set()
    assert load(stripe, database).rows_accepted == 9


def lives() -> list[tuple[str, str, dict[str, Any]]]:
    """Two subscriptions: the day, the kind of event and the state after it."""
    (item,) = subscription()["items"]["data"]

    def told(day: str, change: str, quantity: int, name: str = "sub_1", **fields: Any) -> tuple[str, str, dict[str, Any]]:
        items = listed(f"/v1/subscription_items?subscription={name}", [item | {"id": f"si_{name}", "quantity": quantity}])
        state = subscription(id=name, customer=f"cus_{name}", items=items, created=moment("2026-01-05"), start_date=moment("2026-01-05"))
        return day, change, state | {"livemode": True} | fields

    return [
        told("2026-01-05", "created", 2),
        told("2026-01-05", "created", 1, "sub_2"),
        told("2026-02-10", "updated", 5),
        told("2026-03-10", "updated", 3),
        told("2026-04-10", "deleted", 3, status="canceled", ended_at=moment("2026-04-10")),
    ]


def moment(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())


def test_movements_of_mrr_come_out_of_listings_and_events(stripe: StripeServer, workplace: Path) -> None:
    database = workplace / "w.duckdb"
    events = [
        stripe_event(told, f"customer.subscription.{change}", moment(day), id=f"evt_{day}_{told['id']}", livemode=True)
        for day, change, told in lives()
    ]
    stripe.events = events[:3]
    stripe.objects["subscriptions"] = [lives()[1][2], lives()[2][2]]
    load(stripe, database, tenant="mindmetric")
    stripe.events = events
    load(stripe, database, tenant="mindmetric")
    dbt(
        "build",
        "--select",
        "+fct_mrr_movements",
        "--resource-type",
        "model",
        "--resource-type",
        "seed",
        database=database,
        as_of="2026-05-01",
    )
    found = """
        select movement_date, movement_type, mrr_change_amount, customer_id = '{}'
        from marts.fct_mrr_movements where tenant_id = 'mindmetric' order by 1, 3
    """
    first = keyed_hash(tenant_key(SECRET, "mindmetric"), "cus_sub_1")
    assert query(database, found.format(first)) == [
        (date(2026, 1, 5), "new", 25, False),
        (date(2026, 1, 5), "new", 50, True),
        (date(2026, 2, 10), "expansion", 75, True),
        (date(2026, 3, 10), "contraction", -50, True),
        (date(2026, 4, 10), "churn", -75, True),
    ]
