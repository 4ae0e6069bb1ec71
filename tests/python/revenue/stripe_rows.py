"""Stripe subscriptions told state by state, as the rows that ingestion would have written.

    account = Account()
    account.state("tenant", "sub_1", "cus_1", "2026-03-01 10:00", [Item(5000)], change="created")
    account.insert(database)

Amounts are minor units; times are naive UTC, as text or datetime.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from raw import insert

Row = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """An item of a subscription with the terms of its price. Without `name`, the subscription's only item."""

    unit_amount: Decimal | int
    quantity: int | None = 1
    interval: str = "month"
    interval_count: int = 1
    currency: str = "usd"
    name: str = "item"
    price: str | None = None
    usage_type: str = "licensed"


@dataclass(frozen=True)
class Discount:
    """A discount in the list of a subscription; its place in the list is its place in the order."""

    name: str
    duration: str = "forever"
    percent_off: Decimal | int | None = None
    amount_off: int | None = None
    currency: str | None = None
    started_at: datetime | None = None
    ends_at: datetime | None = None


def moment(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


class Account:
    """Rows of the raw payment tables, by table."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}

    def add(self, table: str, **columns: Any) -> None:
        """One raw row, as it is."""
        self.rows.setdefault(table, []).append(columns)

    def state(
        self,
        tenant: str,
        subscription: str,
        customer: str,
        at: str | datetime,
        items: Sequence[Item],
        *,
        change: str = "updated",
        status: str = "active",
        discounts: Sequence[Discount] = (),
        **fields: Any,
    ) -> None:
        """The subscription as an event says that it is from `at` on."""
        number = len(self.rows.get("subscriptions", [])) + 1
        told = {
            "tenant_id": tenant,
            "state_at": moment(at),
            "stripe_event_id": f"evt_{number:06d}",
            "stripe_event_type": f"customer.subscription.{change}",
            "subscription_id": subscription,
        }
        currency = items[0].currency if items else None
        self.add("subscriptions", **told, customer_id=customer, status=status, currency=currency, **fields)
        for item in items:
            terms = f"{item.unit_amount}_{item.currency}_{item.interval}_{item.interval_count}"
            self.add(
                "subscription_items",
                **told,
                subscription_item_id=f"{subscription}_{item.name}",
                price_id=item.price or f"price_{terms}",
                quantity=item.quantity,
                currency=item.currency,
                unit_amount=item.unit_amount,
                interval=item.interval,
                interval_count=item.interval_count,
                usage_type=item.usage_type,
                billing_scheme="per_unit",
            )
        for position, discount in enumerate(discounts, start=1):
            self.add(
                "subscription_discounts",
                **told,
                position=position,
                discount_id=discount.name,
                coupon_id=f"coupon_{discount.name}",
                percent_off=discount.percent_off,
                amount_off=discount.amount_off,
                currency=discount.currency or (currency if discount.amount_off is not None else None),
                duration=discount.duration,
                started_at=discount.started_at,
                ends_at=discount.ends_at,
            )

    def start(self, tenant: str, name: str, at: str | datetime, *items: Item, **fields: Any) -> None:
        """Customer `name` begins a subscription of its own at `at`; `fields` as for `state`."""
        self.state(tenant, f"sub_{name}", name, at, items, change="created", started_at=moment(at), **fields)

    def update(self, tenant: str, name: str, at: str | datetime, *items: Item, **fields: Any) -> None:
        """That subscription changes."""
        self.state(tenant, f"sub_{name}", name, at, items, **fields)

    def end(self, tenant: str, name: str, at: str | datetime, *items: Item, **fields: Any) -> None:
        """That subscription ends, with the items that it had."""
        self.state(tenant, f"sub_{name}", name, at, items, change="deleted", status="canceled", ended_at=moment(at), **fields)

    def rate(self, currency: str, day: str | date, rate_to_usd: str | Decimal, tenant: str = "*") -> None:
        """A published rate, for every tenant unless one is named."""
        self.add("fx_rates", tenant_id=tenant, currency=currency, rate_date=day, rate_to_usd=rate_to_usd)

    def insert(self, database: Path) -> None:
        """Write everything into the raw tables of a DuckDB file made by `raw.create_raw`."""
        for table, rows in self.rows.items():
            insert(database, f"raw_payments.{table}", rows)
