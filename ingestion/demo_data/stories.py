"""What happens in the lives of paying customers. Each story plays a part of what a billing system must survive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ingestion.demo_data.billing import DAY, END_S, HOUR, LEVELS, RETRIES, START_S, Account, Customer, Subscription
from ingestion.demo_data.people import People, subscription_starts, user_id
from ingestion.demo_data.stripe import Price
from ingestion.demo_data.tenants import Tenant
from ingestion.demo_data.window import Integers, random_stream

_FIRST_NAMES = ("Alex", "Bea", "Cato", "Dana", "Emil", "Fay", "Gil", "Hana", "Ivo", "Jun", "Kim", "Lea")
_LAST_NAMES = ("Exampleton", "Fictus", "Inventer", "Madeup", "Nobody", "Placeholder", "Sampleman", "Testwell")


class Life:
    """One customer's life: the account, the customer, and chances of its own."""

    def __init__(self, account: Account, customer: Customer, random: np.random.Generator, start: int) -> None:
        self.account = account
        self.customer = customer
        self.random = random
        self.start = start

    def price(self, level: int, interval: str = "month") -> Price:
        return self.account.prices[level, interval, self.customer.currency]

    def any_price(self) -> Price:
        return self.price(int(self.random.choice(LEVELS, p=(0.45, 0.38, 0.17))))

    def seats(self) -> int:
        return int(self.random.geometric(0.45))

    def within(self, subscription: Subscription) -> int:
        """A moment in the middle of the running period, at most two months from its start."""
        length = min(subscription.period_end - subscription.period_start, 60 * DAY)
        return subscription.period_start + int(length * self.random.uniform(0.25, 0.75))

    def some_periods(self, fewest: int, *, spare: int = 2) -> int:
        """How many monthly periods pass until something happens: any time in the customer's year, `spare` months before its end."""
        months = (END_S - self.start) // (31 * DAY)
        return int(self.random.integers(fewest, max(fewest, months - spare) + 1))

    def pass_periods(self, subscription: Subscription, periods: int) -> None:
        """Let some billing periods go by."""
        for _ in range(periods):
            if subscription.is_live and subscription.period_end <= END_S:
                self.account.renew(subscription)

    def go_on(self, subscription: Subscription) -> None:
        """Keep paying until the data end."""
        while subscription.is_live and subscription.period_end <= END_S:
            self.account.renew(subscription)


def steady(life: Life) -> None:
    life.go_on(life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start))


def never_told(life: Life) -> None:
    # The webhook was not set up for these: no event, only what an export shows at the end.
    steady(life)


def annual(life: Life) -> None:
    level = int(life.random.integers(LEVELS))
    life.go_on(life.account.subscribe(life.customer, life.price(level, "year"), life.seats(), life.start))


def trial_converts(life: Life) -> None:
    life.go_on(life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start, trial=True))


def trial_lapses(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), 1, life.start, trial=True)
    life.account.cancel(subscription, subscription.period_end)


def upgrade(life: Life) -> None:
    level = int(life.random.integers(LEVELS - 1))
    subscription = life.account.subscribe(life.customer, life.price(level), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1))
    life.account.change(subscription, life.within(subscription), price=life.price(level + 1))
    life.go_on(subscription)


def downgrade(life: Life) -> None:
    level = int(life.random.integers(1, LEVELS))
    subscription = life.account.subscribe(life.customer, life.price(level), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1))
    life.account.change(subscription, life.within(subscription), price=life.price(level - 1))
    life.go_on(subscription)


def more_seats(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1))
    life.account.change(subscription, life.within(subscription), quantity=subscription.quantity + int(life.random.integers(1, 5)))
    life.go_on(subscription)


def fewer_seats(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), 3 + life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1))
    life.account.change(subscription, life.within(subscription), quantity=subscription.quantity - int(life.random.integers(1, 3)))
    life.go_on(subscription)


def month_to_year(life: Life) -> None:
    level = int(life.random.integers(LEVELS))
    subscription = life.account.subscribe(life.customer, life.price(level), life.seats(), life.start)
    life.pass_periods(subscription, 2)
    life.account.change(subscription, life.within(subscription), price=life.price(level, "year"))
    life.go_on(subscription)


def coupon_forever(life: Life) -> None:
    coupon = life.account.coupons["forever"]
    life.go_on(life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start, coupon=coupon))


def coupon_three_months(life: Life) -> None:
    coupon = life.account.coupons["repeating"]
    life.go_on(life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start, coupon=coupon))


def annual_with_coupon(life: Life) -> None:
    # Three months of discount on an invoice for a year: the whole year is cheaper.
    price, coupon = life.price(1, "year"), life.account.coupons["repeating"]
    life.go_on(life.account.subscribe(life.customer, price, life.seats(), life.start, coupon=coupon))


def coupon_once(life: Life) -> None:
    coupon = life.account.coupons[f"once_{life.customer.currency}"]
    life.go_on(life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start, coupon=coupon))


def refund_in_full(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1))
    if subscription.latest_charge:
        life.account.refund(subscription.latest_charge, subscription.latest_charge["amount"], life.within(subscription))
    life.go_on(subscription)


def refund_in_part(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1))
    if subscription.latest_charge:
        life.account.refund(subscription.latest_charge, subscription.latest_charge["amount"] * 2 // 5, life.within(subscription))
    life.go_on(subscription)


def disputed(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), 1, life.start)
    life.pass_periods(subscription, 1)
    if subscription.latest_charge:
        at = life.within(subscription)
        life.account.dispute(subscription.latest_charge, at)
        life.account.cancel(subscription, at + HOUR)


