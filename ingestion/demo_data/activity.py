"""What people do in a tenant's product: visits, registrations, sessions and assessments, as columns of numbers.

A session is one of three kinds: the visit of somebody who is not known yet, the registration, or a return. Registrations
and first visits always happen; returns fill the rest of the asked number of events, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from ingestion.demo_data.billing import Notice
from ingestion.demo_data.people import TRAITS, People, local_moments, weekday_weights
from ingestion.demo_data.tenants import Tenant
from ingestion.demo_data.window import DAY, END_MS, HOUR, MINUTE, NOTHING, SECOND, START_MS, Flags, Floats, Integers, random_stream

ASSESSMENT_TYPES = ("full_ocean", "short_ocean", "big_five_facets", "career_fit")
_ASSESSMENT_SHARES = (0.45, 0.25, 0.12, 0.18)
_ASSESSMENT_SECONDS = np.array([840.0, 240.0, 1500.0, 600.0])

_VISIT, _REGISTRATION, _RETURN = 0, 1, 2
_BACKUP = "system.backup.finished"
_SERVER_TYPES = ("subscription.created", "subscription.cancelled", "payment.failed", _BACKUP)


@dataclass(frozen=True)
class Events:
    """Product events, one per position; arrays of equal length. `type` counts in the tenant's `event_types`."""

    type: Integers
    user: Integers
    device: Integers
    session: Integers
    occurred_ms: Integers
    received_ms: Integers
    country: Integers
    feature: Integers
    page: Integers
    venue: Integers
    assessment: Integers
    assessment_type: Integers
    duration_seconds: Floats
    completion_percentage: Floats
    ai_confidence: Floats
    dual_ai_agreement: Floats
    traits: Floats

    def __len__(self) -> int:
        return len(self.type)

    def take(self, which: Integers | Flags) -> Events:
        """The events at these positions, in this order."""
        return Events(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


def join(*parts: Events) -> Events:
    """All events of the parts, one part after the other."""
    return Events(**{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Events)})


def blank_events(count: int) -> Events:
    """Events about nothing, for a caller to fill in."""
    nothing = np.full(count, NOTHING, dtype=np.int64)
    unknown = np.full(count, np.nan)
    return Events(
        type=nothing,
        user=nothing,
        device=nothing,
        session=nothing,
        occurred_ms=nothing,
        received_ms=nothing,
        country=nothing,
        feature=nothing,
        page=nothing,
        venue=nothing,
        assessment=nothing,
        assessment_type=nothing,
        duration_seconds=unknown,
        completion_percentage=unknown,
        ai_confidence=unknown,
        dual_ai_agreement=unknown,
        traits=np.full((count, len(TRAITS)), np.nan),
    )


def event_types(tenant: Tenant) -> tuple[str, ...]:
    """Every type of event that the tenant's product sends."""
    return (*tenant.mix, "user.registered", "user.login", "assessment.completed", *_SERVER_TYPES)


@dataclass(frozen=True)
class _Sessions:
    """Sessions before their events are known. `visitor` numbers registered users first, then those who never register."""

    visitor: Integers
    kind: Integers
    start_ms: Integers
    size: Integers
    on_second_device: Flags

    def __len__(self) -> int:
        return len(self.visitor)


