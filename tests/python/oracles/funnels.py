"""A second implementation of funnels: one person at a time, in plain Python, every mode and option; nothing shared with the models.

Where the models number, point and follow, this tries: every order of the events of one moment, every event as an entry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby, permutations
from typing import Any, Literal

from oracles.behaviour import Event, Tenant, local_day, period_start, quantile, rate, sessions, wilson

Counting = Literal["first", "totals", "optimized"]
PERIODS = ("day", "week", "month", "quarter", "year", "all")


@dataclass(frozen=True)
class Funnel:
    """A funnel of a tenant: event types of the steps, the window in seconds, and the types that may not lie after each step."""

    name: str
    steps: tuple[str, ...]
    window_seconds: int
    excluded: frozenset[str] | tuple[frozenset[str], ...] = frozenset()
    mode: Literal["ordered", "strict", "any"] = "ordered"
    hold_constant: str | None = None

    def excluded_after(self, step: int) -> frozenset[str]:
        """What must not happen between this step, from 1, and the next."""
        return self.excluded if isinstance(self.excluded, frozenset) else self.excluded[step - 1]


@dataclass(frozen=True)
class Act(Event):
    """An event with the properties that a funnel may hold constant."""

    properties: Mapping[str, str | None] = field(default_factory=dict, compare=False)

    @property
    def platform(self) -> str | None:
        return self.properties.get("platform")


@dataclass(frozen=True)
class Attempt:
    tenant_id: str
    funnel: Funnel
    person_id: str
    held_value: str | None
    platform: str | None
    step_times: tuple[datetime, ...]
    ended_at: datetime
    ended_by: Literal["conversion", "exclusion", "interruption", "window"]
    number: int = 0

    @property
    def entered_at(self) -> datetime:
        return self.step_times[0]

    def outcome(self, clock: datetime) -> str:
        if self.ended_by == "conversion":
            return "converted"
        return "pending" if self.ended_by == "window" and self.ended_at >= clock else "dropped"


def acts(events: Sequence[Event], rows: Iterable[Mapping[str, Any]] = ()) -> list[Act]:
    """The events with the properties of the raw rows that they came from (an id has one row), and their sessions."""
    told = {(row["tenant_id"], row["event_id"]): row for row in rows}
    session_ids = {
        (event.tenant_id, event.event_id): f"session {number}" for number, session in enumerate(sessions(events)) for event in session
    }
    return [
        Act(
            **event.__dict__,
            properties={
                **told.get((event.tenant_id, event.event_id), {}),
                "session_id": session_ids.get((event.tenant_id, event.event_id)),
            },
        )
        for event in events
    ]


def attempt(funnel: Funnel, own: Sequence[Act], entered_at: datetime, held_value: str | None) -> Attempt | None:
    """What comes of an entry at a moment; none if no event of the moment enters. `own` are a person's events until the clock."""
    held = [event for event in own if funnel.hold_constant is None or event.properties.get(funnel.hold_constant) == held_value]
    entering = [
        event
        for event in held
        if event.occurred_at == entered_at and event.event_type in (funnel.steps if funnel.mode == "any" else funnel.steps[:1])
    ]
    if not entering:
        return None
    window_end = entered_at + timedelta(seconds=funnel.window_seconds)
    walk = {"ordered": _ordered, "strict": _strict, "any": _any}[funnel.mode]
    times, interrupted_at = walk(funnel, own, held, entered_at, window_end)
    excluded_at = _exclusion(funnel, held, len(times), times[-1])
    ended_by: Literal["conversion", "exclusion", "interruption", "window"]
    if len(times) == len(funnel.steps):
        ended_at, ended_by = times[-1], "conversion"
    elif excluded_at and excluded_at <= window_end and (interrupted_at is None or excluded_at <= interrupted_at):
        ended_at, ended_by = excluded_at, "exclusion"
    elif interrupted_at and interrupted_at <= window_end:
        ended_at, ended_by = interrupted_at, "interruption"
    else:
        ended_at, ended_by = window_end, "window"
    first = entering[0]
    platform = min((event.platform for event in entering if event.platform), default=None)
    return Attempt(first.tenant_id, funnel, first.person_id or "", held_value, platform, times, ended_at, ended_by)


def _exclusion(funnel: Funnel, held: Iterable[Act], step: int, since: datetime) -> datetime | None:
    """The first event after the moment that must not follow the step."""
    forbidden = funnel.excluded_after(step)
    return min((event.occurred_at for event in held if event.event_type in forbidden and event.occurred_at > since), default=None)


