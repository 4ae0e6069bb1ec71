"""A second implementation of behaviour profiles, login heatmaps and membership in segments, in plain Python: one person at a time, no SQL.

A profile of the past is the profile of the rows until then, computed anew; a segment is a function of a profile. Nothing is
accumulated and no predicate is read, so that nothing is shared with the models.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from oracles.behaviour import Tenant

CLASSES = ("beginner", "intermediate", "advanced")
NIGHT = {22, 23, 0, 1}
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
Person = tuple[str, str]
Identity = tuple[str, str, str]  # tenant, kind, id


@dataclass(frozen=True)
class Visit:
    at: datetime
    local: datetime
    city_id: str | None


@dataclass(frozen=True)
class Checkin:
    at: datetime
    event_type: str
    city_id: str | None


@dataclass(frozen=True)
class Profile:
    """What is known of a person at a moment; the names are the columns of rpt_user_behavior."""

    person_type: str
    first_seen_at: datetime
    last_seen_at: datetime
    days_since_last_seen: int
    total_visits: int
    visit_frequency: Decimal
    peak_login_hour: int | None
    is_night_owl: bool
    hour_of_day_distribution: str
    day_of_week_distribution: str
    total_checkins: int
    beginner_count: int
    intermediate_count: int
    advanced_count: int
    practica_count: int
    milonga_count: int
    primary_level: str | None
    unique_cities: int
    multi_city_score: Decimal | None
    cities: str
    last_cities: str


Rule = Callable[[Profile], bool | None]


def person_of(row: Mapping[str, Any], linked: Mapping[Identity, str]) -> Person:
    """Whoever the key is linked with; else an address is a person of its own, and whatever else names somebody is a user."""
    tenant_id, kind, key = row["tenant_id"], row.get("person_type") or "user", row["person_key"]
    return tenant_id, linked.get((tenant_id, kind, key)) or (f"ip:{key}" if kind == "ip" else key)


def zone_of(row: Mapping[str, Any], cities: Mapping[tuple[str | None, str], str], tenant: Tenant, known: set[str]) -> str:
    """The zone that the visit tells, else its city's (the tenant's own entry first), else the tenant's."""
    if row.get("time_zone") in known:
        return str(row["time_zone"])
    city = row.get("city_id")
    if city is None:
        return tenant.time_zone
    return cities.get((row["tenant_id"], city)) or cities.get((None, city)) or tenant.time_zone


def visits_of(
    rows: Iterable[Mapping[str, Any]],
    linked: Mapping[Identity, str],
    cities: Mapping[tuple[str | None, str], str],
    tenants: Mapping[str, Tenant],
    known: set[str],
) -> dict[Person, list[Visit]]:
    """Visits of each person, with their local time."""
    found: dict[Person, list[Visit]] = defaultdict(list)
    for row in rows:
        zone = ZoneInfo(zone_of(row, cities, tenants[row["tenant_id"]], known))
        local = row["visited_at"].replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        found[person_of(row, linked)].append(Visit(row["visited_at"], local, row.get("city_id")))
    return found


def checkins_of(rows: Iterable[Mapping[str, Any]], linked: Mapping[Identity, str]) -> dict[Person, list[Checkin]]:
    """Check-ins of each person."""
    found: dict[Person, list[Checkin]] = defaultdict(list)
    for row in rows:
        found[person_of(row, linked)].append(Checkin(row["checked_in_at"], row["event_type"], row.get("city_id")))
    return found