def make_activity(tenant: Tenant, people: People, events: int, seed: int) -> Events:
    """Exactly `events` events of the tenant's people, in no particular order.

    Errors: ValueError when so few are asked for that the people's registrations alone are more; RuntimeError when chance drew too
    few sessions for so many.
    """
    random = random_stream(seed, tenant.id, "activity")
    first = _first_sessions(tenant, people, random)
    # A return has six events on average: these are enough, whatever chance does.
    returns = _return_sessions(tenant, people, events // 3 + 500, random)
    sessions = _Sessions(*(np.concatenate([getattr(first, field.name), getattr(returns, field.name)]) for field in fields(_Sessions)))

    drawn = _draw_events(tenant, people, sessions, random)
    completed = _completions(tenant, people, drawn, random)
    weight = sessions.size + np.bincount(completed.session, minlength=len(sessions))
    total = np.cumsum(weight)
    if total[len(first) - 1] > events:
        raise ValueError(f"{events:,} events are too few for {len(people):,} users of {tenant.id}: ask for more")
    kept = np.searchsorted(total, events, side="right")
    missing = int(events - total[kept - 1])
    if kept + missing > len(sessions):
        raise RuntimeError(f"{len(returns):,} sessions are not enough for {events:,} events of {tenant.id}")
    # The last few events are sessions that end after their first event.
    is_opening = np.concatenate([[True], drawn.session[1:] != drawn.session[:-1]])
    stubs = is_opening & (drawn.session >= kept) & (drawn.session < kept + missing)
    activity = join(drawn.take((drawn.session < kept) | stubs), completed.take(completed.session < kept))
    delay = random.lognormal(np.log(900), 0.9, size=len(activity)).astype(np.int64)
    return replace(activity, received_ms=np.minimum(activity.occurred_ms + delay, END_MS))


def _first_sessions(tenant: Tenant, people: People, random: np.random.Generator) -> _Sessions:
    """Registrations, earlier visits of those who register, and visits of those who never do."""
    users = np.arange(len(people))
    has_earlier_visit = random.random(len(people)) < 0.55
    earlier_ms = people.registered_ms - HOUR - random.exponential(5 * DAY, size=len(people)).astype(np.int64)
    earlier = users[has_earlier_visit & (earlier_ms > START_MS)]
    earlier_ms = earlier_ms[earlier]
    # Half of all visitors never register.
    strangers = len(people) + users
    arrival_days = (people.registered_ms - START_MS) // DAY
    strangers_ms = local_moments(tenant, random.permutation(arrival_days), random)
    start = np.concatenate([earlier_ms, strangers_ms, people.registered_ms - random.integers(30, 240, size=len(people)) * SECOND])
    sizes = (random.geometric(0.55, len(earlier)), random.geometric(0.6, len(strangers)), 2 + random.geometric(0.4, len(people)))
    kinds = (np.full(len(earlier), _VISIT), np.full(len(strangers), _VISIT), np.full(len(people), _REGISTRATION))
    return _Sessions(
        visitor=np.concatenate([earlier, strangers, users]),
        kind=np.concatenate(kinds),
        start_ms=np.clip(start, START_MS + MINUTE, END_MS - 6 * HOUR),
        size=np.concatenate(sizes),
        on_second_device=np.zeros(len(start), dtype=bool),
    )


def _return_sessions(tenant: Tenant, people: People, count: int, random: np.random.Generator) -> _Sessions:
    """Sessions of registered users, rarer with every day since they came; at most twice `count`, in random order."""
    horizon = (END_MS - people.registered_ms) / DAY
    reach = 1 - np.exp(-horizon / people.stay_days)
    mass = np.cumsum(people.engagement * people.stay_days * reach)
    users = np.searchsorted(mass, random.random(count * 2) * mass[-1])
    stay = people.stay_days[users]
    days_since = -stay * np.log1p(-random.random(len(users)) * reach[users])
    days = (people.registered_ms[users] + (days_since * DAY).astype(np.int64) - START_MS) // DAY
    weights = weekday_weights(tenant, days)
    start = local_moments(tenant, days, random)
    is_possible = (
        (random.random(len(users)) < weights / max(tenant.weekdays))
        & (start > people.registered_ms[users] + HOUR)
        & (start < END_MS - 2 * HOUR)
    )
    users, start = users[is_possible], start[is_possible]
    size = 1 + random.geometric(0.2, len(users))
    on_second_device = people.has_second_device[users] & (random.random(len(users)) < 0.35)
    return _Sessions(users, np.full(len(users), _RETURN), start, size, on_second_device)


def _draw_events(tenant: Tenant, people: People, sessions: _Sessions, random: np.random.Generator) -> Events:
    """The events of each session, seconds or minutes apart, session after session."""
    types = {name: number for number, name in enumerate(event_types(tenant))}
    session = np.repeat(np.arange(len(sessions)), sessions.size)
    count = len(session)
    opening = np.repeat(np.cumsum(sessions.size) - sessions.size, sessions.size)
    position = np.arange(count) - opening
    kind, visitor = sessions.kind[session], sessions.visitor[session]
    is_last = np.append(session[1:] != session[:-1], True)

    gap = np.clip(random.exponential(80 * SECOND, size=count), 2 * SECOND, 20 * MINUTE).astype(np.int64)
    registering = (kind == _REGISTRATION) & (position == 1)
    gap[registering] = people.registered_ms[visitor[registering]] - sessions.start_ms[session[registering]]
    elapsed = np.cumsum(gap)
    # A long session shortly before the data end is cut by the end: its last events crowd there.
    occurred = np.minimum(sessions.start_ms[session] + elapsed - elapsed[opening], END_MS - MINUTE)

    weights = np.array(list(tenant.mix.values()))
    type_ = random.choice(len(weights), size=count, p=weights / weights.sum())
    type_[(kind == _VISIT) | (position == 0)] = types["page.viewed"]
    type_[registering] = types["user.registered"]
    # Returns open with a sign-in, with a page seen before it, or (still signed in) with a page.
    manner = random.random(len(sessions))[session]
    signs_in_late = (kind == _RETURN) & (manner >= 0.45) & (manner < 0.7)
    type_[(kind == _RETURN) & (manner < 0.45) & (position == 0)] = types["user.login"]
    type_[signs_in_late & (position == 1)] = types["user.login"]
    if "feature.upload.used" in types:
        is_upload = type_ == types["feature.upload.used"]
        follows = np.append(False, is_upload[:-1] & ~is_last[:-1])
        type_[follows & (random.random(count) < 0.8)] = types["feature.analysis.used"]

    is_unknown = (kind == _VISIT) | ((position == 0) & ((kind == _REGISTRATION) | signs_in_late))
    # One user in twenty-five comes back on the device of somebody else in the household.
    owner = visitor - ((kind == _RETURN) & (visitor % 25 == 24))
    country_shares = np.array(list(tenant.countries.values()))
    strangers = random.choice(len(country_shares), size=len(people), p=country_shares / country_shares.sum())
    country = np.concatenate([people.country, strangers])

    def only(name: str, choices: int) -> Integers:
        drawn = random.integers(0, max(choices, 1), size=count)
        return np.where(type_ == types.get(name, NOTHING - 1), drawn, NOTHING)

    is_start = type_ == types.get("assessment.started", NOTHING)
    assessment_type = random.choice(len(ASSESSMENT_TYPES), size=count, p=_ASSESSMENT_SHARES)
    return replace(
        blank_events(count),
        type=type_,
        user=np.where(is_unknown, NOTHING, visitor),
        device=owner * 2 + sessions.on_second_device[session],
        session=session,
        occurred_ms=occurred,
        received_ms=occurred,
        country=country[visitor],
        feature=only("feature.used", len(tenant.features)),
        page=only("page.viewed", len(tenant.pages)),
        venue=only("checkin.created", len(tenant.organizations)),
        assessment=np.where(is_start, np.cumsum(is_start), NOTHING),
        assessment_type=np.where(is_start, assessment_type, NOTHING),
    )


def _completions(tenant: Tenant, people: People, drawn: Events, random: np.random.Generator) -> Events:
    """The `assessment.completed` of three in four starts; one in twelve of them ends before its last question."""
    type_ = event_types(tenant).index("assessment.completed")
    started = drawn.take(drawn.assessment != NOTHING)
    started = started.take(random.random(len(started)) < 0.76)
    count = len(started)
    seconds = np.round(_ASSESSMENT_SECONDS[started.assessment_type] * random.lognormal(0, 0.35, size=count))
    finished = started.occurred_ms + seconds.astype(np.int64) * SECOND
    percentage = np.where(random.random(count) < 1 / 12, random.integers(35, 100, size=count), 100).astype(np.float64)
    has_ai = random.random(count) >= 0.03
    confidence = np.clip(0.99 - random.exponential(0.07, size=count), 0.3, 0.99)
    agrees = random.random(count) >= 0.08
    agreement = np.where(agrees, np.clip(0.98 - random.exponential(0.06, size=count), 0.72, 0.98), random.uniform(0.4, 0.69, size=count))
    scores = np.clip(people.traits[started.user] + random.normal(0, 3, size=(count, len(TRAITS))), 0, 100)
    completed = replace(
        started,
        type=np.full(count, type_, dtype=np.int64),
        occurred_ms=finished,
        received_ms=finished,
        duration_seconds=seconds,
        completion_percentage=percentage,
        ai_confidence=np.where(has_ai, np.round(confidence, 2), np.nan),
        dual_ai_agreement=np.where(has_ai, np.round(agreement, 2), np.nan),
        traits=np.round(scores, 1),
    )
    return completed.take(completed.occurred_ms < END_MS)


def server_events(tenant: Tenant, notices: list[Notice]) -> Events:
    """Events that the tenant's own server sends: about subscriptions, and a weekly one about nobody that ends with the window."""
    backups = [Notice(_BACKUP, NOTHING, at // SECOND) for at in range(END_MS - MINUTE, START_MS, -7 * DAY)]
    names = event_types(tenant)
    everything = [*notices, *backups]
    occurred = np.array([notice.at * SECOND for notice in everything], dtype=np.int64)
    return replace(
        blank_events(len(everything)),
        type=np.array([names.index(notice.type) for notice in everything], dtype=np.int64),
        user=np.array([notice.user for notice in everything], dtype=np.int64),
        occurred_ms=occurred,
        received_ms=np.minimum(occurred + 3 * SECOND, END_MS),
    )
