"""The logs contact_log and automation_log of a retailer: its clients, and what is sent to them by itself."""

from __future__ import annotations

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
    where,
    with_versions,
)
from ingestion.demo_data.window import DAY, DAYS, END_MS, HOUR, MINUTE, START_MS, Integers

_ACTIONS = ("add", "update", "segment", "import", "grade_change")
_ADD, _UPDATE, _SEGMENT, _IMPORT, _GRADE_CHANGE = range(5)
_GRADES = ("bronze", "silver", "gold", "platinum")
# What sets an automation off, how often, and how likely it leads to what it is for.
_TRIGGERS = ("birthday", "wishlist", "back_in_stock", "abandoned_cart")
_TRIGGER_SHARES = (0.3, 0.25, 0.15, 0.3)
_CONVERSION = np.array([0.08, 0.16, 0.3, 0.12])


def clients(world: World) -> Area:
    """Who they are, and what automations lead them to."""
    return area_of(_contacts(world), _automations(world))


def _contacts(world: World) -> tuple[Log, Truths]:
    """Contacts are added, changed, put into segments and graded, one grade after the other; some come as files of many."""
    random = world.random("contact_log")
    added = world.moments(random, world.clients)
    count = len(added)
    # Action, contact, time, and both grades of a change in one number.
    parts: list[tuple[int, Integers, Integers, Integers]] = [(_ADD, np.arange(count), added, np.zeros(count, np.int64))]
    # Everybody begins as bronze; `grade` is what a contact has come to.
    grade, who, at = np.zeros(count, dtype=np.int64), np.arange(count), added
    for _ in range(3):
        at = at + random.exponential(45 * DAY, size=len(who)).astype(np.int64) + DAY
        moves = (random.random(len(who)) < 0.4) & (at < END_MS)
        who, at = who[moves], at[moves]
        new = np.where((random.random(len(who)) < 0.75) & (grade[who] < 3) | (grade[who] == 0), grade[who] + 1, grade[who] - 1)
        parts.append((_GRADE_CHANGE, who, at, grade[who] * len(_GRADES) + new))
        grade[who] = new
    for code, share in ((_UPDATE, 0.5), (_SEGMENT, 0.35)):
        subject = np.flatnonzero(random.random(count) < share)
        moment = added[subject] + random.exponential(30 * DAY, size=len(subject)).astype(np.int64) + MINUTE
        subject, moment = subject[moment < END_MS], moment[moment < END_MS]
        parts.append((code, subject, moment, np.zeros(len(subject), np.int64)))
    imports = START_MS + np.arange(9, DAYS - 5, 30) * DAY + 10 * HOUR
    parts.append((_IMPORT, np.arange(len(imports)) * 3 % count, imports, np.zeros(len(imports), np.int64)))

    action = np.repeat([code for code, *_ in parts], [len(who) for _, who, *_ in parts])
    contact, at, grades = (np.concatenate([part[place] for part in parts]) for place in (1, 2, 3))
    order = np.lexsort((action, contact, at))
    action, contact, at, grades = action[order], contact[order], at[order], grades[order]
    is_grade, is_import = action == _GRADE_CHANGE, action == _IMPORT
    records = random.integers(20, 400, size=len(order))
    rows = table_of(
        {
            "action_id": in_order("cact", len(order)),
            "contact_id": numbered("contact", 1 + contact),
            "action": chosen(_ACTIONS, action),
            "timestamp": moments(at),
            "source": where(action == _ADD, chosen(("till", "web", "event"), contact % 3)),
            "old_grade": where(is_grade, chosen(_GRADES, grades // len(_GRADES))),
            "new_grade": where(is_grade, chosen(_GRADES, grades % len(_GRADES))),
            "segment": where(action == _SEGMENT, chosen(("vip", "sale", "local"), contact % 3)),
            "records": where(is_import, records),
            **world.work_of(world.known_users(random, at)),
        }
    )
    log = Log("contact_log", rows, ("action_id",), endings=("jsonl.gz", "csv.gz"), spoilt=(("not_accepted", "action", "forget"),))
    changed = np.unique(contact[is_grade])
    return log, {
        "by_action": tally(_ACTIONS, action),
        "grades": tally(_GRADES, grade[changed]),
        "imported": int(records[is_import].sum()),
    }


def _automations(world: World) -> tuple[Log, Truths]:
    """Runs of automations; each run that leads somewhere gets a second version that says when."""
    random = world.random("automation_log")
    ran = world.moments(random, world.scaled(0.05, 50))
    count = len(ran)
    trigger = random.choice(len(_TRIGGERS), size=count, p=_TRIGGER_SHARES)
    is_sent = random.random(count) >= 0.05
    converted = ran + random.exponential(20 * HOUR, size=count).astype(np.int64) + MINUTE
    is_converted = is_sent & (random.random(count) < _CONVERSION[trigger]) & (converted < END_MS)
    number, is_second = with_versions(count, np.flatnonzero(is_converted))
    written = np.where(is_second, converted[number], ran[number])
    contact = random.integers(1, world.clients + 1, size=count)
    rows = table_of(
        {
            "run_id": numbered("run", 1 + number),
            "automation": chosen([f"{trigger}_mail" for trigger in _TRIGGERS], trigger[number]),
            "trigger": chosen(_TRIGGERS, trigger[number]),
            "status": chosen(("skipped", "sent", "converted"), np.where(is_second, 2, is_sent[number] * 1)),
            "timestamp": moments(ran[number]),
            "contact_id": numbered("contact", contact[number]),
            "message_id": where(is_sent[number], numbered("auto", 1 + number)),
            "converted_at": moments(converted[number], is_second),
            "updated_at": moments(written),
        },
        written,
        number,
    )
    log = Log("automation_log", rows, ("run_id",), written="updated_at", endings=("jsonl.gz",))
    return log, {"runs": tally(_TRIGGERS, trigger), "sent": int(is_sent.sum()), "converted": tally(_TRIGGERS, trigger[is_converted])}
