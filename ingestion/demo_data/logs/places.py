"""The logs checkins, visits and experience_profiles: where the dance platform's people go, and what it knows of them."""

from __future__ import annotations

import numpy as np

from ingestion.demo_data.logs.world import (
    ADDRESSES,
    Area,
    Log,
    World,
    chosen,
    documents,
    in_order,
    moments,
    table_of,
    tally,
    users,
    with_versions,
)
from ingestion.demo_data.window import DAY, END_MS, START_MS, Integers

_CLASSES = ("beginner", "intermediate", "advanced", "practica", "milonga")
_CITIES = ("tokyo", "osaka", "kyoto", "seoul", "taipei", "new-york")
_CITY_ZONES = ("Asia/Tokyo", "Asia/Tokyo", "Asia/Tokyo", "Asia/Seoul", "Asia/Taipei", "America/New_York")
_RELEASES = ("3.0.1", "3.1.0", "3.2.0")
_PERSON_TYPES = ("ip", "user")


# The city of each of a hundred people.
_HOMES = np.repeat(np.arange(len(_CITIES)), (40, 25, 15, 8, 6, 6))


def _home(person: Integers) -> Integers:
    """The city that somebody lives in."""
    return _HOMES[person * 37 % len(_HOMES)]


def places(world: World) -> Area:
    """A check-in for each that the product saw, a visit for each session and some by strangers, and two profiles a year of most users."""
    random = world.random("places")
    seen = world.events_of("checkin.created")
    count = len(seen)
    # People dance where they live, and every fourth travels. A third of the dances are socials, the others classes of one's level.
    travels = (seen.user % 4 == 0) & (random.random(count) < 0.4)
    city = np.where(travels, random.integers(0, len(_CITIES), size=count), _home(seen.user))
    level = np.minimum(seen.user % 3 + (random.random(count) < 0.2), 2)
    class_ = np.where(random.random(count) < 1 / 3, random.integers(3, len(_CLASSES), size=count), level)
    checkins = {
        "checkin_id": in_order("chk", count),
        "person_key": users(seen.user),
        "event_id": chosen([f"class-{number:03d}" for number in range(120)], random.integers(0, 120, size=count)),
        "event_type": chosen(_CLASSES, class_),
        "timestamp": moments(seen.occurred_ms),
        "venue_id": chosen(world.tenant.organizations, np.where(seen.venue >= 0, seen.venue, 0)),
        "city_id": chosen(_CITIES, city),
    }

    sessions = world.activity.take(np.unique(world.activity.session, return_index=True)[1])
    sessions = sessions.take(np.argsort(sessions.occurred_ms, kind="stable"))
    is_user = sessions.user >= 0
    kept = is_user | (sessions.device % 3 == 0)
    sessions, is_user = sessions.take(kept), is_user[kept]
    at_home = _home(np.where(is_user, sessions.user, sessions.device))
    visits = {
        "visit_id": in_order("visit", len(sessions)),
        "person_key": np.where(is_user, users(np.maximum(sessions.user, 0)), np.array(ADDRESSES)[sessions.device % len(ADDRESSES)]),
        "timestamp": moments(sessions.occurred_ms),
        "person_type": chosen(_PERSON_TYPES, is_user.astype(np.int64)),
        "city_id": chosen(_CITIES, at_home),
        "time_zone": chosen(_CITY_ZONES, at_home),
    }
    profiles, books = _profiles(world)
    refused = (("not_accepted", "event_type", "ballet"),)
    logs = [
        Log("checkins", table_of(checkins), ("checkin_id",), endings=("jsonl.gz", "csv"), spoilt=refused),
        Log("visits", table_of(visits), ("visit_id",), endings=("parquet",)),
        profiles,
    ]
    truths = {
        "checkins": tally(_CLASSES, class_),
        "dancers": len(np.unique(seen.user)),
        "visits_of_users": int(is_user.sum()),
        "visits_of_addresses": int((~is_user).sum()),
    }
    return Area(logs, {"places": truths, "profiles": books})


def _profiles(world: World) -> tuple[Log, dict[str, int]]:
    """A version when a user was first seen and one at the last visit; every third user is linked with an address."""
    activity = world.activity.take(world.activity.user >= 0)
    order = np.argsort(activity.occurred_ms, kind="stable")
    user, at = activity.user[order], activity.occurred_ms[order]
    people, first = np.unique(user, return_index=True)
    last = len(user) - 1 - np.unique(user[::-1], return_index=True)[1]
    visits = np.bincount(user)[people]
    first_ms, last_ms = at[first], at[last]
    returned = np.flatnonzero(last_ms > first_ms + DAY)
    person, is_return = with_versions(len(people), returned)
    latest = np.where(is_return, last_ms[person], first_ms[person])
    release = (latest - START_MS) * len(_RELEASES) // (END_MS - START_MS)
    seen_times = np.where(is_return, visits[person], 1).tolist()
    is_linked = (people[person] % 3 == 0) & is_return
    rows = table_of(
        {
            "person_key": users(people[person]),
            "person_type": chosen(_PERSON_TYPES, np.ones(len(person), dtype=np.int64)),
            "updated_at": moments(latest),
            "first_seen_at": moments(first_ms[person]),
            "last_seen_at": moments(latest),
            "visit_counts": documents({"total": times} for times in seen_times),
            "last_seen_release_id": chosen(_RELEASES, release),
            "acknowledged_releases": documents(list(_RELEASES[: number + 1]) for number in release.tolist()),
            "linked_keys": documents(
                [ADDRESSES[key % len(ADDRESSES)]] if linked else None
                for key, linked in zip(people[person].tolist(), is_linked.tolist(), strict=True)
            ),
            "preferences": documents({"digest": "weekly" if key % 2 else "never"} for key in people[person].tolist()),
        },
        latest,
        people[person],
    )
    log = Log("experience_profiles", rows, ("person_key",), written="updated_at", endings=("jsonl.gz",), months=6)
    return log, {"people": len(people), "linked": int(is_linked.sum()), "visits": len(people) - len(returned) + int(visits[returned].sum())}
