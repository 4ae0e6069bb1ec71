"""The realtime lane: a pass over the new files of events for the few types that matter at once.

It reads what the batch lane reads and brings the same rows, into a dataset of its own. Lines are chosen by their text before they are
parsed, which is what makes the pass quick. A line that this overlooks (an event type written with JSON's escapes), that cannot be read
or that holds anything else is left to the batch lane, which brings every line and accounts for it; staging counts each event once.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import compute

from ingestion.contracts import EVENTS
from ingestion.dialects import spellings
from ingestion.errors import SettingsError
from ingestion.files import Chunk

EVENT_LANES = Path(__file__).resolve().parents[1] / "seeds" / "event_lanes.csv"

# What may stand between the parts of a name; see the macro event_name in ingestion/dialects.py.
_SEPARATOR = r"(?:[.\s\[\]]|\\[nrt])+"


def read_realtime_types(path: Path = EVENT_LANES) -> frozenset[str]:
    """The types of event of the realtime lane. Raises SettingsError."""
    if not path.is_file():
        raise SettingsError(f"There is no list of lanes at {path}.", "Run from the project's root, where seeds/event_lanes.csv is.")
    with path.open(encoding="utf-8", newline="") as lines:
        types = frozenset(row["event_type"] for row in csv.DictReader(lines) if row["lane"] == "realtime")
    if not types:
        raise SettingsError(f"{path} names no type of event for the realtime lane.", "Add one, or load without --lane realtime.")
    return types


class RealtimeLane:
    """Chooses the rows of one pass and keeps their account.

    event_types     the types that are taken
    """

    def __init__(self, event_types: frozenset[str]) -> None:
        self._types = pa.array(sorted(event_types))
        names = (_SEPARATOR.join(map(re.escape, name.split("."))) for name in sorted(spellings(event_types)))
        self._pattern = "|".join(names)
        self._taken: dict[str, tuple[int, Any, Any]] = {}  # file_id: rows, first and last event time

    def chosen(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Of each chunk, the records that mention one of the types; nothing of a chunk that has none."""
        for chunk in chunks:
            if (found := chunk.matching(self._pattern)).records:
                yield found

    def rows(self, items: Iterable[tuple[str, pa.Table]]) -> Iterator[tuple[str, pa.Table]]:
        """Of the processed tables, the events of the lane."""
        for name, table in items:
            if name != EVENTS.name:
                continue
            taken = table.filter(compute.is_in(table["event_type"], value_set=self._types.cast(table["event_type"].type)))
            measures = [("occurred_at", "count"), ("occurred_at", "min"), ("occurred_at", "max")]
            for row in taken.group_by("file_id").aggregate(measures).to_pylist():
                count, first, last = self._taken.get(row["file_id"], (0, row["occurred_at_min"], row["occurred_at_max"]))
                self._taken[row["file_id"]] = (
                    count + row["occurred_at_count"],
                    min(first, row["occurred_at_min"]),
                    max(last, row["occurred_at_max"]),
                )
            if taken.num_rows:
                yield name, taken

    def accounts(self, load_files: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """The account of each file as far as the lane took lines from it: nothing is rejected, since the batch lane does that."""
        accounts = []
        for row in load_files:
            if row["table_name"] == EVENTS.name:
                count, first, last = self._taken.get(row["file_id"], (0, None, None))
                read = count + row["rows_duplicate"]
                taken = {"rows_read": read, "rows_accepted": count, "rows_rejected": 0, "min_event_at": first, "max_event_at": last}
                accounts.append(row | taken)
        return accounts
