"""Against localstripe, the stand-in for Stripe's API of the package index: what is done there by its API comes out of the warehouse."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from landing_files import SECRET
from loads import ROOT, query

from ingestion.load import LoadResult, load_source
from ingestion.privacy import keyed_hash, tenant_key
from ingestion.stripe_api import StripeAccount, StripeApi

KEY = "sk_test_of_nobody"
# It has no disputes, and does not list refunds by their time.
MISSING = ("disputes",)
UNLISTED = ("refunds", "balance_transactions")


class Stand:
    """A running localstripe."""

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}"

    def post(self, path: str, **form: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.url}/v1/{path}", data=form, auth=(KEY, ""), timeout=30)
        assert answer.ok, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def delete(self, path: str) -> None:
        answer = requests.delete(f"{self.url}/v1/{path}", auth=(KEY, ""), timeout=30)
        assert answer.ok, answer.text


@pytest.fixture(scope="module")
def localstripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        probe.bind(("::", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("localstripe")
    command = [sys.executable, "-m", "localstripe", "--port", str(port), "--from-scratch"]
    with (folder / "log").open("w") as log, subprocess.Popen(command, cwd=folder, env=dict(os.environ), stdout=log, stderr=log) as server:
        try:
            for _ in range(300):
                with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
                    if probe.connect_ex(("::1", port)) == 0:
                        break
                assert server.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
            yield Stand(port)
        finally:
            server.terminate()


def load(localstripe: Stand, database: Path, *, again: bool = False, without: tuple[str, ...] = ()) -> LoadResult:
    account = StripeAccount("main", KEY, url=localstripe.url, tenant="one", optional=MISSING, without=without, page=2, pause=0.1)
    return load_source(
        StripeApi([account], again=again),
        target="duckdb",
        database=database,
        postgres_dsn=None,
        pseudonym_key=SECRET,
        tenants=ROOT / "seeds/tenants.csv",
        working_folder=database.parent / "dlt",
    )


def test_customers_plans_upgrades_cancellations_and_refunds(localstripe: Stand, workplace: Path) -> None:
    database = workplace / "w.duckdb"
    product = localstripe.post("products", name="Reports", type="service")["id"]
    plans = {
        name: localstripe.post("plans", id=name, amount=amount, currency="usd", interval="month", product=product)["id"]
        for name, amount in (("small", 2500), ("large", 9900))
    }
    customers = []
    for number in range(3):
        source = localstripe.post(
            "tokens", **{"card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2030", "card[cvc]": "123"}
        )["id"]
        customer = localstripe.post(
            "customers", **{"email": f"c{number}@example.com", "source": source, "metadata[user_id]": f"u-{number}"}
        )
        customers.append(customer["id"])
    subscriptions = [
        localstripe.post("subscriptions", **{"customer": customer, "items[0][plan]": plans["small"], "items[0][quantity]": "2"})
        for customer in customers
    ]
    first = load(localstripe, database)
    assert first.rows_rejected == 0
    assert any("disputes" in notice for notice in first.notices)
    found = "select count(distinct customer_id) from raw_payments.customers where tenant_id = 'one'"
    assert query(database, found) == [(3,)]
    person = keyed_hash(tenant_key(SECRET, "one"), "u-1")
    assert query(database, f"select count(*) > 0 from raw_payments.customers where user_id = '{person}'") == [(True,)]
    assert query(database, "select price_id, unit_amount from raw_payments.prices where stripe_event_id is null order by 1") == [
        ("large", 9900),
        ("small", 2500),
    ]
    again = load(localstripe, database, without=UNLISTED)
    assert (again.load_id, again.rows_read, again.rows_accepted) == (None, again.rows_duplicate, 0)
    assert again.rows_duplicate > 0

    upgraded, cancelled, _ = (subscription["id"] for subscription in subscriptions)
    item = subscriptions[0]["items"]["data"][0]["id"]
    localstripe.post(f"subscriptions/{upgraded}", **{"items[0][id]": item, "items[0][plan]": plans["large"], "items[0][quantity]": "2"})
    localstripe.delete(f"subscriptions/{cancelled}")
    charge = requests.get(f"{localstripe.url}/v1/charges", auth=(KEY, ""), timeout=30).json()["data"][0]
    localstripe.post("refunds", charge=charge["id"], amount=100)
    # The stand-in tells of the cancellation in an event, but not of the upgrade and the refund: they are found by listing again.
    news = load(localstripe, database, without=UNLISTED)
    assert news.rows_accepted > 0
    ended = "select distinct subscription_id from raw_payments.subscriptions where stripe_event_type = 'customer.subscription.deleted'"
    assert query(database, ended) == [(cancelled,)]
    load(localstripe, database, again=True)
    item_prices = f"""
        select price_id, quantity, unit_amount from raw_payments.subscription_items
        where subscription_id = '{upgraded}' and stripe_event_id is null order by loaded_at
    """
    assert query(database, item_prices) == [("small", 2, 2500), ("large", 2, 9900)]
    assert query(database, "select charge_id, amount from raw_payments.refunds") == [(charge["id"], 100)]
    for path in (database, *(workplace / "dlt").rglob("*")):
        assert path.is_dir() or b"c1@example.com" not in path.read_bytes()
