"""The logs message_threads and thread_messages: people of the dance platform who write to each other."""

from __future__ import annotations

import numpy as np

from ingestion.demo_data.logs.world import (
    ORGANIZERS,
    Area,
    Log,
    World,
    chosen,
    documents,
    in_order,
    moments,
    numbered,
    table_of,
    tally,
    users,
    with_versions,
)
from ingestion.demo_data.window import END_MS, HOUR, MINUTE, SECOND

_TYPES = ("question", "support", "followup")
_ROLES = ("user", "organizer")
_BODIES = (
    "Could we come with a third person?",
    "Robin Madeup here, call me at 202-555-0142",
    "Of course, just bring them along.",
    "The new hall is at 1 Sample Street, see you",
    "Mail robin.madeup@example.com for the list",
)


def threads(world: World) -> Area:
    """A user opens a thread, an organiser and the user write by turns; most messages are read, which makes a second version of them."""
    random = world.random("message_threads")
    opened = world.moments(random, world.scaled(0.012, 40))
    count = len(opened)
    user = world.known_users(random, opened)
    organizer = random.integers(1, ORGANIZERS + 1, size=count)
    type_ = random.choice(len(_TYPES), size=count, p=(0.55, 0.3, 0.15))
    size = random.geometric(0.3, size=count)
    thread = np.repeat(np.arange(count), size)
    position = np.arange(len(thread)) - np.repeat(np.cumsum(size) - size, size)
    gap = random.exponential(2 * HOUR, size=len(thread)).astype(np.int64) + MINUTE
    elapsed = np.cumsum(np.where(position == 0, 0, gap))
    sent = opened[thread] + elapsed - elapsed[np.cumsum(size) - size][thread]
    is_sent = sent < END_MS - HOUR
    thread, position, sent = thread[is_sent], position[is_sent], sent[is_sent]

    last = np.zeros(count, dtype=np.int64)
    np.maximum.at(last, thread, sent)
    ids = numbered("talk", np.arange(1, count + 1))
    people = zip(users(user).tolist(), organizer.tolist(), strict=True)
    thread_rows = table_of(
        {
            "thread_id": ids,
            "type": chosen(_TYPES, type_),
            "created_by": users(user),
            "created_at": moments(opened),
            "participants": documents([one, f"organizer-{other:02d}"] for one, other in people),
            "updated_at": moments(last),
        },
        last,
        opened,
    )

    messages = len(sent)
    is_organizer = position % 2 == 1
    read = sent + random.exponential(90 * MINUTE, size=messages).astype(np.int64) + SECOND
    is_read = (random.random(messages) < 0.85) & (read < END_MS)
    number, is_version = with_versions(messages, np.flatnonzero(is_read))
    sender = np.where(is_organizer, numbered("organizer", organizer[thread], 2), users(user[thread]))
    written = np.where(is_version, read[number], sent[number])
    message_rows = table_of(
        {
            "message_id": in_order("line", messages)[number],
            "thread_id": ids[thread][number],
            "sender_id": sender[number],
            "sender_role": chosen(_ROLES, is_organizer[number].astype(np.int64)),
            "sent_at": moments(sent[number]),
            "status": chosen(("sent", "read"), is_version.astype(np.int64)),
            "read_at": moments(read[number], is_version),
            "body": chosen(_BODIES, random.integers(0, len(_BODIES), size=messages)[number]),
            "updated_at": moments(written),
        },
        written,
        number,
    )
    truths = {"threads": tally(_TYPES, type_), "messages": messages, "read": int(is_read.sum()), "by_organizers": int(is_organizer.sum())}
    logs = [
        Log("message_threads", thread_rows, ("thread_id",), written="updated_at", months=12),
        Log("thread_messages", message_rows, ("message_id",), written="updated_at", endings=("csv", "jsonl.gz")),
    ]
    return Area(logs, {"threads": truths})