def _ordered(
    funnel: Funnel, _: Sequence[Act], held: Sequence[Act], entered_at: datetime, window_end: datetime
) -> tuple[tuple[datetime, ...], None]:
    """Takes the earliest unused event for each step; which of several of one moment and type does not matter."""
    used: set[str] = set()
    times: list[datetime] = []
    for place, wanted in enumerate(funnel.steps):
        since = times[-1] if times else entered_at
        stop = _exclusion(funnel, held, place, since) if times else None
        fitting = [
            event
            for event in held
            if event.event_type == wanted and event.event_id not in used and since <= event.occurred_at <= (window_end if times else since)
        ]
        if not fitting or (stop and fitting[0].occurred_at > stop):
            break
        used.add(fitting[0].event_id)
        times.append(fitting[0].occurred_at)
    return tuple(times), None


def _strict(
    funnel: Funnel, own: Sequence[Act], held: Sequence[Act], entered_at: datetime, window_end: datetime
) -> tuple[tuple[datetime, ...], datetime | None]:
    """Lines up all that may not stand between, in every order that the moments allow, and keeps the order that is best for the attempt."""
    seen = [event for event in own if event.occurred_at >= entered_at and (not event.is_server_sent or event.event_type in funnel.steps)]
    fits = {event.event_id for event in held}
    moments = [(moment, list(group)) for moment, group in groupby(seen, key=lambda event: event.occurred_at)]
    ways = list(_ways(funnel, held, fits, moments, (), window_end))
    # The furthest; of these the earliest, step by step; of these the one that is interrupted last.
    depth = max(len(times) for times, _ in ways)
    best = min(times for times, _ in ways if len(times) == depth)
    stops = [stop for times, stop in ways if times == best]
    return best, None if None in stops else max(stop for stop in stops if stop is not None)


Way = tuple[tuple[datetime, ...], datetime | None]


def _ways(
    funnel: Funnel,
    held: Sequence[Act],
    fits: set[str],
    moments: Sequence[tuple[datetime, list[Act]]],
    times: tuple[datetime, ...],
    window_end: datetime,
) -> Iterator[Way]:
    """Each way on from the steps taken: the times of the steps, and when another event interrupts."""
    if len(times) == len(funnel.steps) or not moments:
        yield times, None
        return
    moment, group = moments[0]
    stop = _exclusion(funnel, held, len(times), times[-1]) if times else None
    if moment > window_end or (stop and moment > stop):
        yield times, moment
        return
    for order in {tuple((event.event_type, event.event_id in fits) for event in order) for order in permutations(group)}:
        # What stands before the entry does not matter; before any other step it interrupts.
        for start in range(len(order)) if not times else [0]:
            now = times
            for event_type, is_held in order[start:]:
                if len(now) < len(funnel.steps) and is_held and event_type == funnel.steps[len(now)]:
                    now = (*now, moment)
                else:
                    if now:
                        yield now, moment
                    break
            else:
                yield from _ways(funnel, held, fits, moments[1:], now, window_end)


def _any(
    funnel: Funnel, _: Sequence[Act], held: Sequence[Act], entered_at: datetime, window_end: datetime
) -> tuple[tuple[datetime, ...], None]:
    """Ticks off what is still to be done, event by event."""
    missing = Counter(funnel.steps)
    times: list[datetime] = []
    for event in held:
        if not entered_at <= event.occurred_at <= window_end or not missing[event.event_type]:
            continue
        stop = _exclusion(funnel, held, len(times), times[-1]) if times else None
        if stop and event.occurred_at > stop:
            break
        missing[event.event_type] -= 1
        times.append(event.occurred_at)
    return tuple(times), None


def entries(events: Iterable[Act], funnels: Mapping[str, Sequence[Funnel]], clock: datetime) -> Iterator[list[Attempt]]:
    """All possible entries of each person at each funnel of their tenant, by held value and in time."""
    persons: dict[tuple[str, str], list[Act]] = defaultdict(list)
    for event in sorted(events, key=lambda event: (event.occurred_at, event.event_id)):
        if event.person_id is not None and event.occurred_at <= clock:
            persons[event.tenant_id, event.person_id].append(event)
    for (tenant_id, _), own in persons.items():
        for funnel in funnels[tenant_id]:
            values = {event.properties.get(funnel.hold_constant) for event in own} - {None} if funnel.hold_constant else {None}
            moments = sorted({event.occurred_at for event in own})
            tried = [attempt(funnel, own, moment, value) for value in sorted(values, key=str) for moment in moments]
            if found := [one for one in tried if one]:
                yield found


