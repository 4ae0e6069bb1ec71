"""A second implementation of the behaviour metrics, in plain Python: one person at a time, no SQL, nothing shared with the models.

It reads raw rows as dictionaries (tenant_id, event_id, event_type, user_id, anonymous_id, ip_hash, occurred_at, ...) and is written
for reading, not for speed: where the models use windows and pointers, this walks through the events.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

SERVER_TYPES = {"subscription.created", "subscription.cancelled", "payment.failed", "message_decision", "message_send"}
GAP = timedelta(minutes=30)
MAX_AGE = timedelta(hours=24)


@dataclass(frozen=True)
class Tenant:
    """The calendar by which a tenant's days and periods are cut."""

    time_zone: str = "UTC"
    week_start: str = "monday"
    fiscal_start_month: int = 1


@dataclass(frozen=True)
class Event:
    tenant_id: str
    event_id: str
    event_type: str
    person_id: str | None
    user_id: str | None
    occurred_at: datetime

    @property
    def is_server_sent(self) -> bool:
        return self.event_type in SERVER_TYPES or self.event_type.startswith("system.")

    @property
    def is_done_by_a_person(self) -> bool:
        return self.person_id is not None and not self.is_server_sent


def local_day(moment: datetime, tenant: Tenant) -> date:
    """The tenant's day of a naive UTC moment."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(tenant.time_zone)).date()


def rate(numerator: int | Decimal, denominator: int, places: int = 10) -> Decimal | None:
    """An exact quotient, half to even; null without denominator."""
    if denominator == 0:
        return None
    return (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def identify(rows: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Each event with its person: the first received of an id counts, visitors are joined to the user that they were first seen with."""
    accepted: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["received_at"]):
        accepted.setdefault((row["tenant_id"], row["event_id"]), row)
    owners: dict[tuple[str, str], tuple[datetime, str]] = {}
    for row in accepted.values():
        if row.get("anonymous_id") and row.get("user_id"):
            key = (row["tenant_id"], row["anonymous_id"])
            claim = (row["occurred_at"], row["user_id"])
            owners[key] = min(owners.get(key, claim), claim)
    events = []
    for row in accepted.values():
        user = row.get("user_id")
        if user is None and row.get("anonymous_id"):
            owner = owners.get((row["tenant_id"], row["anonymous_id"]))
            user = owner[1] if owner else None
        person = user
        if person is None and row.get("anonymous_id"):
            person = f"anonymous:{row['anonymous_id']}"
        event = Event(row["tenant_id"], row["event_id"], row["event_type"], person, user, row["occurred_at"])
        if event.person_id is None and row.get("ip_hash") and not event.is_server_sent:
            event = Event(row["tenant_id"], row["event_id"], row["event_type"], f"ip:{row['ip_hash']}", None, row["occurred_at"])
        events.append(event)
    return events


def by_person(events: Iterable[Event]) -> dict[tuple[str, str], list[Event]]:
    """Events of each (tenant, person), in time, ties by event id."""
    groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.person_id is not None:
            groups[event.tenant_id, event.person_id].append(event)
    for group in groups.values():
        group.sort(key=lambda event: (event.occurred_at, event.event_id))
    return groups


def sessions(events: Iterable[Event]) -> list[list[Event]]:
    """The events of people, cut into sessions."""
    found: list[list[Event]] = []
    for group in by_person(event for event in events if event.is_done_by_a_person).values():
        current: list[Event] = []
        for event in group:
            if current and (event.occurred_at - current[-1].occurred_at >= GAP or event.occurred_at - current[0].occurred_at >= MAX_AGE):
                found.append(current)
                current = []
            current.append(event)
        found.append(current)
    return found


def active_days(events: Iterable[Event], tenants: Mapping[str, Tenant], clock: datetime) -> dict[tuple[str, str], set[date]]:
    """The days on which each (tenant, person) did something until the clock."""
    days: dict[tuple[str, str], set[date]] = defaultdict(set)
    for event in events:
        if event.is_done_by_a_person and event.person_id and event.occurred_at <= clock:
            days[event.tenant_id, event.person_id].add(local_day(event.occurred_at, tenants[event.tenant_id]))
    return days


def month_after(month: date, count: int = 1) -> date:
    """The first day of the month so many months later."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def user_cohorts(
    events: Sequence[Event],
    tenants: Mapping[str, Tenant],
    clock: datetime,
    paid: Mapping[tuple[str, str, date], Decimal] | None = None,
) -> set[tuple[Any, ...]]:
    """(tenant, cohort month, month number, size, retained, rate, revenue, cumulative, ltv, is_complete) of every month.

    `paid` is the net revenue of (tenant, user, day).
    """
    joined: dict[tuple[str, str], datetime] = {}
    for (tenant_id, user), own in by_person(event for event in events if event.user_id).items():
        registrations = [event.occurred_at for event in own if event.event_type == "user.registered"]
        done = [event.occurred_at for event in own if event.is_done_by_a_person]
        if registrations or done:
            joined[tenant_id, user] = min(registrations or done)
    cohorts: dict[tuple[str, date], set[str]] = defaultdict(set)
    for (tenant_id, user), moment in joined.items():
        if moment <= clock:
            cohorts[tenant_id, local_day(moment, tenants[tenant_id]).replace(day=1)].add(user)
    months_active: dict[tuple[str, date], set[str]] = defaultdict(set)
    for (tenant_id, person), days in active_days(events, tenants, clock).items():
        for day in days:
            months_active[tenant_id, day.replace(day=1)].add(person)
    revenue: dict[tuple[str, str, date], Decimal] = defaultdict(Decimal)
    for (tenant_id, user, day), amount in (paid or {}).items():
        revenue[tenant_id, user, day.replace(day=1)] += amount
    rows = set()
    for (tenant_id, cohort), users in cohorts.items():
        this_month = local_day(clock, tenants[tenant_id]).replace(day=1)
        cumulative = Decimal(0)
        number = 0
        while (month := month_after(cohort, number)) <= this_month:
            retained = len(users) if number == 0 else len(users & months_active[tenant_id, month])
            collected = sum((revenue[tenant_id, user, month] for user in users), Decimal(0))
            cumulative += collected
            rows.add(
                (
                    *(tenant_id, cohort, number, len(users), retained, rate(retained, len(users)) if month < this_month else None),
                    *(collected, cumulative, rate(cumulative, len(users), 6), month < this_month),
                )
            )
            number += 1
    return rows


def period_start(day: date, period_type: str, tenant: Tenant) -> date | None:
    """The first day of the tenant's period that a day falls into; null for the whole history."""
    if period_type == "all":
        return None
    if period_type == "day":
        return day
    if period_type == "week":
        offset = day.weekday() if tenant.week_start == "monday" else (day.weekday() + 1) % 7
        return day - timedelta(days=offset)
    if period_type == "month":
        return day.replace(day=1)
    length = 3 if period_type == "quarter" else 12
    return month_after(day.replace(day=1), -((day.month - tenant.fiscal_start_month) % length))


def quantile(values: Sequence[float], probability: float) -> float | None:
    """Linear interpolation between order statistics (type 7)."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * probability
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def wilson(successes: int, trials: int) -> tuple[float, float] | None:
    """The 95 % interval of a share: the roots of (p - share)^2 = z^2 p (1 - p) / n; null without trials."""
    if trials == 0:
        return None
    squared = 1.959964**2
    share = successes / trials
    a, b, c = 1 + squared / trials, -(2 * share + squared / trials), share * share
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    return max((-b - root) / (2 * a), 0.0), min((-b + root) / (2 * a), 1.0)