def payment_recovered(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(0))
    life.account.renew(subscription, failures=int(life.random.integers(1, len(RETRIES) + 1)))
    life.go_on(subscription)


def payment_lost(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(0))
    life.account.renew(subscription, failures=len(RETRIES) + 1)


def ends_with_period(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1))
    life.account.schedule_cancellation(subscription, life.within(subscription))
    life.go_on(subscription)


def ends_at_once(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1))
    life.account.cancel(subscription, life.within(subscription))


def stays_after_all(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1))
    notice = life.within(subscription)
    life.account.schedule_cancellation(subscription, notice)
    life.account.withdraw_cancellation(subscription, (notice + subscription.period_end) // 2)
    life.go_on(subscription)


def returns(life: Life) -> None:
    subscription = life.account.subscribe(life.customer, life.any_price(), life.seats(), life.start)
    life.pass_periods(subscription, life.some_periods(1, spare=3))
    gone = life.within(subscription)
    life.account.cancel(subscription, gone)
    back = gone + int(life.random.integers(20, 60)) * DAY
    life.go_on(life.account.subscribe(life.customer, life.any_price(), life.seats(), back))


def second_subscription(life: Life) -> None:
    first = life.account.subscribe(life.customer, life.price(1), 1, life.start)
    life.pass_periods(first, 1)
    second = life.account.subscribe(life.customer, life.price(0), 1, life.within(first))
    life.pass_periods(second, 2)
    life.account.cancel(second, life.within(second))
    life.go_on(first)


@dataclass(frozen=True)
class Story:
    """A story, how many in a hundred customers live it, and how many days it needs to come to its point."""

    play: Callable[[Life], None]
    weight: int
    days: int


STORIES = (
    Story(steady, 12, 0),
    Story(never_told, 2, 40),
    Story(annual, 8, 0),
    Story(trial_converts, 9, 16),
    Story(trial_lapses, 5, 16),
    Story(upgrade, 8, 62),
    Story(downgrade, 5, 62),
    Story(more_seats, 6, 62),
    Story(fewer_seats, 3, 62),
    Story(month_to_year, 3, 100),
    Story(coupon_forever, 3, 0),
    Story(coupon_three_months, 4, 100),
    Story(annual_with_coupon, 1, 0),
    Story(coupon_once, 3, 40),
    Story(refund_in_full, 2, 62),
    Story(refund_in_part, 2, 62),
    Story(disputed, 1, 100),
    Story(payment_recovered, 4, 62),
    Story(payment_lost, 3, 62),
    Story(ends_with_period, 5, 62),
    Story(ends_at_once, 4, 62),
    Story(stays_after_all, 2, 62),
    Story(returns, 3, 124),
    Story(second_subscription, 2, 150),
)


def _cast(starts: Integers, random: np.random.Generator) -> list[Story]:
    """A story for every customer: shares as weighted, and each customer has the days that the story needs."""
    count = len(starts)
    pool = [story for story in STORIES for _ in range(max(1, story.weight * count // 100))]
    days = (END_S - starts) // DAY
    cast = [STORIES[0]] * count
    is_free = np.ones(count, dtype=bool)
    # The longest stories choose first; whoever is left over lives the first, which fits everybody.
    for story in sorted(pool, key=lambda story: -story.days)[:count]:
        fitting = np.flatnonzero(is_free & (days >= story.days))
        if len(fitting):
            customer = int(random.choice(fitting))
            cast[customer], is_free[customer] = story, False
    return cast


def tell_stories(tenant: Tenant, people: People, seed: int) -> tuple[Account, Counter[str]]:
    """The tenant's Stripe account after a year of customers, and how many customers lived each story."""
    random = random_stream(seed, tenant.id, "billing")
    account = Account(tenant)
    account.export_catalogue()
    currencies = list(tenant.level_prices)
    countries = list(tenant.countries)
    starts = subscription_starts(people, random)
    stories = _cast(starts, random)
    for number, (user, start, story) in enumerate(zip(people.payers.tolist(), starts.tolist(), stories, strict=True)):
        first, last = _FIRST_NAMES[number % len(_FIRST_NAMES)], _LAST_NAMES[number // len(_FIRST_NAMES) % len(_LAST_NAMES)]
        customer = account.register(
            user=user,
            plain_user_id=user_id(user),
            currency=currencies[int(random.random() >= tenant.currency_share)],
            country=countries[people.country[user]],
            tax_percent=19 if random.random() < 0.25 else 0,
            person={
                "email": f"{first}.{last}.{number}@example.com".lower(),
                "name": f"{first} {last}",
                "phone": f"+1 202-555-01{number % 100:02d}",
            },
            at=start - 90,
            heard=story.play is not never_told,
        )
        story.play(Life(account, customer, random, start))
    account.lines.sort(key=lambda line: line.created)
    return account, Counter(story.play.__name__ for story in stories)


def rehearse(tenant: Tenant, seed: int) -> Account:
    """A test-mode account: a developer's try, which must not count in any number."""
    account = Account(tenant, livemode=False)
    random = random_stream(seed, tenant.id, "test mode")
    start = START_S + 40 * DAY
    person = {"email": "developer@example.com", "name": "Test Developer", "phone": None}
    currency = next(iter(tenant.level_prices))
    customer = account.register(user=0, plain_user_id="test-user", currency=currency, country="US", tax_percent=0, person=person, at=start)
    steady(Life(account, customer, random, start + 60))
    return account
