"""The paying customers of a tenant: life stories told as Stripe events, and what is true about them.

`Account` is the tenant's Stripe account: it bills subscriptions period by period, and every change becomes an `event` line
that carries the object as it is after the change. What happens in a customer's life is a story (see stories.py).
The truths (MRR by moment) come from the terms of the subscriptions here, not from the lines.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from ingestion.demo_data.stripe import (
    Coupon,
    Object,
    Price,
    coupon_object,
    customer_object,
    event_object,
    listed,
    price_object,
    product_object,
)
from ingestion.demo_data.tenants import Tenant
from ingestion.demo_data.window import END, START

DAY = 86_400
HOUR = 3_600
END_S = int(END.timestamp())
START_S = int(START.timestamp())
TRIAL = 14 * DAY

# Days after the first failure of a charge at which it is tried again.
RETRIES = (3, 8, 15)

MINOR_UNITS = {"usd": 100, "eur": 100, "gbp": 100, "jpy": 1}
LEVELS = 3


def add_months(moment: int, months: int) -> int:
    """The same day and time some months later, or the month's last day where it has no such day."""
    start = datetime.fromtimestamp(moment, UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    first_of_next = datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1, tzinfo=UTC)
    last_day = (first_of_next - timedelta(days=1)).day
    return int(start.replace(year=year, month=month + 1, day=min(start.day, last_day)).timestamp())


def rounded(value: Fraction) -> int:
    """A whole number of minor units; halves go up, as on an invoice."""
    return int((value + Fraction(1, 2)).__floor__())


@dataclass(frozen=True)
class Line:
    """One line of a payments file, with what a reader of it must find: the row of its object, and rows (their keys) of lists in it."""

    created: int
    table: str
    object_id: str
    children: dict[str, list[str]]
    text: str


def _line_of(whole: Object, table: str, state: Object, at: int) -> Line:
    """The line of an event, or of a plain object, about a state of an object."""
    children: dict[str, list[str]] = {}
    if table == "subscriptions":
        children = {
            "subscription_items": [item["id"] for item in state["items"]["data"]],
            "subscription_discounts": [discount["id"] for discount in state["discounts"]],
        }
    elif table == "invoices":
        children = {"invoice_lines": [line["id"] for line in state["lines"]["data"]]}
    return Line(at, table, state["id"], children, json.dumps(whole, separators=(",", ":")))


@dataclass(frozen=True)
class Notice:
    """A product event that the tenant's server sends along with a change in Stripe."""

    type: str
    user: int
    at: int


@dataclass
class Customer:
    """A paying customer."""

    id: str
    user: int
    currency: str
    country: str
    tax_percent: int


@dataclass
class Subscription:
    """The state of a subscription as the story goes on.

    `period_number` counts the paid periods since the anchor, 0 in a trial; `terms` keeps (since, MRR in major units) for the
    truths.
    """

    id: str
    customer: Customer
    price: Price
    quantity: int
    created: int
    anchor: int
    period_start: int
    period_end: int
    status: str
    trial_end: int | None = None
    coupon: Coupon | None = None
    coupon_end: int | None = None
    cancel_at_period_end: bool = False
    canceled_at: int | None = None
    ended_at: int | None = None
    period_number: int = 1
    latest_invoice: str | None = None
    latest_charge: Object | None = None
    pending_lines: list[Object] = field(default_factory=list)
    terms: list[tuple[int, Decimal]] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.ended_at is None

    @property
    def mrr(self) -> Decimal:
        """What the recurring price is worth a month, in major units; a coupon for one invoice does not count."""
        if self.status not in ("active", "past_due"):
            return Decimal(0)
        amount = Fraction(self.price.unit_amount * self.quantity, MINOR_UNITS[self.price.currency])
        if self.coupon and self.coupon.duration != "once" and self.coupon.percent_off:
            amount *= Fraction(100 - self.coupon.percent_off, 100)
        if self.price.interval == "year":
            amount /= 12
        return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


