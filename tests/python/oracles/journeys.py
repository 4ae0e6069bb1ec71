"""A second implementation of paths, adoption and conversions: one session, one person, one event after another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from oracles.behaviour import Event, Tenant, local_day, period_start, quantile, rate

PERIODS = ("day", "week", "month", "quarter", "year")
Measures = dict[tuple[Any, ...], dict[str, Any]]


def paths(sessions: Iterable[Sequence[Event]], tenants: Mapping[str, Tenant], depth: int, weights: Mapping[str, Decimal]) -> Measures:
    """The measures of each (tenant, month, step, from, to). `weights` are those of sampled events by id."""
    seconds: dict[tuple[Any, ...], list[float | None]] = defaultdict(list)
    people: dict[tuple[Any, ...], set[str | None]] = defaultdict(set)
    sampled = set()
    for session in sessions:
        tenant_id = session[0].tenant_id
        month = local_day(session[0].occurred_at, tenants[tenant_id]).replace(day=1)
        for step in range(min(len(session), depth) + 1):
            before = session[step - 1] if step else None
            after = session[step] if step < len(session) else None
            key = (tenant_id, month, step, before.event_type if before else "(start)", after.event_type if after else "(end)")
            seconds[key].append((after.occurred_at - before.occurred_at).total_seconds() if before and after else None)
            people[key].add(session[0].person_id)
            if any(event and event.event_id in weights for event in (before, after)):
                sampled.add(key)
    return {
        key: {
            "transitions": len(times),
            "persons": None if key in sampled else len(people[key]),
            "median_seconds": quantile([time for time in times if time is not None], 0.5),
        }
        for key, times in seconds.items()
    }


def periods_of(day: date, tenant: Tenant) -> list[tuple[str, date | None]]:
    return [(period_type, period_start(day, period_type, tenant)) for period_type in PERIODS]


def active_people(events: Iterable[Event], tenants: Mapping[str, Tenant]) -> dict[tuple[Any, ...], set[str | None]]:
    """Who was active in each (tenant, period type, period start)."""
    people: dict[tuple[Any, ...], set[str | None]] = defaultdict(set)
    for event in events:
        if event.is_done_by_a_person:
            tenant = tenants[event.tenant_id]
            for period in periods_of(local_day(event.occurred_at, tenant), tenant):
                people[event.tenant_id, *period].add(event.person_id)
    return people


def adoption(
    events: Sequence[Event], features: Mapping[str, str], tenants: Mapping[str, Tenant], wanted_uses: int, weights: Mapping[str, Decimal]
) -> Measures:
    """The measures of each (tenant, feature, period type, period start). `features` are those of events by id."""
    active = active_people(events, tenants)
    uses: dict[tuple[str, str], dict[str | None, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for event in sorted(events, key=lambda event: event.occurred_at):
        if event.is_done_by_a_person and event.event_id in features:
            uses[event.tenant_id, features[event.event_id]][event.person_id].append(event)
    measures: Measures = {}
    for (tenant_id, feature), by_person in uses.items():
        tenant = tenants[tenant_id]
        counts: dict[tuple[Any, ...], list[tuple[int, str | None, Event]]] = defaultdict(list)
        for person, own in by_person.items():
            for number, event in enumerate(own, start=1):
                for period in periods_of(local_day(event.occurred_at, tenant), tenant):
                    counts[period].append((number, person, event))
        for (period_type, start), those in counts.items():
            is_sampled = any(event.event_id in weights for *_, event in those)
            was_sampled = any(
                event.event_id in weights and period_start(local_day(event.occurred_at, tenant), period_type, tenant) <= start
                for own in by_person.values()
                for event in own
            )
            persons = [person for _, person, _ in those]
            users = len(set(persons))
            here = active[tenant_id, period_type, start]
            measures[tenant_id, feature, period_type, start] = {
                "events": sum((weights.get(event.event_id, Decimal(1)) for *_, event in those), Decimal(0)),
                "users": None if is_sampled else users,
                "repeat_users": None if is_sampled else sum(persons.count(person) > 1 for person in set(persons)),
                "first_time_users": None if was_sampled else sum(number == 1 for number, *_ in those),
                "adopted_users": None if was_sampled else sum(number == wanted_uses for number, *_ in those),
                "active_users": len(here),
                "adoption_rate": None if is_sampled else rate(users, len(here)),
            }
    return measures


def conversions(
    events: Sequence[Event], names: Mapping[str, Mapping[str, str]], tenants: Mapping[str, Tenant], weights: Mapping[str, Decimal]
) -> Measures:
    """The measures of each (tenant, conversion, period type, period start). `names` are a tenant's conversions by event type."""
    active = active_people(events, tenants)
    found: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    firsts: dict[tuple[Any, ...], date] = {}
    for event in sorted(events, key=lambda event: event.occurred_at):
        name = names[event.tenant_id].get(event.event_type)
        if name:
            day = local_day(event.occurred_at, tenants[event.tenant_id])
            firsts.setdefault((event.tenant_id, name, event.person_id), day)
            for period in periods_of(day, tenants[event.tenant_id]):
                found[event.tenant_id, name, *period].append(event)
    measures: Measures = {}
    for key, those in found.items():
        tenant_id, name, period_type, start = key
        people = {event.person_id for event in those} - {None}
        is_sampled = any(event.event_id in weights for event in those)
        here = len(active.get((tenant_id, period_type, start), ()))
        new = [person for person in people if firsts[tenant_id, name, person] >= start]
        measures[key] = {
            "conversions": sum((weights.get(event.event_id, Decimal(1)) for event in those), Decimal(0)),
            "persons": None if is_sampled else len(people),
            "first_time_persons": None if is_sampled else len(new),
            "active_users": here,
            "conversion_rate": None if is_sampled else rate(len(people), here),
        }
    return measures
