"""The corpus of edge cases of dbt-snowplow-web: its sessions, page views and users beside ours, and a rule behind every difference.

Each event of the corpus names its trap in `user_id`. Tenant `devices` has the events by device alone (`domain_userid`), as the package
counts; tenant `users` has the trap of stitching with its users. Read in place like the data of test_public_data.py; skipped where that
is not there.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from behaviour.test_public_data import SHARED
from project import dbt
from raw import create_raw, insert

CORPUS = SHARED / "snowplow_web_0.15.2"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"public data not found: {CORPUS}")
STITCHED = "user stitch"

GAPS = "a session is cut by gaps and age, not by the client's session id"
PINGS = "a page view is an event of a page view, and a session begins with an event: pings of a page tell neither"
DEVICES = "a session is one person's: another device is another person unless something links them"
EVERYTHING = "every event counts, whenever it arrived and whatever else it lacks"
NOBODY = "an event that names no one is nobody's, and in no session"
EVENT_IDS = "events are repeated if their event id is, not if their page is"

# (sessions, page views, events) of ours and of theirs, by trap.
DIFFERENCES = {
    "Multiple first sessions per user": (GAPS, (1, 4, 7), (2, 4, 7)),
    "Multiple last sessions per user": (GAPS, (1, 4, 6), (2, 4, 6)),
    "long session": (GAPS, (11, 4, 11), (1, 2, 3)),
    "Unexpired session": (GAPS, (2, 2, 2), (1, 1, 1)),
    "No edge cases": (PINGS, (3, 4, 13), (3, 6, 13)),
    "stray page ping": (PINGS, (2, 1, 3), (2, 2, 3)),
    "Rotating domain_userid per session": (DEVICES, (3, 3, 5), (1, 3, 5)),
    "NULL domain_sessionid": (EVERYTHING, (1, 0, 1), (0, 0, 0)),
    "NULL page_view_id": (EVERYTHING, (1, 1, 2), (0, 0, 0)),
    "late arriving: device created/sent >3 days": (EVERYTHING, (1, 1, 2), (0, 0, 0)),
    "consent_accel": (EVERYTHING, (26, 0, 65), (0, 0, 0)),
    "NULL domain_userid": (NOBODY, (0, 0, 0), (1, 1, 1)),
    "dupe: page_view_id different derived_tstamp": (EVENT_IDS, (1, 8, 11), (1, 7, 11)),
}
SAME = {"dupe: event_id different collector_tstamp", "dupe: event_id same collector_tstamp", STITCHED}


def read(name: str) -> list[dict[str, str]]:
    with (CORPUS / f"snowplow_web_{name}.csv").open() as lines:
        return list(csv.DictReader(lines))


def trap(user_id: str) -> str:
    return STITCHED if user_id.startswith(STITCHED) else user_id


def rows() -> list[dict[str, Any]]:
    found = []
    for row in read("events"):
        event = {
            "tenant_id": "devices",
            "event_id": row["event_id"],
            "event_type": "page.viewed" if row["event_name"] == "page_view" else row["event_name"],
            "anonymous_id": row["domain_userid"] or None,
            "session_id": row["domain_sessionid"] or None,
            "occurred_at": datetime.fromisoformat(row["derived_tstamp"]),
            "received_at": datetime.fromisoformat(row["collector_tstamp"]),
        }
        found.append(event)
        if trap(row["user_id"]) == STITCHED:
            found.append({**event, "tenant_id": "users", "user_id": row["user_id"]})
    return found


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    database: Path = tmp_path_factory.mktemp("snowplow") / "corpus.duckdb"
    create_raw(database)
    dbt("seed", database=database)
    insert(database, "raw_events.events", rows())
    dbt("run", "--select", "+fct_sessions", "+dim_users", "+bridge_person_identities", database=database, as_of="2021-04-01")
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


def totals(sessions: Iterable[tuple[str, int, int]]) -> dict[str, tuple[int, int, int]]:
    """Sessions, page views and events by trap."""
    found: dict[str, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
    for name, page_views, events in sessions:
        before = found[name]
        found[name] = (before[0] + 1, before[1] + page_views, before[2] + events)
    return found


def traps_of_devices() -> dict[str, str]:
    return {row["domain_userid"]: trap(row["user_id"]) for row in read("events")}


def test_sessions_differ_by_a_rule_or_not_at_all(marts: duckdb.DuckDBPyConnection) -> None:
    traps = traps_of_devices()
    sessions = marts.execute("select person_id, page_views, event_count from marts.fct_sessions where tenant_id = 'devices'").fetchall()
    ours = totals((traps[person.removeprefix("anonymous:")], views, events) for person, views, events in sessions)
    theirs = totals((trap(row["user_id"]), int(row["page_views"]), int(row["total_events"])) for row in read("sessions_expected"))
    nothing = (0, 0, 0)
    assert {*ours, *theirs} == {*DIFFERENCES, *SAME}
    differing = {
        name: (ours.get(name, nothing), theirs.get(name, nothing)) for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)
    }
    assert differing == {name: (mine, other) for name, (_, mine, other) in DIFFERENCES.items()}


def test_sessions_without_a_trap_of_theirs_are_the_same_to_the_millisecond(marts: duckdb.DuckDBPyConnection) -> None:
    traps = traps_of_devices()
    sessions = marts.execute("select person_id, started_at, ended_at from marts.fct_sessions where tenant_id = 'devices'").fetchall()
    ours = {(start, end) for person, start, end in sessions if traps[person.removeprefix("anonymous:")] in SAME}
    theirs = {
        (datetime.fromisoformat(row["start_tstamp"]), datetime.fromisoformat(row["end_tstamp"]))
        for row in read("sessions_expected")
        if trap(row["user_id"]) in SAME
    }
    assert ours == theirs
    assert len(ours) == 4


def test_page_views_differ_by_the_same_rules(marts: duckdb.DuckDBPyConnection) -> None:
    traps = {row["event_id"]: trap(row["user_id"]) for row in read("events")}
    ours = {
        event_id
        for (event_id,) in marts.execute(
            "select event_id from marts.fct_events where tenant_id = 'devices' and event_type = 'page.viewed' and session_id is not null"
        ).fetchall()
    }
    theirs = {row["event_id"] for row in read("page_views_expected")}
    assert {traps[event_id] for event_id in theirs - ours} == {"NULL domain_userid"}
    assert {traps[event_id] for event_id in ours - theirs} <= {
        name for name, (rule, *_) in DIFFERENCES.items() if rule in (GAPS, EVERYTHING, EVENT_IDS)
    }


def test_users_have_the_sessions_and_page_views_of_theirs(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute(
        "select person_id, count(*), sum(page_views) from marts.fct_sessions where tenant_id = 'devices' group by all"
    ).fetchall()
    ours = {person.removeprefix("anonymous:"): (sessions, views) for person, sessions, views in found}
    theirs = {row["domain_userid"]: (int(row["sessions"]), int(row["page_views"])) for row in read("users_expected")}
    traps = traps_of_devices()
    assert {traps[device] for device in theirs if ours[device] != theirs[device]} <= {*DIFFERENCES}
    assert {traps[device] for device in theirs if ours[device] == theirs[device]} >= SAME


def test_ten_users_of_one_device_are_ten_people(marts: duckdb.DuckDBPyConnection) -> None:
    """Theirs are stitched to the last user of the device. A shared device merges nobody; what it does without a user is the first one's."""
    people = marts.execute("select count(*), count(user_id) from marts.dim_users where tenant_id = 'users'").fetchall()
    stitched = {row["stitched_user_id"] for row in read("sessions_expected") if trap(row["user_id"]) == STITCHED}
    owner = marts.execute("select person_id, source from marts.bridge_person_identities where tenant_id = 'users'").fetchall()
    assert people == [(10, 10)]
    assert stitched == {f"{STITCHED} - session: 2nd id: 10"}
    assert owner == [(f"{STITCHED} - session: 1st id: 1", "event")]