class Account:
    """A tenant's Stripe account. `lines` are its events, `export` its plain objects, seen without an event."""

    def __init__(self, tenant: Tenant, *, livemode: bool = True) -> None:
        self.tenant = tenant
        self.livemode = livemode
        self.lines: list[Line] = []
        self._observed: dict[tuple[str, str], Line] = {}
        self._unheard: set[str] = set()
        self.notices: list[Notice] = []
        self.subscriptions: list[Subscription] = []
        self.customers: list[Customer] = []
        self.money: Counter[tuple[str, str]] = Counter()
        self._numbers: Counter[str] = Counter()
        self.prices = self._make_prices()
        self.coupons = self._make_coupons()

    def _new_id(self, prefix: str) -> str:
        self._numbers[prefix] += 1
        mode = "" if self.livemode else "test_"
        return f"{prefix}_{mode}{self.tenant.id}_{self._numbers[prefix]:06d}"

    # The catalogue

    def _make_prices(self) -> dict[tuple[int, str, str], Price]:
        prices = {}
        for level in range(LEVELS):
            for currency, amounts in self.tenant.level_prices.items():
                for interval, months in (("month", 1), ("year", 10)):
                    name = f"price_{self.tenant.id}_{level + 1}_{interval}_{currency}"
                    prices[level, interval, currency] = Price(
                        name, f"prod_{self.tenant.id}_{level + 1}", level, currency, interval, amounts[level] * months
                    )
        return prices

    def _make_coupons(self) -> dict[str, Coupon]:
        gifts = {
            f"once_{currency}": Coupon(f"ONE_TIME_{currency.upper()}", "once", amount_off=amounts[0] // 2, currency=currency)
            for currency, amounts in self.tenant.level_prices.items()
        }
        return {
            "forever": Coupon("LOYAL_15", "forever", percent_off=15),
            "repeating": Coupon("WELCOME_30", "repeating", percent_off=30, months=3),
            **gifts,
        }

    def export_catalogue(self) -> None:
        """Add the products, prices and coupons to the export."""
        for level, name in enumerate(self.tenant.products):
            self._observe("products", product_object(f"prod_{self.tenant.id}_{level + 1}", name, START_S))
        for price in self.prices.values():
            self._observe("prices", price_object(price, START_S, self.livemode))
        for coupon in self.coupons.values():
            self._observe("coupons", coupon_object(coupon, START_S))

    @property
    def export(self) -> list[Line]:
        """The plain objects, each in the last state that was seen."""
        return list(self._observed.values())

    def _observe(self, table: str, state: Object) -> None:
        self._observed[table, state["id"]] = _line_of(state, table, state, state["created"])

    def _emit(self, type_: str, table: str, state: Object, at: int) -> None:
        if at > END_S:
            return
        if state.get("customer") in self._unheard:
            self._observe(table, state)
            return
        event = event_object(self._new_id("evt"), type_, at, self.tenant.account, self.livemode, state)
        self.lines.append(_line_of(event, table, state, at))

    def _notify(self, type_: str, customer: Customer, at: int) -> None:
        if at <= END_S:
            self.notices.append(Notice(type_, customer.user, at))

    # Customers and subscriptions

    def register(
        self, *, user: int, plain_user_id: str, currency: str, country: str, tax_percent: int, person: Object, at: int, heard: bool = True
    ) -> Customer:
        """A new customer. No Stripe event tells of one who is not `heard`: the export has all objects in their last state."""
        customer = Customer(self._new_id("cus"), user, currency, country, tax_percent)
        self.customers.append(customer)
        state = customer_object(
            customer.id, created=at, currency=currency, country=country, person=person, user=plain_user_id, livemode=self.livemode
        )
        if heard:
            self._emit("customer.created", "customers", state, at)
        else:
            self._unheard.add(customer.id)
        if self.livemode:
            self._observe("customers", state)
        return customer

    def subscribe(
        self, customer: Customer, price: Price, quantity: int, at: int, *, trial: bool = False, coupon: Coupon | None = None
    ) -> Subscription:
        """A new subscription, with its first invoice."""
        anchor = at + TRIAL if trial else at
        subscription = Subscription(
            id=self._new_id("sub"),
            customer=customer,
            price=price,
            quantity=quantity,
            created=at,
            anchor=anchor,
            period_start=at,
            period_end=anchor if trial else self._period_end(price, anchor, 1),
            status="trialing" if trial else "active",
            period_number=0 if trial else 1,
            trial_end=anchor if trial else None,
            coupon=coupon,
            coupon_end=add_months(at, coupon.months) if coupon and coupon.months else None,
        )
        self.subscriptions.append(subscription)
        self._changed(subscription, "created", at)
        self._notify("subscription.created", customer, at)
        self.bill(subscription, "subscription_create")
        return subscription

    @staticmethod
    def _period_end(price: Price, anchor: int, periods: int) -> int:
        return add_months(anchor, periods * (12 if price.interval == "year" else 1))

    def _changed(self, subscription: Subscription, change: str, at: int) -> None:
        subscription.terms.append((at, subscription.mrr))
        self._emit(f"customer.subscription.{change}", "subscriptions", self._subscription_object(subscription), at)

    def _subscription_object(self, subscription: Subscription) -> Object:
        discounts = []
        if subscription.coupon:
            discounts.append(
                {
                    "id": f"di_{subscription.id}",
                    "object": "discount",
                    "coupon": coupon_object(subscription.coupon, START_S),
                    "customer": subscription.customer.id,
                    "end": subscription.coupon_end,
                    "start": subscription.created,
                    "subscription": subscription.id,
                }
            )
        item = {
            "id": f"si_{subscription.id}",
            "object": "subscription_item",
            "created": subscription.created,
            "metadata": {},
            "price": price_object(subscription.price, START_S, self.livemode),
            "quantity": subscription.quantity,
            "subscription": subscription.id,
        }
        return {
            "id": subscription.id,
            "object": "subscription",
            "billing_cycle_anchor": subscription.anchor,
            "cancel_at": subscription.period_end if subscription.cancel_at_period_end else None,
            "cancel_at_period_end": subscription.cancel_at_period_end,
            "canceled_at": subscription.canceled_at,
            "collection_method": "charge_automatically",
            "created": subscription.created,
            "currency": subscription.price.currency,
            "current_period_end": subscription.period_end,
            "current_period_start": subscription.period_start,
            "customer": subscription.customer.id,
            "discounts": discounts,
            "ended_at": subscription.ended_at,
            "items": listed([item], f"/v1/subscription_items?subscription={subscription.id}"),
            "latest_invoice": subscription.latest_invoice,
            "livemode": self.livemode,
            "metadata": {},
            "pause_collection": None,
            "start_date": subscription.created,
            "status": subscription.status,
            "trial_end": subscription.trial_end,
            "trial_start": subscription.created if subscription.trial_end else None,
        }

    # Changes that stories make

    def change(self, subscription: Subscription, at: int, *, price: Price | None = None, quantity: int | None = None) -> None:
        """Another plan or another number of seats from now on.

        More expensive terms are prorated on the next invoice, cheaper ones are not; another interval starts a new period at once.
        """
        before = subscription.price.unit_amount * subscription.quantity
        old_price, old_quantity = subscription.price, subscription.quantity
        subscription.price, subscription.quantity = price or old_price, quantity or old_quantity
        after = subscription.price.unit_amount * subscription.quantity
        new_period = subscription.price.interval != old_price.interval
        if new_period or after > before:
            rest = Fraction(subscription.period_end - at, subscription.period_end - subscription.period_start)
            credit = self._line(subscription, old_price, old_quantity, -rounded(before * rest), at, subscription.period_end, proration=True)
            subscription.pending_lines.append(credit)
            if not new_period:
                terms = (subscription.price, subscription.quantity, rounded(after * rest), at, subscription.period_end)
                subscription.pending_lines.append(self._line(subscription, *terms, proration=True))
        if new_period:
            subscription.anchor, subscription.period_number = at, 1
            subscription.period_start, subscription.period_end = at, self._period_end(subscription.price, at, 1)
        self._changed(subscription, "updated", at)
        if new_period:
            self.bill(subscription, "subscription_update")

    def schedule_cancellation(self, subscription: Subscription, at: int) -> None:
        """The customer gives notice: the subscription ends with its running period."""
        subscription.cancel_at_period_end, subscription.canceled_at = True, at
        self._changed(subscription, "updated", at)

    def withdraw_cancellation(self, subscription: Subscription, at: int) -> None:
        """The customer stays after all."""
        subscription.cancel_at_period_end, subscription.canceled_at = False, None
        self._changed(subscription, "updated", at)

    def cancel(self, subscription: Subscription, at: int) -> None:
        """The subscription ends now."""
        subscription.status, subscription.ended_at = "canceled", at
        subscription.canceled_at = subscription.canceled_at or at
        self._changed(subscription, "deleted", at)
        self._notify("subscription.cancelled", subscription.customer, at)

    def renew(self, subscription: Subscription, *, failures: int = 0) -> None:
        """The running period is over: end, or begin the next one and bill it. `failures`: charges that fail before one succeeds."""
        at = subscription.period_end
        if subscription.cancel_at_period_end:
            self.cancel(subscription, at)
            return
        if subscription.status == "trialing":
            subscription.status = "active"
        subscription.period_number += 1
        subscription.period_start = at
        subscription.period_end = self._period_end(subscription.price, subscription.anchor, subscription.period_number)
        is_spent = subscription.coupon and (
            subscription.coupon.duration == "once" or (subscription.coupon_end is not None and subscription.coupon_end <= at)
        )
        if is_spent:
            subscription.coupon = subscription.coupon_end = None
        self._changed(subscription, "updated", at)
        self.bill(subscription, "subscription_cycle", failures=failures)

    # Money

    def _line(
        self, subscription: Subscription, price: Price, quantity: int, amount: int, start: int, end: int, *, proration: bool = False
    ) -> Object:
        return {
            "id": self._new_id("il"),
            "object": "line_item",
            "amount": amount,
            "currency": price.currency,
            "description": "Proration" if proration else "Subscription",
            "discountable": not proration,
            "discount_amounts": [],
            "livemode": self.livemode,
            "metadata": {},
            "period": {"start": start, "end": end},
            "price": price_object(price, START_S, self.livemode),
            "proration": proration,
            "quantity": quantity,
            "subscription": subscription.id,
            "subscription_item": f"si_{subscription.id}",
            "type": "invoiceitem" if proration else "subscription",
        }

    def bill(self, subscription: Subscription, reason: str, *, failures: int = 0) -> None:
        """Invoice the running period and collect the money, at the `failures`-th retry."""
        at, price = subscription.period_start, subscription.price
        if at > END_S:
            return
        amount = 0 if subscription.status == "trialing" else price.unit_amount * subscription.quantity
        recurring = self._line(subscription, price, subscription.quantity, amount, at, subscription.period_end)
        discount = self._discount(subscription.coupon, amount)
        if discount:
            recurring["discount_amounts"] = [{"amount": discount, "discount": f"di_{subscription.id}"}]
        lines = [*subscription.pending_lines, recurring]
        subscription.pending_lines = []
        subtotal = sum(line["amount"] for line in lines)
        tax = rounded(Fraction((subtotal - discount) * subscription.customer.tax_percent, 100))
        invoice: Object = {
            "id": self._new_id("in"),
            "object": "invoice",
            "amount_due": subtotal - discount + tax,
            "amount_paid": 0,
            "amount_remaining": subtotal - discount + tax,
            "attempt_count": 0,
            "attempted": False,
            "billing_reason": reason,
            "charge": None,
            "collection_method": "charge_automatically",
            "created": at,
            "currency": price.currency,
            "customer": subscription.customer.id,
            "lines": {},
            "livemode": self.livemode,
            "metadata": {},
            "number": f"{subscription.customer.id[-6:]}-{self._numbers['in']:06d}",
            "paid": False,
            "period_end": at,
            "period_start": at,
            "status": "draft",
            "status_transitions": {"finalized_at": None, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None},
            "subscription": subscription.id,
            "subtotal": subtotal,
            "tax": tax or None,
            "total": subtotal - discount + tax,
            "total_discount_amounts": [{"amount": discount, "discount": f"di_{subscription.id}"}] if discount else [],
        }
        invoice["lines"] = listed(lines, f"/v1/invoices/{invoice['id']}/lines")
        subscription.latest_invoice = invoice["id"]
        self._emit("invoice.created", "invoices", invoice, at)
        # Stripe waits an hour before it collects a renewal; a first invoice is paid at once.
        due = at + (HOUR if reason == "subscription_cycle" else 5)
        invoice["status"] = "open"
        invoice["status_transitions"]["finalized_at"] = due
        self._collect(subscription, invoice, due, failures)

    @staticmethod
    def _discount(coupon: Coupon | None, amount: int) -> int:
        if coupon is None:
            return 0
        if coupon.percent_off is not None:
            return rounded(Fraction(amount * coupon.percent_off, 100))
        return min(coupon.amount_off or 0, amount)

    def _collect(self, subscription: Subscription, invoice: Object, due: int, failures: int) -> None:
        attempts = [due, *(due + days * DAY for days in RETRIES)]
        for at in attempts[:failures]:
            charge = self._charge_object(subscription, invoice, at, "failed")
            self._emit("charge.failed", "charges", charge, at)
            invoice["attempt_count"] += 1
            invoice["attempted"] = True
            self._emit("invoice.payment_failed", "invoices", invoice, at + 1)
            self._notify("payment.failed", subscription.customer, at + 1)
            if subscription.status == "active":
                subscription.status = "past_due"
                self._changed(subscription, "updated", at + 2)
        if failures == len(attempts):
            self.cancel(subscription, attempts[-1] + 60)
            return
        at = attempts[failures]
        if invoice["amount_due"]:
            charge = self._charge_object(subscription, invoice, at, "succeeded")
            self._emit("charge.succeeded", "charges", charge, at)
            self._count_money("charged", charge, at)
            invoice["charge"] = charge["id"]
            subscription.latest_charge = charge
            invoice["attempt_count"] += 1
            invoice["attempted"] = True
        invoice |= {"status": "paid", "paid": True, "amount_paid": invoice["amount_due"], "amount_remaining": 0}
        invoice["status_transitions"]["paid_at"] = at + 1
        self._emit("invoice.paid", "invoices", invoice, at + 1)
        if subscription.status == "past_due":
            subscription.status = "active"
            self._changed(subscription, "updated", at + 2)

    def _count_money(self, kind: str, state: Object, at: int) -> None:
        if at <= END_S:
            self.money[kind, state["currency"]] += state["amount"]

    def _charge_object(self, subscription: Subscription, invoice: Object, at: int, status: str) -> Object:
        failed = status == "failed"
        return {
            "id": self._new_id("ch"),
            "object": "charge",
            "amount": invoice["amount_due"],
            "amount_captured": 0 if failed else invoice["amount_due"],
            "amount_refunded": 0,
            "captured": not failed,
            "created": at,
            "currency": invoice["currency"],
            "customer": subscription.customer.id,
            "disputed": False,
            "failure_code": "card_declined" if failed else None,
            "failure_message": "Your card was declined." if failed else None,
            "invoice": invoice["id"],
            "livemode": self.livemode,
            "metadata": {},
            "paid": not failed,
            "refunded": False,
            "status": status,
        }

    def refund(self, charge: Object, amount: int, at: int) -> None:
        """Give money back, all of the charge or a part."""
        charge |= {"amount_refunded": amount, "refunded": amount == charge["amount"]}
        refund = {
            "id": self._new_id("re"),
            "object": "refund",
            "amount": amount,
            "charge": charge["id"],
            "created": at,
            "currency": charge["currency"],
            "metadata": {},
            "reason": "requested_by_customer",
            "status": "succeeded",
        }
        self._emit("refund.created", "refunds", refund, at)
        self._count_money("refunded", refund, at)
        self._emit("charge.refunded", "charges", charge, at)

    def dispute(self, charge: Object, at: int) -> None:
        """The customer's bank takes the money back; a month later the dispute is lost."""
        charge["disputed"] = True
        dispute: Object = {
            "id": self._new_id("dp"),
            "object": "dispute",
            "amount": charge["amount"],
            "charge": charge["id"],
            "created": at,
            "currency": charge["currency"],
            "livemode": self.livemode,
            "metadata": {},
            "reason": "fraudulent",
            "status": "needs_response",
        }
        self._emit("charge.dispute.created", "disputes", dispute, at)
        self._emit("charge.dispute.closed", "disputes", {**dispute, "status": "lost"}, at + 30 * DAY)
        self._count_money("disputed", dispute, at)

    # Truths

    def mrr_at(self, moment: int) -> dict[str, Any]:
        """MRR by currency just before a moment, and the customers who pay it."""
        mrr = {currency: Decimal(0) for currency in self.tenant.level_prices}
        payers: dict[str, set[str]] = {currency: set() for currency in mrr}
        for subscription in self.subscriptions:
            value = next((value for since, value in reversed(subscription.terms) if since < moment), Decimal(0))
            if value:
                mrr[subscription.price.currency] += value
                payers[subscription.price.currency].add(subscription.customer.id)
        return {currency.upper(): {"mrr_amount": f"{mrr[currency]:.6f}", "customers": len(payers[currency])} for currency in mrr}
