"""A second opinion on MRR: what each customer's subscriptions are worth at the end of each day, told from Stripe's states.

The models cut a subscription's history into stretches and add up the changes. This oracle does not: it asks, for each end of a
day in the tenant's zone, which state was in force and what its items were worth, with fractions, and compares the answers of
two days. Input: rows as in the raw payment tables (dicts; times as naive UTC datetimes).

    history = Revenue(zones={"t": "Europe/Berlin"}, clock=datetime(2026, 4, 1), subscriptions=[...], items=[...], discounts=[...])
    history.daily()       # {(tenant, customer, currency): [(day, MRR), ...]}, the days on which it changed
    history.movements()   # {(tenant, customer, currency, day, movement, change)}
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Stream = tuple[str, str, str]
Movement = tuple[str, str, str, date, str, Decimal]

PER_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
WITHOUT_MINOR_UNIT = {"JPY", "KRW"}
WITH_THREE_DECIMALS = {"KWD", "BHD"}
SMALLEST = timedelta(microseconds=1)
UTC = ZoneInfo("UTC")


def minor_units(currency: str) -> int:
    return 1 if currency in WITHOUT_MINOR_UNIT else 1000 if currency in WITH_THREE_DECIMALS else 100


def rounded(value: Fraction) -> Decimal:
    """Half to even, at six decimals."""
    with localcontext(prec=60):
        millionths = round(value * 1_000_000)
        return Decimal(millionths).scaleb(-6)


@dataclass(frozen=True)
class State:
    """A state of a subscription, from `since` on."""

    row: Row
    since: datetime
    items: list[Row]
    discounts: list[Row]


def _rank(row: Row) -> tuple[datetime, int, str]:
    kind = (row["stripe_event_type"] or "").rsplit(".", 1)[-1]
    return row["state_at"], {"created": 0, "deleted": 2}.get(kind, 1), row["stripe_event_id"]


class Subscription:
    """The states of one subscription, in order."""

    def __init__(self, rows: Iterable[Row], items: Mapping[str, list[Row]], discounts: Mapping[str, list[Row]]) -> None:
        ordered = sorted(rows, key=_rank)
        first = ordered[0]
        self.started = first["started_at"] or first["created_at"] or first["state_at"]
        self.ended = min((row["ended_at"] for row in ordered if row["ended_at"]), default=None)
        self.states = [
            State(
                row,
                self.started if row is first else max(self.started, row["state_at"]),
                items[row["stripe_event_id"]],
                sorted(discounts[row["stripe_event_id"]], key=lambda discount: int(discount["position"])),
            )
            for row in ordered
        ]

    def index_at(self, moment: datetime) -> int | None:
        """The last state that began by then: of several at once, the last in order."""
        found = [index for index, state in enumerate(self.states) if state.since <= moment]
        return max(found) if found and moment >= self.started else None

    def _pause_ends_service(self, index: int) -> datetime | None:
        """Since when the pause that holds in this state takes the MRR away."""
        if self.states[index].row["pause_behavior"] is None:
            return None
        while index and self.states[index - 1].row["pause_behavior"] is not None:
            index -= 1
        state = self.states[index]
        end: datetime | None = state.row["period_ends_at"]
        return end or state.since

    def is_counted(self, index: int, moment: datetime) -> bool:
        row = self.states[index].row
        announced = row["period_ends_at"] if row["is_cancel_at_period_end"] else None
        ends = min((end for end in (self.ended, row["cancel_at"], announced) if end), default=None)
        if ends and moment >= ends:
            return False
        trial_start, trial_end = row["trial_started_at"], row["trial_ends_at"]
        if trial_start and trial_end and trial_start <= moment < trial_end:
            return False
        pause = self._pause_ends_service(index)
        if pause and moment >= pause:
            return False
        status = row["status"]
        if status == "trialing":
            return bool(trial_end and moment >= trial_end)
        if status == "canceled":
            return bool(ends and moment < ends)
        return status in ("active", "past_due")

    def _last_moment(self, state: State, discount: Row) -> datetime | None:
        """Until when a discount holds: through the service whose invoice it reduced."""
        start = discount["started_at"] or state.since
        end: datetime | None = discount["ends_at"]
        period_start, period_end = state.row["period_started_at"], state.row["period_ends_at"]
        if end and period_start and period_end and start <= period_start < end < period_end:
            return period_end  # type: ignore[no-any-return]
        return end

    def discounts_at(self, index: int, moment: datetime) -> list[Row]:
        """The recurring discounts in force, in the order in which they apply."""
        now = self.states[index]
        in_force: list[tuple[int, str, Row]] = []
        listed: dict[str, tuple[int, Row]] = {}
        for number, state in enumerate(self.states):
            # What was replaced within its second never held.
            has_held = number + 1 == len(self.states) or self.states[number + 1].since > state.since
            for discount in state.discounts if has_held else []:
                if discount["duration"] in ("forever", "repeating"):
                    listed[discount["discount_id"]] = (number, discount)
                    if number == index:
                        last = self._last_moment(state, discount)
                        if (discount["started_at"] or state.since) <= moment and (last is None or moment < last):
                            in_force.append((discount["position"], discount["discount_id"], discount))
        for name, (number, discount) in listed.items():
            last = self._last_moment(self.states[number], discount)
            if number < index and last and discount["ends_at"] <= now.since < last and moment < last:
                in_force.append((discount["position"], name, discount))
        return [discount for _, _, discount in sorted(in_force, key=lambda entry: entry[:2])]

    def worth(self, moment: datetime) -> list[tuple[str, Decimal]]:
        """Currency and MRR of each item at a moment."""
        index = self.index_at(moment)
        if index is None or not self.is_counted(index, moment):
            return []
        items = [item for item in self.states[index].items if item["usage_type"] != "metered"]
        prices = [Fraction(item["unit_amount"]) * (1 if item["quantity"] is None else item["quantity"]) for item in items]
        total = sum(prices)
        kept, off = Fraction(1), Fraction(0)
        for discount in self.discounts_at(index, moment):
            share = 1 - Fraction(discount["percent_off"] or 0) / 100
            kept, off = kept * share, off * share + (discount["amount_off"] or 0)
        result = []
        for item, price in zip(items, prices, strict=True):
            # The shares of an amount off are themselves amounts, rounded like every amount.
            borne = off if price == total else Fraction(rounded(off * price / total)) if total else Fraction(0)
            cycle = max(price * kept - borne, Fraction(0)) if price else Fraction(0)
            currency = item["currency"].upper()
            monthly = cycle * PER_YEAR[item["interval"]] / (12 * (item["interval_count"] or 1) * minor_units(currency))
            result.append((currency, rounded(monthly)))
        return result


class Revenue:
    """Daily MRR and movements of all tenants at once. Tenants without a zone live in UTC."""

    def __init__(
        self,
        *,
        zones: Mapping[str, str],
        clock: datetime,
        subscriptions: Iterable[Row],
        items: Iterable[Row],
        discounts: Iterable[Row],
    ) -> None:
        self.zones = zones
        self.clock = clock
        by_state: dict[str, list[Row]] = defaultdict(list)
        for item in items:
            by_state[item["stripe_event_id"]].append(item)
        discounts_by_state: dict[str, list[Row]] = defaultdict(list)
        for discount in discounts:
            discounts_by_state[discount["stripe_event_id"]].append(discount)
        rows: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in subscriptions:
            if row["state_at"] <= clock:
                rows[row["tenant_id"], row["customer_id"], row["subscription_id"]].append(row)
        self.subscriptions: dict[tuple[str, str], list[Subscription]] = defaultdict(list)
        for (tenant, customer, _), states in rows.items():
            self.subscriptions[tenant, customer].append(Subscription(states, by_state, discounts_by_state))

    def _ends_of_days(self, tenant: str, first: datetime) -> Iterable[tuple[date, datetime]]:
        """Each local day with its last moment in UTC; the clock's own day ends at the clock."""
        zone = ZoneInfo(self.zones.get(tenant, "UTC"))
        day = first.replace(tzinfo=UTC).astimezone(zone).date()
        last = self.clock.replace(tzinfo=UTC).astimezone(zone).date()
        while day < last:
            midnight = datetime.combine(day + timedelta(days=1), time(), zone)
            yield day, midnight.astimezone(UTC).replace(tzinfo=None) - SMALLEST
            day += timedelta(days=1)
        yield last, self.clock

    @cached_property
    def _daily(self) -> dict[Stream, list[tuple[date, Decimal]]]:
        changes: dict[Stream, list[tuple[date, Decimal]]] = defaultdict(list)
        for (tenant, customer), subscriptions in self.subscriptions.items():
            before: dict[str, Decimal] = defaultdict(Decimal)
            for day, moment in self._ends_of_days(tenant, min(subscription.started for subscription in subscriptions)):
                now: dict[str, Decimal] = defaultdict(Decimal)
                for subscription in subscriptions:
                    for currency, amount in subscription.worth(moment):
                        now[currency] += amount
                for currency in sorted(before.keys() | now.keys()):
                    if before[currency] != now[currency]:
                        changes[tenant, customer, currency].append((day, now[currency]))
                before = now
        return dict(changes)

    def daily(self) -> dict[Stream, list[tuple[date, Decimal]]]:
        """The days on which the MRR at the end of the day was another than the day before, with that MRR."""
        return self._daily

    def movements(self) -> set[Movement]:
        """What these changes are called."""
        result: set[Movement] = set()
        for (tenant, customer, currency), changes in self._daily.items():
            previous = Decimal(0)
            for number, (day, amount) in enumerate(changes):
                if not previous:
                    name = "reactivation" if number else "new"
                elif not amount:
                    name = "churn"
                else:
                    name = "expansion" if amount > previous else "contraction"
                result.add((tenant, customer, currency, day, name, amount - previous))
                previous = amount
        return result
