"""The logs of a retailer's staff: account_binding_log, user_log and notification_log."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ingestion.demo_data.logs.world import (
    Area,
    Log,
    Truths,
    World,
    area_of,
    chosen,
    in_order,
    moments,
    numbered,
    table_of,
    tally,
    users,
    where,
)
from ingestion.demo_data.window import DAY, END_MS, HOUR, MINUTE, SECOND, Integers

# What users bind, as senders spell it, how many try, and how likely an attempt succeeds.
_BINDINGS = ("Email", "Social", "SMS")
_TRYING = np.array([0.95, 0.5, 0.3])
_SUCCESS = np.array([0.86, 0.68, 0.78])
_MOST_ATTEMPTS = 3
_FAULTS = ("wrong_code", "token_expired", "provider_down", None)

MODULES = ("inbox", "ai_assist", "templates", "catalog", "crm", "brand_center", "analytics")
# Of the two fifths of users who look around, the share who switch each module on, and of those the share who then use it.
_ACTIVATED = np.array([0.9, 0.5, 0.62, 0.55, 0.4, 0.3, 0.2])
_USED = np.array([0.95, 0.7, 0.8, 0.75, 0.72, 0.6, 0.5])

_CHANNELS = ("email", "push", "in_app")
_DELIVERED = np.array([0.96, 0.9, 0.99])
_OPENED = np.array([0.32, 0.18, 0.55])
_STATUSES = ("sent", "delivered", "opened", "failed")


def accounts(world: World) -> Area:
    """How users connect their accounts, take modules into use, and are notified."""
    return area_of(_bindings(world), _modules(world), _notifications(world))


def _bindings(world: World) -> tuple[Log, Truths]:
    """Attempts to bind an account, minutes apart, until one succeeds or the user gives up."""
    random = world.random("account_binding_log")
    count = len(world.people)
    user, type_ = np.repeat(np.arange(count), len(_BINDINGS)), np.tile(np.arange(len(_BINDINGS)), count)
    tries = random.random(len(user)) < _TRYING[type_]
    user, type_ = user[tries], type_[tries]
    at = world.people.registered_ms[user] + random.exponential(2 * DAY, size=len(user)).astype(np.int64) + MINUTE
    wanted = np.arange(len(user))
    parts: list[tuple[Integers, Integers, Integers]] = []
    bound = np.zeros(len(user), dtype=bool)
    for _ in range(_MOST_ATTEMPTS):
        wanted = wanted[at[wanted] < END_MS]
        succeeds = random.random(len(wanted)) < _SUCCESS[type_[wanted]]
        parts.append((wanted, at[wanted], succeeds.astype(np.int64)))
        bound[wanted[succeeds]] = True
        wanted = wanted[~succeeds & (random.random(len(wanted)) < 0.8)]
        at[wanted] += random.integers(MINUTE, HOUR, size=len(wanted))
    binding, time, success = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((binding, time))
    binding, time, success = binding[order], time[order], success[order]
    rows = table_of(
        {
            "binding_id": in_order("bind", len(order)),
            "type": chosen(_BINDINGS, type_[binding]),
            "status": chosen(("failure", "success"), success),
            "timestamp": moments(time),
            "error_code": where(success == 0, chosen(_FAULTS, random.integers(0, len(_FAULTS), size=len(order)))),
            **world.work_of(user[binding]),
        }
    )
    log = Log(
        "account_binding_log",
        rows,
        ("binding_id",),
        endings=("csv.gz", "parquet"),
        spoilt=(("not_accepted", "status", "perhaps"),),
        months=6,
    )
    books: Truths = {
        "attempts": tally([word.lower() for word in _BINDINGS], type_[binding]),
        "successes": tally([word.lower() for word in _BINDINGS], type_[bound]),
        "users_activated": len(np.unique(user[bound])),
        "failures_before_success": int((bound[binding] & (success == 0)).sum()),
    }
    return log, books


def _modules(world: World) -> tuple[Log, Truths]:
    """Sign-ins as the product saw them, modules switched on in the weeks after registering, and their use."""
    random = world.random("user_log")
    count = len(world.people)
    user, module = np.repeat(np.arange(count), len(MODULES)), np.tile(np.arange(len(MODULES)), count)
    activated = world.people.registered_ms[user] + random.exponential(12 * DAY, size=len(user)).astype(np.int64) + HOUR
    is_activated = (random.random(len(user)) < 0.4 * _ACTIVATED[module]) & (activated < END_MS)
    user, module, activated = user[is_activated], module[is_activated], activated[is_activated]
    uses = np.where(random.random(len(user)) < _USED[module], random.geometric(0.45, size=len(user)), 0)
    pair = np.repeat(np.arange(len(user)), uses)
    used = activated[pair] + np.sort(random.exponential(15 * DAY, size=len(pair))).astype(np.int64) + MINUTE
    pair, used = pair[used < END_MS], used[used < END_MS]
    logins = world.events_of("user.login")
    logins = logins.take(np.arange(len(logins)) % 5 == 0)

    who = np.concatenate([logins.user, user, user[pair]])
    at = np.concatenate([logins.occurred_ms, activated, used])
    action = np.repeat(np.arange(3), [len(logins), len(user), len(pair)])
    of_module = np.concatenate([np.full(len(logins), len(MODULES)), module, module[pair]])
    order = np.lexsort((of_module, who, at))
    rows = table_of(
        {
            "action_id": in_order("act", len(order)),
            "user_id": users(who[order]),
            "action": chosen(("login", "activate_module", "use_module"), action[order]),
            "timestamp": moments(at[order]),
            "module": chosen((*MODULES, None), of_module[order]),
        }
    )
    books: Truths = {
        "logins": len(logins),
        "activated": tally(MODULES, module),
        "used": tally(MODULES, module[np.unique(pair)]),
    }
    return Log("user_log", rows, ("action_id",), endings=("parquet", "jsonl.gz")), books


def _notifications(world: World) -> tuple[Log, Truths]:
    """Notifications, each as the statuses that it came to; some are opened twice."""
    random = world.random("notification_log")
    sent = world.moments(random, world.scaled(0.06, 60))
    count = len(sent)
    user = world.known_users(random, sent)
    channel = random.choice(len(_CHANNELS), size=count, p=(0.5, 0.2, 0.3))
    is_delivered = random.random(count) < _DELIVERED[channel]
    is_opened = is_delivered & (random.random(count) < _OPENED[channel])
    delivered = sent + random.integers(SECOND, 3 * MINUTE, size=count)
    opened = delivered + random.exponential(5 * HOUR, size=count).astype(np.int64) + SECOND
    is_opened &= opened < END_MS
    again = opened + random.exponential(DAY, size=count).astype(np.int64) + MINUTE
    is_reopened = is_opened & (random.random(count) < 0.06) & (again < END_MS)
    parts = (
        (0, np.full(count, True), sent),
        (1, is_delivered, delivered),
        (3, ~is_delivered, delivered),
        (2, is_opened, opened),
        (2, is_reopened, again),
    )
    number = np.concatenate([np.flatnonzero(mask) for _, mask, _ in parts])
    status = np.repeat([code for code, _, _ in parts], [int(mask.sum()) for _, mask, _ in parts])
    at = np.concatenate([times[mask] for _, mask, times in parts])
    rows = table_of(
        {
            "notification_id": numbered("ntf", 1 + number),
            "channel": chosen(_CHANNELS, channel[number]),
            "status": chosen(_STATUSES, status),
            "timestamp": moments(at),
            "user_id": users(user[number]),
            "module": chosen(MODULES, random.integers(0, len(MODULES), size=count)[number]),
        },
        at,
        number,
    )
    refused = (("not_accepted", "status", "seen"),)
    log = Log("notification_log", rows, ("notification_id", "status"), endings=("jsonl.gz", "csv"), spoilt=refused)
    books: Counter[str] = Counter({"sent": count, "delivered": int(is_delivered.sum()), "opened": int(is_opened.sum())})
    return log, {**books, "failed": count - books["delivered"], "opened_again": int(is_reopened.sum())}
