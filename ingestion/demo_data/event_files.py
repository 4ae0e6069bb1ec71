"""A tenant's product events as files by the day on which they were received, with everything that goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa

from ingestion.demo_data import oddities
from ingestion.demo_data.activity import Events, join
from ingestion.demo_data.files import Landing
from ingestion.demo_data.manifest import Manifest
from ingestion.demo_data.people import People
from ingestion.demo_data.rendering import EventWriter, columns
from ingestion.demo_data.tenants import DANSORA, MINDMETRIC, Tenant
from ingestion.demo_data.window import DAY, END_MS, SECOND, START, START_MS, Flags, Integers, random_stream

_DAYS_PER_FILE = 3
_ROWS_AT_A_TIME = 100_000
# Files are counted from the day before the window, where Tokyo's first of July begins.
_FIRST_DAY_MS = START_MS - DAY


def write_events(
    tenant: Tenant,
    people: People,
    activity: Events,
    sent: Events,
    seed: int,
    files: Landing,
    manifest: Manifest,
    report: Callable[[int], None],
) -> Events:
    """Write all events, oddities and broken lines; returns the sound events, each once, in the order of arrival.

    The event's place in that order makes its id. Some lines come again in a later file: the same, or under the same id
    something else. `report` is called with the number of events written so far.
    """
    random = random_stream(seed, tenant.id, "event files")
    events = _delay_some(join(activity, sent), random)
    events = events.take(np.argsort(events.received_ms, kind="stable"))
    settled = random.permutation(np.flatnonzero(events.received_ms < END_MS - 10 * DAY))
    sizes = (
        oddities.EXACT_DUPLICATES,
        oddities.CONFLICTING_DUPLICATES,
        oddities.MISSING_EVENT_IDS,
        oddities.PERSONAL_DATA,
        oddities.CUT_SHORT_LINES,
    )
    repeated, conflicting, nameless, personal, cut_short = (np.sort(part) for part in np.split(settled, np.cumsum(sizes))[:-1])
    has_id, is_personal = np.ones(len(events), dtype=bool), np.zeros(len(events), dtype=bool)
    has_id[nameless], is_personal[personal] = False, True
    writer = EventWriter(tenant, seed)

    def write(which: Integers, source: Events = events) -> pa.Array:
        return writer.lines(columns(tenant, source.take(which), people, which, has_id[which], is_personal[which]))

    span = (events.received_ms - _FIRST_DAY_MS) // (DAY * _DAYS_PER_FILE)
    order = _swap_some(events.received_ms, span, random)
    starts = np.flatnonzero(np.append(True, span[1:] != span[:-1]))
    ends = np.append(starts[1:], len(events))
    # Each broken line stands in the middle of a file of its own, spread over the year.
    broken = oddities.broken_events()
    broken_by_file = dict(zip(np.linspace(1, len(starts) - 2, len(broken)).astype(int).tolist(), broken, strict=True))
    for numbers in _batches(starts):
        first = starts[numbers[0]]
        lines = write(order[first : ends[numbers[-1]]])
        for number in numbers:
            content, count = _content(lines, starts[number] - first, ends[number] - first), int(ends[number] - starts[number])
            if number in broken_by_file:
                middle = content.index(b"\n", len(content) // 2) + 1
                content = content[:middle] + broken_by_file[number].line + b"\n" + content[middle:]
                count += 1
            files.write(f"{_folder(tenant, int(span[starts[number]]))}/events.jsonl.gz", content, count)
        report(int(ends[numbers[-1]]))
    manifest.reject("events", tenant.id, broken)

    changed = replace(events, occurred_ms=events.occurred_ms + SECOND, received_ms=np.minimum(events.received_ms + 3 * DAY, END_MS))
    again = pa.concat_arrays([write(repeated), write(conflicting, changed)])
    # Nobody but the rows themselves names the tenant of these where the rows can.
    folder = "events/resent/year=2026/month=06/day=30" if tenant is DANSORA else _folder(tenant, int(span[-1]))
    files.write(f"{folder}/resent.jsonl.gz", _content(again, 0, len(again)), len(again))
    salvaged = 0
    if tenant is MINDMETRIC:
        lines = write(cut_short)
        path = f"{_folder(tenant, int(span[len(events) // 2]))}/cut-short.jsonl.gz"
        salvaged = files.write_cut_short(path, _content(lines, 0, len(lines)))
        manifest.rejected["events"][tenant.id]["truncated_file"] += 1
        manifest.oddities[tenant.id]["salvaged_duplicates"] = salvaged
    manifest.oddities[tenant.id].update(
        exact_duplicates=len(repeated),
        conflicting_duplicates=len(conflicting),
        missing_event_ids=len(nameless),
        personal_data=len(personal),
        late_events=oddities.LATE_EVENTS,
        out_of_order_lines=oddities.SWAPPED_LINES,
    )
    manifest.count("events", tenant.id, len(events) + len(again) + salvaged, len(events))
    return events


def _delay_some(events: Events, random: np.random.Generator) -> Events:
    """Some events reach the collector two to nine days late, as from a phone without a network."""
    late = random.choice(np.flatnonzero(events.occurred_ms < END_MS - 12 * DAY), size=oddities.LATE_EVENTS, replace=False)
    received = events.received_ms.copy()
    received[late] = events.occurred_ms[late] + random.integers(2 * DAY, 9 * DAY, size=len(late))
    return replace(events, received_ms=received)


def _swap_some(received_ms: Integers, span: Integers, random: np.random.Generator) -> Integers:
    """The order of the lines: that of arrival, but for some pairs of neighbours in a file."""
    order = np.arange(len(received_ms))
    can_swap: Flags = (span[1:] == span[:-1]) & (received_ms[1:] > received_ms[:-1]) & (order[:-1] % 2 == 0)
    swapped = random.choice(np.flatnonzero(can_swap), size=oddities.SWAPPED_LINES, replace=False)
    order[swapped], order[swapped + 1] = swapped + 1, swapped
    return order


def _batches(starts: Integers) -> list[list[int]]:
    """The numbers of the files that are written from one query each, so that memory does not grow with the year."""
    batch = starts // _ROWS_AT_A_TIME
    return [np.flatnonzero(batch == number).tolist() for number in np.unique(batch)]


def _content(lines: pa.Array, start: int, end: int) -> bytes:
    """The bytes of the lines from start to end; Arrow keeps them one behind the other."""
    _, offsets, data = lines.buffers()
    places = np.frombuffer(offsets, dtype=np.int32)
    return bytes(memoryview(data)[places[start] : places[end]])


def _folder(tenant: Tenant, span: int) -> str:
    day = START.date() + timedelta(days=span * _DAYS_PER_FILE - 1)
    return f"events/tenant={tenant.id}/year={day:%Y}/month={day:%m}/day={day:%d}"
