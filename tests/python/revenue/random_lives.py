"""Random lives of subscriptions, with everything that the models know of: trials, pauses, discounts, items that come and go,
failed payments, notices, ends with and without an event, several changes in one second, changes at local midnight."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from revenue.stripe_rows import Account, Discount, Item

ZONES = {"mindmetric": "America/New_York", "clausewise": "Europe/Berlin", "dansora": "Asia/Tokyo"}
CURRENCIES = {"mindmetric": ("usd", "eur"), "clausewise": ("eur", "usd"), "dansora": ("jpy", "usd")}
FIRST = datetime(2025, 9, 1)
CLOCK = datetime(2026, 4, 1)
RHYTHMS = (("month", 1), ("month", 1), ("month", 1), ("month", 3), ("year", 1), ("week", 1), ("week", 2), ("day", 1), ("year", 2))
DAYS_OF = {"day": 1, "week": 7, "month": 30, "year": 365}
PERCENTS = (Decimal(10), Decimal("12.5"), Decimal("33.33"), Decimal(50), Decimal(100))


@dataclass
class Life:
    """A subscription as its story goes on."""

    random: Random
    account: Account
    tenant: str
    customer: str
    name: str
    started: datetime
    items: list[Item]
    discounts: list[Discount] = field(default_factory=list)
    status: str = "active"
    fields: dict[str, Any] = field(default_factory=dict)
    discount_number: int = 0

    @property
    def period(self) -> timedelta:
        return timedelta(days=DAYS_OF[self.items[0].interval] * self.items[0].interval_count)

    def tell(self, at: datetime, change: str = "updated") -> None:
        """The state is sent, with the billing period that then runs."""
        passed = max((at - self.started) // self.period, 0)
        begins = self.started + passed * self.period
        self.account.state(
            self.tenant, self.name, self.customer, at, self.items, change=change, status=self.status, discounts=self.discounts,
            created_at=self.started, started_at=self.started, period_started_at=begins, period_ends_at=begins + self.period, **self.fields,
        )  # fmt: skip

    def new_discount(self, at: datetime) -> Discount:
        self.discount_number += 1
        name = f"{self.name}_discount_{self.discount_number}"
        duration = self.random.choice(("forever", "repeating", "repeating", "once"))
        ends_at = at + timedelta(days=self.random.randint(5, 200)) if duration == "repeating" else None
        if self.random.random() < 0.6:
            return Discount(name, duration, percent_off=self.random.choice(PERCENTS), started_at=at, ends_at=ends_at)
        return Discount(name, duration, amount_off=self.random.randint(1, 3000), started_at=at, ends_at=ends_at)

    def change(self, at: datetime) -> None:
        """Something happens."""
        random = self.random
        what = random.choice(
            ("quantity", "price", "item", "failure", "recovery", "unpaid", "pause", "notice", "discount", "discount_ends", "period")
        )
        if what == "quantity":
            self.items[0] = replace(self.items[0], quantity=random.randint(0, 9))
        elif what == "price":
            self.items[0] = replace(self.items[0], unit_amount=random.randint(0, 20000))
        elif what == "item":
            if len(self.items) == 3:
                self.items.pop(random.randrange(3))
            else:
                names = {item.name for item in self.items}
                free = next(name for name in "abc" if name not in names)
                self.items.append(replace(self.items[0], name=free, unit_amount=random.randint(100, 5000), quantity=random.randint(1, 3)))
        elif what in ("failure", "recovery", "unpaid"):
            self.status = {"failure": "past_due", "recovery": "active", "unpaid": "unpaid"}[what]
        elif what == "pause":
            self.fields["pause_behavior"] = None if self.fields.get("pause_behavior") else "void"
        elif what == "notice":
            self.fields["is_cancel_at_period_end"] = not self.fields.get("is_cancel_at_period_end", False)
        elif what == "discount" and len(self.discounts) < 3:
            self.discounts.insert(random.randint(0, len(self.discounts)), self.new_discount(at))
        elif what == "discount_ends" and self.discounts:
            self.discounts.pop(random.randrange(len(self.discounts)))
        self.discounts = [d for d in self.discounts if d.ends_at is None or d.ends_at > at or random.random() < 0.3]
        self.tell(at)


def moment_near(random: Random, tenant: str, at: datetime) -> datetime:
    """Sometimes exactly the tenant's midnight, or the second before it."""
    at = at.replace(microsecond=0)
    if random.random() < 0.7:
        return at
    midnight = datetime.combine(at.date(), time(), ZoneInfo(ZONES[tenant])).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    return midnight - timedelta(seconds=random.randint(0, 1))


def live(random: Random, account: Account, tenant: str, customer: str, name: str) -> None:
    """One subscription from start to end, or to the clock."""
    currency = random.choice(CURRENCIES[tenant])
    interval, count = random.choice(RHYTHMS)
    unit_amount = random.choice((random.randint(100, 100_000), Decimal(random.randint(100, 99_999)) / 8))
    items = [Item(unit_amount, random.choice((1, 1, 3, None)), interval, count, currency, name="a")]
    if random.random() < 0.2:
        items.append(Item(random.randint(100, 9_000), 2, interval, count, currency, name="b"))
    if random.random() < 0.1:
        items.append(Item(random.randint(1, 90), None, interval, count, currency, name="m", usage_type="metered"))
    at = moment_near(random, tenant, FIRST + timedelta(seconds=random.randint(0, 180 * 86400)))
    life = Life(random, account, tenant, customer, name, at, items)
    if random.random() < 0.3:
        life.status = "trialing"
        life.fields |= {"trial_started_at": at, "trial_ends_at": at + timedelta(days=random.choice((0, 7, 14)))}
    if random.random() < 0.4:
        life.discounts.append(life.new_discount(at))
    life.tell(at, "created")
    for _ in range(random.choice((0, 1, 2, 3, 5, 8))):
        at += timedelta(seconds=random.choice((0, 1, 3600, random.randint(1, 90 * 86400))))
        at = max(at, moment_near(random, tenant, at))
        if life.status == "trialing" and random.random() < 0.7 and at >= life.fields["trial_ends_at"]:
            life.status = "active"
        life.change(at)
    if random.random() < 0.4:
        at += timedelta(seconds=random.randint(0, 60 * 86400))
        life.status = "canceled"
        life.fields |= {"ended_at": at, "canceled_at": at}
        life.tell(at, "deleted")


def random_account(seed: int, customers: int) -> Account:
    """Many customers of three tenants, some with two subscriptions, and the rates that their currencies need."""
    random = Random(seed)
    account = Account()
    for number in range(customers):
        tenant = random.choice(tuple(ZONES))
        for subscription in range(random.choice((1, 1, 2))):
            live(random, account, tenant, f"cus_{number:04}", f"sub_{number:04}_{subscription}")
    day = date(2025, 8, 31)
    while day <= CLOCK.date():
        if day.weekday() < 5 or day.day == 31:
            account.rate("EUR", day, Decimal(random.randint(1_050_000_000, 1_200_000_000)).scaleb(-9))
            account.rate("JPY", day, Decimal(random.randint(60_000_000, 70_000_000)).scaleb(-10))
        day += timedelta(days=1)
    return account