def chain(tried: Sequence[Attempt]) -> list[Attempt]:
    """The attempts of a person at a funnel, numbered, of all entries that were possible."""
    made: list[Attempt] = []
    last: dict[str | None, Attempt] = {}
    for one in sorted(tried, key=lambda one: (one.entered_at, one.held_value or "")):
        before = last.get(one.held_value)
        if before:
            # The event that interrupts is free, unless it shares the moment of the last step.
            free_after = before.step_times[-1] if before.ended_by == "interruption" else before.ended_at
            if one.entered_at <= free_after:
                continue
        last[one.held_value] = one
        made.append(replace(one, number=len(made) + 1))
    return made


def preferred(tried: Sequence[Attempt]) -> Attempt:
    """The entry of a person that counts where re-entry is optimized."""
    return min(tried, key=lambda one: (-len(one.step_times), one.step_times[-1], one.step_times[-1] - one.entered_at, one.held_value or ""))


def attempts(events: Iterable[Act], funnels: Mapping[str, Sequence[Funnel]], clock: datetime) -> list[Attempt]:
    """Every attempt of every person at the funnels of their tenant."""
    return [one for tried in entries(events, funnels, clock) for one in chain(tried)]


def breakdown(
    events: Iterable[Act], funnels: Mapping[str, Sequence[Funnel]], tenants: Mapping[str, Tenant], clock: datetime
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The measures of each (tenant, funnel, counting, dimension, value, period type, period start, step)."""
    cells: dict[tuple[Any, ...], list[tuple[Attempt, bool]]] = defaultdict(list)

    def count(counting: Counting, one: Attempt, is_pending: bool) -> None:
        tenant = tenants[one.tenant_id]
        day: date = local_day(one.entered_at, tenant)
        for period_type in PERIODS:
            for dimension, value in (("all", "all"), ("platform", one.platform or "unknown")):
                key = (one.tenant_id, one.funnel.name, counting, dimension, value, period_type, period_start(day, period_type, tenant))
                cells[key].append((one, is_pending))

    for tried in entries(events, funnels, clock):
        for one in chain(tried):
            is_pending = one.outcome(clock) == "pending"
            count("totals", one, is_pending)
            if one.number == 1:
                count("first", one, is_pending)
        best = preferred(tried)
        is_open = any(one.outcome(clock) == "pending" for one in tried)
        count("optimized", best, best.ended_by != "conversion" and is_open)

    measures = {}
    for key, cell in cells.items():
        concluded = [one for one, is_pending in cell if not is_pending]
        before = len(concluded)
        for step in range(1, len(cell[0][0].funnel.steps) + 1):
            reached = [one.step_times for one in concluded if len(one.step_times) >= step]
            from_previous = [(times[step - 1] - times[step - 2]).total_seconds() for times in reached if step > 1]
            from_first = [(times[step - 1] - times[0]).total_seconds() for times in reached if step > 1]
            low, high = wilson(len(reached), len(concluded)) or (None, None)
            measures[(*key, step)] = {
                "entered": len(cell),
                "pending": len(cell) - len(concluded),
                "reached": len(reached),
                "reached_previous": before,
                "dropped": before - len(reached),
                "converted_from_previous_rate": rate(len(reached), before),
                "converted_from_first_rate": rate(len(reached), len(concluded)),
                "median_seconds_from_previous": quantile(from_previous, 0.5),
                "p90_seconds_from_previous": quantile(from_previous, 0.9),
                "median_seconds_from_first": quantile(from_first, 0.5),
                "p90_seconds_from_first": quantile(from_first, 0.9),
                "wilson_low": low,
                "wilson_high": high,
                "is_small_sample": len(concluded) < 30,
            }
            before = len(reached)
    return measures


def user_progress(
    events: Iterable[Act], funnels: Mapping[str, Sequence[Funnel]], clock: datetime
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """How far each (tenant, funnel, person) has come."""
    progress = {}
    for tried in entries(events, funnels, clock):
        made = chain(tried)
        first, last = made[0], made[-1]
        depth = max(len(one.step_times) for one in made)
        converted = [one.ended_at for one in made if one.ended_by == "conversion"]
        progress[first.tenant_id, first.funnel.name, first.person_id] = {
            "furthest_step_order": depth,
            "furthest_step_at": min(one.step_times[-1] for one in made if len(one.step_times) == depth),
            "next_step_order": depth + 1 if depth < len(first.funnel.steps) else None,
            "attempt_count": len(made),
            "conversion_count": len(converted),
            "first_entered_at": first.entered_at,
            "first_outcome": first.outcome(clock),
            "first_converted_at": min(converted, default=None),
            "last_entered_at": last.entered_at,
            "last_outcome": last.outcome(clock),
        }
    return progress