def profile(person_id: str, visits: Sequence[Visit], checkins: Sequence[Checkin], clock: datetime) -> Profile | None:
    """The profile at a moment; none before the person was seen."""
    visits = [visit for visit in visits if visit.at <= clock]
    checkins = [checkin for checkin in checkins if checkin.at <= clock]
    seen = [visit.at for visit in visits] + [checkin.at for checkin in checkins]
    if not seen:
        return None
    hours = Counter(visit.local.hour for visit in visits)
    weekdays = Counter(visit.local.isoweekday() for visit in visits)
    kinds = Counter(checkin.event_type for checkin in checkins)
    peak = min(hours, key=lambda hour: (-hours[hour], hour), default=None)
    level = max((name for name in CLASSES if kinds[name]), key=lambda name: (kinds[name], CLASSES.index(name)), default=None)
    danced = [(checkin.at, checkin.city_id) for checkin in checkins if checkin.city_id is not None]
    first: dict[str, datetime] = {}
    last: dict[str, datetime] = {}
    for at, city in sorted(danced):
        first.setdefault(city, at)
        last[city] = at
    span = max(max(seen) - min(seen), WEEK)
    # Microseconds are whole numbers: the quotient is exact until it is rounded.
    frequency = Decimal(len(visits) * (WEEK // timedelta(microseconds=1))) / Decimal(span // timedelta(microseconds=1))
    return Profile(
        person_type="ip" if person_id.startswith("ip:") else "user",
        first_seen_at=min(seen),
        last_seen_at=max(seen),
        days_since_last_seen=(clock - max(seen)) // DAY,
        total_visits=len(visits),
        visit_frequency=frequency.quantize(Decimal("1e-10"), ROUND_HALF_EVEN),
        peak_login_hour=peak,
        is_night_owl=peak in NIGHT,
        hour_of_day_distribution=_compact([hours[hour] for hour in range(24)]),
        day_of_week_distribution=_compact([weekdays[day] for day in range(1, 8)]),
        total_checkins=len(checkins),
        beginner_count=kinds["beginner"],
        intermediate_count=kinds["intermediate"],
        advanced_count=kinds["advanced"],
        practica_count=kinds["practica"],
        milonga_count=kinds["milonga"],
        primary_level=level,
        unique_cities=len(first),
        multi_city_score=min(Decimal(10), Decimal("2.5") * (len(first) - 1)) if first else None,
        cities=_compact(sorted(first, key=lambda city: (first[city], city))),
        last_cities=_compact(sorted(last, key=lambda city: (-last[city].timestamp(), city))[:5]),
    )


def _compact(values: Sequence[Any]) -> str:
    return json.dumps(list(values), separators=(",", ":"), ensure_ascii=False)


def memberships(
    person_id: str, visits: Sequence[Visit], checkins: Sequence[Checkin], rule: Rule, clock: datetime
) -> list[tuple[datetime, datetime | None]]:
    """From when until when somebody belonged to a segment: looked at whenever they were seen, and at every full day after that."""
    seen = sorted({moment for moment in [*(visit.at for visit in visits), *(checkin.at for checkin in checkins)] if moment <= clock})
    spells: list[tuple[datetime, datetime | None]] = []
    since = None
    for moment, following in zip(seen, [*seen[1:], clock + timedelta(microseconds=1)], strict=True):
        look = moment
        while look < following:
            state = profile(person_id, visits, checkins, look)
            qualifies = state is not None and bool(rule(state))
            if qualifies and since is None:
                since = look
            elif not qualifies and since is not None:
                spells.append((since, look))
                since = None
            look += DAY
    return [*spells, (since, None)] if since is not None else spells


def period_start(day: date, period_type: str, tenant: Tenant) -> date:
    """The first day of a day, week or month."""
    if period_type == "week":
        return day - timedelta(days=day.isoweekday() % 7 if tenant.week_start == "sunday" else day.weekday())
    return day.replace(day=1) if period_type == "month" else day


def heatmaps(
    visits: Mapping[Person, Sequence[Visit]], tenants: Mapping[str, Tenant], clock: datetime
) -> dict[tuple[Any, ...], tuple[int, int]]:
    """Logins and persons by tenant, period type, start, day of the week, hour and city."""
    logins: Counter[tuple[Any, ...]] = Counter()
    people: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for (tenant_id, person_id), own in visits.items():
        for visit in own:
            for period_type in ("day", "week", "month") if visit.at <= clock else ():
                start = period_start(visit.local.date(), period_type, tenants[tenant_id])
                cell = (tenant_id, period_type, start, visit.local.isoweekday(), visit.local.hour, visit.city_id)
                logins[cell] += 1
                people[cell].add(person_id)
    return {cell: (count, len(people[cell])) for cell, count in logins.items()}
