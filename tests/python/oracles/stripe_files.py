"""Reads the Stripe objects of a landing folder without the loader: what an accountant with a text editor would find.

    states = read_stripe(landing)
    states.subscriptions, states.items, states.discounts     # rows as `oracles.revenue.Revenue` wants them
    states.objects["charge"]                                 # the last state of every charge, refund, dispute, invoice

Ids are plain here and hashed in the warehouse: compare what needs no ids.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

Row = dict[str, Any]

SEEDS = Path(__file__).resolve().parents[3] / "seeds"
ID_FIELDS = ("created", "start_date", "trial_start", "trial_end", "cancel_at", "ended_at", "current_period_start", "current_period_end")


@dataclass
class Stripe:
    """Everything that events and plain objects tell. `objects`: kind -> (tenant, id) -> last state, as Stripe wrote it."""

    subscriptions: list[Row] = field(default_factory=list)
    items: list[Row] = field(default_factory=list)
    discounts: list[Row] = field(default_factory=list)
    objects: dict[str, dict[tuple[str, str], Row]] = field(default_factory=lambda: defaultdict(dict))


def moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, as far as it can be unpacked."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        while True:
            try:
                line = file.readline()
            except (EOFError, zlib.error, gzip.BadGzipFile):
                return
            if not line:
                return
            if line.endswith(b"\n"):
                yield line


def _objects(line: bytes) -> Iterator[Row]:
    try:
        found = json.loads(line)
    except ValueError:
        return
    if isinstance(found, dict):
        yield found


def tenants() -> dict[str, dict[str, str]]:
    with (SEEDS / "tenants.csv").open(encoding="utf-8", newline="") as file:
        return {row["tenant_id"]: row for row in csv.DictReader(file)}


def _tenant(path: Path, event: Row, accounts: dict[str, str]) -> str:
    named = [part.removeprefix("tenant=") for part in path.parts if part.startswith("tenant=")]
    return named[0] if named else accounts[event["account"]]


def _live_objects(landing: Path) -> Iterator[tuple[str, Row]]:
    """Every line that is an object of the live mode, with its tenant."""
    accounts = {row["stripe_account"]: tenant for tenant, row in tenants().items()}
    for path in sorted((landing / "payments").rglob("*.json*")):
        for line in _lines(path):
            for found in _objects(line):
                if found.get("livemode") is not False:
                    yield _tenant(path, found, accounts), found


def read_stripe(landing: Path) -> Stripe:
    """Events once each, in the order of time; then what no event told, of which the plain object is all that is known."""
    events: dict[tuple[str, str], Row] = {}
    plain: dict[tuple[str, str, str], Row] = {}
    for tenant, line in _live_objects(landing):
        if line.get("object") != "event":
            plain[tenant, line["object"], line["id"]] = line
        elif "id" in line["data"]["object"]:
            events.setdefault((tenant, line["id"]), line)
    found = Stripe()
    for (tenant, event_id), event in sorted(events.items(), key=lambda entry: (entry[1]["created"], entry[0])):
        thing = event["data"]["object"]
        found.objects[thing["object"]][tenant, thing["id"]] = thing
        if thing["object"] == "subscription":
            _add_subscription(found, tenant, event_id, event["created"], event["type"], thing)
    for (tenant, kind, name), thing in plain.items():
        if (tenant, name) not in found.objects[kind]:
            found.objects[kind][tenant, name] = thing
            if kind == "subscription":
                _add_subscription(found, tenant, name, thing["start_date"], "customer.subscription.created", thing)
    return found


def _add_subscription(found: Stripe, tenant: str, state_id: str, created: int, event_type: str, thing: Row) -> None:
    # Ids are unique within a tenant's account; the oracle wants them unique altogether.
    key = f"{tenant}/{state_id}"
    told = {name: moment(thing.get(name)) for name in ID_FIELDS}
    found.subscriptions.append(
        {
            "tenant_id": tenant,
            "subscription_id": thing["id"],
            "customer_id": thing["customer"],
            "status": thing["status"],
            "created_at": told["created"],
            "started_at": told["start_date"],
            "trial_started_at": told["trial_start"],
            "trial_ends_at": told["trial_end"],
            "cancel_at": told["cancel_at"],
            "ended_at": told["ended_at"],
            "period_started_at": told["current_period_start"],
            "period_ends_at": told["current_period_end"],
            "is_cancel_at_period_end": thing.get("cancel_at_period_end"),
            "pause_behavior": (thing.get("pause_collection") or {}).get("behavior"),
            "state_at": moment(created),
            "stripe_event_type": event_type,
            "stripe_event_id": key,
        }
    )
    for item in thing["items"]["data"]:
        price = item["price"]
        found.items.append(
            {
                "stripe_event_id": key,
                "unit_amount": Decimal(price.get("unit_amount_decimal") or price["unit_amount"]),
                "quantity": item.get("quantity"),
                "currency": price["currency"],
                "interval": price["recurring"]["interval"],
                "interval_count": price["recurring"]["interval_count"],
                "usage_type": price["recurring"]["usage_type"],
            }
        )
    for position, discount in enumerate(thing.get("discounts", []), start=1):
        coupon = discount["coupon"]
        percent = coupon.get("percent_off")
        found.discounts.append(
            {
                "stripe_event_id": key,
                "position": position,
                "discount_id": discount["id"],
                "duration": coupon["duration"],
                "percent_off": None if percent is None else Decimal(str(percent)),
                "amount_off": coupon.get("amount_off"),
                "started_at": moment(discount["start"]),
                "ends_at": moment(discount["end"]),
            }
        )
