"""A second implementation of activity, lifecycle, growth and retention: sets of people, one cell at a time, nothing shared with the models.

`sampled` holds the days (tenant, day) on which sampling took part of what people did; numbers that look at such a day are None.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from oracles.behaviour import Event, Tenant, local_day, month_after, period_start, rate

PERIOD_TYPES = ("day", "week", "month", "quarter", "year")
WINDOWS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
DAY = timedelta(days=1)
NEVER = datetime(9999, 1, 1)
Person = tuple[str, str]
Days = Collection[tuple[str, date]]
Cells = dict[tuple[Any, ...], dict[str, Any]]


def moments(events: Iterable[Event], clock: datetime) -> dict[Person, list[datetime]]:
    """When each (tenant, person) did something until the clock, in order."""
    found: dict[Person, list[datetime]] = defaultdict(list)
    for event in events:
        if event.is_done_by_a_person and event.person_id and event.occurred_at <= clock:
            found[event.tenant_id, event.person_id].append(event.occurred_at)
    return {person: sorted(own) for person, own in found.items()}


def is_kept(event_id: str, sampling_rate: Decimal) -> bool:
    """Whether an event is in the sample."""
    return int(hashlib.md5(event_id.encode(), usedforsecurity=False).hexdigest()[:8], 16) < sampling_rate * 2**32


def end_of(start: date, period_type: str) -> date:
    """The day after the last one of a period."""
    months = {"month": 1, "quarter": 3, "year": 12}
    return month_after(start, months[period_type]) if period_type in months else start + (DAY if period_type == "day" else 7 * DAY)


def later(start: date, period_type: str, count: int) -> date:
    """The start of the period so many periods later."""
    for _ in range(count):
        start = end_of(start, period_type)
    return start


def day_range(first: date, end: date) -> list[date]:
    return [first + number * DAY for number in range((end - first).days)]


def has_any(sampled: Days, tenant_id: str, days: Iterable[date]) -> bool:
    return any((tenant_id, day) in sampled for day in days)


def active_people(did: Mapping[Person, Sequence[datetime]], tenants: Mapping[str, Tenant]) -> dict[str, dict[date, set[str]]]:
    """Who was active, by tenant and day."""
    active: dict[str, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (tenant_id, person), own in did.items():
        for moment in own:
            active[tenant_id][local_day(moment, tenants[tenant_id])].add(person)
    return active


def lifecycle(events: Iterable[Event], tenants: Mapping[str, Tenant], clock: datetime, sampled: Days = ()) -> Cells:
    """The rows of rpt_lifecycle and rpt_growth by (tenant, period type, period start)."""
    known = list(events)
    registered: dict[Person, date] = {}
    for event in sorted(known, key=lambda event: event.occurred_at):
        if event.event_type == "user.registered" and event.person_id and event.occurred_at <= clock:
            registered.setdefault((event.tenant_id, event.person_id), local_day(event.occurred_at, tenants[event.tenant_id]))
    cells: Cells = {}
    for tenant_id, on in active_people(moments(known, clock), tenants).items():
        tenant = tenants[tenant_id]
        today = local_day(clock, tenant)
        for period_type in PERIOD_TYPES:
            seen: set[str] = set()
            before: set[str] = set()
            was_sampled = False
            start = period_start(min(on), period_type, tenant)
            while start is not None and start <= today:
                end = end_of(start, period_type)
                days = day_range(start, end)
                now = set[str]().union(*(on.get(day, set()) for day in days))
                is_sampled = has_any(sampled, tenant_id, days)
                hidden = is_sampled or was_sampled
                new, returning, dormant = now - seen, now & before, before - now
                resurrecting = now - new - returning
                told: dict[str, Any] = {
                    "previous_active_users": len(before),
                    "new_users": len(new),
                    "returning_users": len(returning),
                    "resurrecting_users": len(resurrecting),
                    "dormant_users": len(dormant),
                    "opening_users": len(before),
                    "closing_users": len(now),
                    "net_growth_users": len(now) - len(before),
                    "growth_rate": rate(len(now) - len(before), len(before)) if end <= today else None,
                    "quick_ratio": rate(len(new) + len(resurrecting), len(dormant)) if end <= today else None,
                }
                cells[tenant_id, period_type, start] = {
                    **{name: None if hidden else value for name, value in told.items()},
                    "period_end": end,
                    "active_users": None if is_sampled else len(now),
                    "registrations": sum(tenant == tenant_id and day in days for (tenant, _), day in registered.items()),
                    "is_complete": end <= today,
                    "is_sampled": hidden,
                }
                seen |= now
                before, was_sampled, start = now, is_sampled, end
    return cells


def active_users(events: Iterable[Event], tenants: Mapping[str, Tenant], clock: datetime, sampled: Days = ()) -> set[tuple[Any, ...]]:
    """(tenant, day, dau, wau, mau, month's, stickiness, new, returning, resurrecting, dormant, is_complete, is_sampled) of every day."""
    known = list(events)
    life = lifecycle(known, tenants, clock, sampled)
    rows = set()
    for tenant_id, on in active_people(moments(known, clock), tenants).items():
        today = local_day(clock, tenants[tenant_id])
        for day in day_range(min(on), today + DAY):
            windows = [day_range(first, day + DAY) for first in (day - 6 * DAY, day - 29 * DAY, day.replace(day=1))]
            people = [
                None if has_any(sampled, tenant_id, window) else len(set[str]().union(*(on.get(each, set()) for each in window)))
                for window in windows
            ]
            wau, mau, of_month = people
            person_days = sum(len(on.get(each, set())) for each in windows[2])
            stickiness = None if of_month is None else rate(person_days, len(windows[2]) * of_month)
            own = life[tenant_id, "day", day]
            states = (own[f"{state}_users"] for state in ("new", "returning", "resurrecting", "dormant"))
            is_sampled = mau is None or of_month is None
            rows.add((tenant_id, day, own["active_users"], wau, mau, of_month, stickiness, *states, day < today, is_sampled))
    return rows


def midnight(day: date, tenant: Tenant) -> datetime:
    """The naive UTC moment at which a tenant's day begins."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(tenant.time_zone))
    return local.astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Member:
    """A person in a cohort: when they entered, and the moments and days of all that they did."""

    entered_at: datetime
    did: Sequence[datetime]
    days: Sequence[date]


@dataclass
class Cohort:
    tenant: Tenant
    period_type: str
    start: date
    members: list[Member] = field(default_factory=list)

    def bounds(self, number: int, clock_kind: str) -> tuple[datetime, datetime]:
        """When a period begins for the first possible member, and ends for the last possible one."""
        if clock_kind == "calendar":
            first, end = (later(self.start, self.period_type, count) for count in (number, number + 1))
            return midnight(first, self.tenant), midnight(end, self.tenant)
        window = WINDOWS[self.period_type]
        entries_end = midnight(end_of(self.start, self.period_type), self.tenant)
        return midnight(self.start, self.tenant) + number * window, entries_end + (number + 1) * window

    def there(self, first: int, last: int | None, clock_kind: str) -> int:
        """How many were active in a period from the first to the last (None: until the clock)."""
        if clock_kind == "calendar":
            begin = later(self.start, self.period_type, first)
            end = later(self.start, self.period_type, last + 1) if last is not None else date.max
            return sum(any(begin <= day < end for day in member.days) for member in self.members)
        window = WINDOWS[self.period_type]
        return sum(
            any(
                first * window <= moment - member.entered_at and (last is None or moment - member.entered_at < (last + 1) * window)
                for moment in member.did
            )
            for member in self.members
        )

    def cell(
        self, first: int, last: int | None, clock_kind: str, ends_at: datetime, clock: datetime, hidden: tuple[bool, bool]
    ) -> dict[str, Any]:
        """What a row tells; `hidden`: whether its size, and whether the rest, is withheld."""
        there = self.there(first, last, clock_kind)
        is_complete = ends_at <= clock
        return {
            "cohort_size": None if hidden[0] else len(self.members),
            "retained_users": None if hidden[1] else there,
            "retention_rate": rate(there, len(self.members)) if is_complete and not hidden[1] else None,
            "is_complete": is_complete,
            "is_sampled": hidden[1],
        }


def cohorts(
    did: Mapping[Person, Sequence[datetime]], tenants: Mapping[str, Tenant], period_types: Collection[str], is_recurring: bool
) -> dict[tuple[str, str, date], Cohort]:
    """Every (tenant, period type, start) with the people who enter it."""
    found: dict[tuple[str, str, date], Cohort] = {}
    for (tenant_id, _), own in did.items():
        tenant = tenants[tenant_id]
        days = [local_day(moment, tenant) for moment in own]
        for period_type in period_types:
            entries: dict[date, datetime] = {}
            for moment, day in zip(own, days, strict=True):
                start = period_start(day, period_type, tenant)
                assert start is not None
                entries.setdefault(start, moment)
            for start, moment in list(entries.items()) if is_recurring else list(entries.items())[:1]:
                cohort = found.setdefault((tenant_id, period_type, start), Cohort(tenant, period_type, start))
                cohort.members.append(Member(moment, own, days))
    return found


def retention(
    events: Iterable[Event],
    tenants: Mapping[str, Tenant],
    clock: datetime,
    limits: Mapping[str, int],
    *,
    brackets: Sequence[tuple[str, int, int]] = (),
    is_recurring: bool = False,
    sampled: Days = (),
) -> tuple[Cells, Cells]:
    """rpt_retention by (tenant, type, cohort, number, mode, clock), and the brackets by (tenant, type, cohort, first, last, clock)."""
    cells: Cells = {}
    bracket_cells: Cells = {}
    for key, cohort in cohorts(moments(events, clock), tenants, limits, is_recurring).items():
        tenant_id, period_type, start = key
        hidden_from = min((midnight(day, cohort.tenant) for owner, day in sampled if owner == tenant_id and day >= start), default=NEVER)
        is_size_hidden = hidden_from < midnight(end_of(start, period_type), cohort.tenant)
        for clock_kind in ("calendar", "rolling"):
            begun = [number for number in range(limits[period_type] + 1) if cohort.bounds(number, clock_kind)[0] <= clock]
            for number in begun:
                ends_at = cohort.bounds(number, clock_kind)[1]
                for mode, last, reach in (("on", number, ends_at), ("on_or_after", None, NEVER)):
                    hidden = (is_size_hidden, hidden_from < reach)
                    cells[*key, number, mode, clock_kind] = cohort.cell(number, last, clock_kind, ends_at, clock, hidden)
            for first, last in [(first, last) for type_, first, last in brackets if type_ == period_type and first in begun]:
                ends_at = cohort.bounds(last, clock_kind)[1]
                hidden = (is_size_hidden, hidden_from < cohort.bounds(min(last, begun[-1]), clock_kind)[1])
                bracket_cells[*key, first, last, clock_kind] = cohort.cell(first, last, clock_kind, ends_at, clock, hidden)
    return cells, bracket_cells


def averages(cells: Cells) -> Cells:
    """rpt_retention_averages by (tenant, type, number, mode, clock)."""
    pooled: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for (tenant_id, period_type, _, number, mode, clock_kind), row in cells.items():
        if row["retention_rate"] is not None:
            pooled[tenant_id, period_type, number, mode, clock_kind].append(row)
    found: Cells = {}
    for key, rows in pooled.items():
        size, there = sum(row["cohort_size"] for row in rows), sum(row["retained_users"] for row in rows)
        found[key] = {"cohorts": len(rows), "cohort_users": size, "retained_users": there, "retention_rate": rate(there, size)}
    return found
