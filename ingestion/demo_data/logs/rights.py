"""The logs consent_log, subject_requests, access_grants and access_log: what people allow, ask for, may read and have read."""

from __future__ import annotations

import numpy as np

from ingestion.demo_data.logs.world import (
    Area,
    Log,
    World,
    chosen,
    in_order,
    moments,
    numbered,
    table_of,
    tally,
    users,
    where,
    with_versions,
)
from ingestion.demo_data.people import ROLES
from ingestion.demo_data.tenants import DANSORA
from ingestion.demo_data.window import DAY, END_MS, HOUR, MINUTE, START_MS

# The purposes that every tenant asks for, those of a platform on which organisers write to dancers, and how many people agree.
_PURPOSES = ("analytics", "marketing", "organizer_broadcast", "cross_region")
_AGREED = np.array([0.86, 0.52, 0.44, 0.21])
_SOURCES = ("banner", "settings", "sign_up")
_REQUESTS = ("access", "erasure", "opt_out")
_OBJECTS = ("rpt_executive_daily", "rpt_tenant_kpis", "rpt_revenue_aggregates", "rpt_funnel_conversion", "fct_sessions", "dim_users")
# How many rights were taken back, and how often somebody read after that.
REVOKED_GRANTS = 4
READINGS_WITHOUT_RIGHT = 5


def consent(world: World) -> Area:
    """A third of those who register decide on each purpose; some change their minds later. A few people ask about their own data."""
    random = world.random("consent_log")
    purposes = _PURPOSES if world.tenant is DANSORA else _PURPOSES[:2]
    deciding = np.flatnonzero(random.random(len(world.people)) < 1 / 3)
    user, purpose = np.repeat(deciding, len(purposes)), np.tile(np.arange(len(purposes)), len(deciding))
    decided = world.people.registered_ms[user] + random.integers(10, 50, size=len(user)) * 1000
    granted = random.random(len(user)) < _AGREED[purpose]
    later = decided + random.exponential(60 * DAY, size=len(user)).astype(np.int64) + HOUR
    changes = np.flatnonzero((random.random(len(user)) < 0.07) & (later < END_MS))
    final = granted.copy()
    final[changes] ^= True
    at = np.concatenate([decided, later[changes]])
    row, is_change = with_versions(len(user), changes)
    source = np.where(is_change, 1, np.where(purpose[row] == 0, 0, 2))
    order = np.lexsort((row, at))
    consents = {
        "consent_id": in_order("consent", len(row)),
        "person_key": users(user[row][order]),
        "person_type": chosen(("user",), np.zeros(len(row), dtype=np.int64)),
        "purpose": chosen(purposes, purpose[row][order]),
        "granted": np.where(is_change, final[row], granted[row])[order],
        "timestamp": moments(at[order]),
        "source": chosen(_SOURCES, source[order]),
    }
    asked = world.moments(random, world.scaled(0.0006, 9))
    type_ = random.choice(len(_REQUESTS), size=len(asked), p=(0.5, 0.3, 0.2))
    requests = {
        "request_id": in_order("dsar", len(asked)),
        "person_key": users(world.known_users(random, asked)),
        "type": chosen(_REQUESTS, type_),
        "received_at": moments(asked),
    }
    refused = (("not_accepted", "purpose", "everything"), ("wrong_type", "granted", "maybe"))
    logs = [
        Log("consent_log", table_of(consents), ("consent_id",), endings=("jsonl.gz", "csv.gz"), months=6, spoilt=refused),
        Log("subject_requests", table_of(requests), ("request_id",), written="received_at", endings=("jsonl",), months=12),
    ]
    truths = {
        "decisions": len(row),
        "changes": len(changes),
        "granted": tally(purposes, purpose[final]),
        "requests": tally(_REQUESTS, type_),
    }
    return Area(logs, {"consent": truths})


def access(world: World) -> Area:
    """Rights of the staff, which end for those who leave, and what they read. A few read on after their right had ended."""
    random = world.random("access_log")
    teams = list(world.tenant.teams)
    # Everybody with more than their own data to look after, and the first dozen of the others.
    leading = np.flatnonzero(world.people.role < ROLES.index("self"))
    holders = np.concatenate([leading, np.flatnonzero(world.people.role == ROLES.index("self"))[:12]])
    count = len(holders)
    role, team = world.people.role[holders], world.people.team[holders]
    since = world.people.registered_ms[holders] + HOUR
    revoked = random.choice(np.flatnonzero(role == ROLES.index("self")), size=REVOKED_GRANTS, replace=False)
    until = np.full(count, END_MS)
    until[revoked] = np.maximum(since[revoked] + 20 * DAY, START_MS + 200 * DAY)
    row, is_end = with_versions(count, revoked)
    written = np.where(is_end, until[row], since[row])
    has_brand = (role > 0) & bool(teams)
    has_team = (role > 1) & bool(teams)
    team_codes = np.where(has_team, team, len(teams))
    brand_codes = np.where(has_brand, team, len(teams))
    grants = table_of(
        {
            "grant_id": numbered("grant", 1 + row, 4),
            "principal": users(holders[row]),
            "role": chosen(ROLES, role[row]),
            "valid_from": moments(since[row]),
            "brand_id": chosen((*world.tenant.teams.values(), None), brand_codes[row]),
            "team_id": chosen((*teams, None), team_codes[row]),
            "user_id": where(role[row] == ROLES.index("self"), users(holders[row])),
            "valid_to": moments(until[row], is_end),
            "updated_at": moments(written),
        },
        written,
        row,
    )

    readings = world.scaled(0.012, 80)
    reader = random.integers(0, count, size=readings)
    end = np.minimum(until, END_MS - HOUR)
    at = since[reader] + (random.random(readings) * (end - since - MINUTE)[reader]).astype(np.int64)
    intruder = random.choice(revoked, size=READINGS_WITHOUT_RIGHT)
    reader = np.concatenate([reader, intruder])
    at = np.concatenate([at, until[intruder] + random.integers(HOUR, 20 * DAY, size=READINGS_WITHOUT_RIGHT)])
    order = np.argsort(at, kind="stable")
    accesses = {
        "access_id": in_order("access", len(order)),
        "principal": users(holders[reader[order]]),
        "object": chosen(_OBJECTS, random.integers(0, len(_OBJECTS), size=len(order))),
        "timestamp": moments(at[order]),
    }
    logs = [
        Log(
            "access_grants",
            grants,
            ("grant_id",),
            written="updated_at",
            endings=("jsonl",),
            months=12,
            spoilt=(("not_accepted", "role", "king"),),
        ),
        Log("access_log", table_of(accesses), ("access_id",), endings=("csv",), months=6),
    ]
    truths = {
        "in_force": tally(ROLES, np.delete(role, revoked)),
        "revoked": len(revoked),
        "readings": len(order),
        "readings_without_right": READINGS_WITHOUT_RIGHT,
    }
    return Area(logs, {"access": truths})
