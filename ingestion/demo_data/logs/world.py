"""What the makers of logs start from, and the columns that they make of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo_data.activity import Events, event_types
from ingestion.demo_data.people import People, local_moments, user_id, weekday_weights
from ingestion.demo_data.tenants import Tenant
from ingestion.demo_data.window import DAYS, END_MS, HOUR, Flags, Floats, Integers, random_stream

UTC_MS = pa.timestamp("ms", tz="UTC")

# How many organisers the dance platform has, and the addresses of its visitors: reserved for documentation, nobody's.
ORGANIZERS = 12
ADDRESSES = tuple(f"{net}.{host}" for net in ("203.0.113", "198.51.100", "192.0.2") for host in range(1, 255))

Ending = Literal["jsonl", "jsonl.gz", "csv", "csv.gz", "parquet"]
Words = np.ndarray[tuple[int], np.dtype[np.str_]]
Truths = dict[str, Any]


@dataclass(frozen=True)
class World:
    """A tenant after its year: its people, and what they did in its product (events without a user are visitors)."""

    tenant: Tenant
    people: People
    activity: Events
    size: int
    seed: int

    def random(self, purpose: str) -> np.random.Generator:
        """A stream of chance for one log."""
        return random_stream(self.seed, self.tenant.id, purpose)

    def scaled(self, share: float, fewest: int) -> int:
        """A number of things in proportion to the tenant's product events."""
        return max(fewest, round(self.size * share))

    @property
    def clients(self) -> int:
        """How many clients a retailer's shops know at the year's end."""
        return self.scaled(0.04, 60)

    def days(self, random: np.random.Generator, count: int) -> Integers:
        """Days since the window's start on which something happened: more of them as the year goes on."""
        days = 2 + np.arange(DAYS - 4)
        weights = (1 + 1.5 * days / DAYS) * weekday_weights(self.tenant, days)
        return random.choice(days, size=count, p=weights / weights.sum())

    def moments(self, random: np.random.Generator, count: int) -> Integers:
        """UTC moments in order, on such days and in the hours that the tenant's people keep."""
        return np.sort(np.minimum(local_moments(self.tenant, self.days(random, count), random), END_MS - 2 * HOUR))

    def known_users(self, random: np.random.Generator, at: Integers) -> Integers:
        """For each moment a user who had registered by then."""
        registered = np.maximum(np.searchsorted(self.people.registered_ms, at), 1)
        return (random.random(len(at)) * registered).astype(np.int64)

    def staff(self, slots: int) -> Integers:
        """For each team the users who have been there longest; the first ones again where a team has too few."""
        teams = [np.flatnonzero(self.people.team == team) for team in range(len(self.tenant.teams))]
        return np.array([np.resize(members[:slots], slots) for members in teams])

    def work_of(self, user: Integers) -> dict[str, pa.Array]:
        """The columns that tell whose work something was."""
        team = self.people.team[user]
        return {
            "user_id": pa.array(users(user)),
            "brand_id": chosen(tuple(self.tenant.teams.values()), team),
            "team_id": chosen(tuple(self.tenant.teams), team),
        }

    def events_of(self, type_: str) -> Events:
        """The events of a type that were done by users, in the order of time."""
        wanted = (self.activity.type == event_types(self.tenant).index(type_)) & (self.activity.user >= 0)
        found = self.activity.take(wanted)
        return found.take(np.argsort(found.occurred_ms, kind="stable"))


@dataclass(frozen=True)
class Log:
    """A log of a tenant, as its files are to hold it.

    table     the log's name, and the name of its folder
    rows      its rows in the order in which they were written; a tenant in camelCase gets its names in camelCase
    key       what rows of the same thing share
    written   the time by which rows are cut into files
    endings   the kinds of its files, by turns
    months    how many months a file holds
    spoilt    (reason code, field, value) of lines to be refused, beside those that every log has
    is_named  whether a field, and no folder, names the tenant
    """

    table: str
    rows: pa.Table
    key: tuple[str, ...]
    written: str = "timestamp"
    endings: tuple[Ending, ...] = ("jsonl.gz",)
    months: int = 3
    spoilt: tuple[tuple[str, str, str | int], ...] = ()
    is_named: bool = False


@dataclass(frozen=True)
class Area:
    """The logs of one area of a tenant's business, and what is true about them."""

    logs: list[Log]
    truths: Truths


def area_of(*parts: tuple[Log, Truths]) -> Area:
    """Logs together, what is true about each under its name."""
    return Area([log for log, _ in parts], {log.table: truths for log, truths in parts})


def skewed(random: np.random.Generator, choices: int, count: int) -> Integers:
    """Choices of which the first are far more popular than the last."""
    weights = 1 / np.arange(1, choices + 1)
    return random.choice(choices, size=count, p=weights / weights.sum())


def moments(milliseconds: Integers, present: Flags | None = None) -> pa.Array:
    """Moments in UTC; null where they are not present."""
    return pa.array(milliseconds, mask=None if present is None else ~present).cast(UTC_MS)


def numbered(prefix: str, numbers: Integers, width: int = 7) -> Words:
    """Ids such as msg-0000017."""
    return np.array([f"{prefix}-{number:0{width}d}" for number in numbers.tolist()], dtype=np.str_)


def in_order(prefix: str, count: int) -> Words:
    """Ids from 1 up."""
    return numbered(prefix, np.arange(1, count + 1))


def users(numbers: Integers) -> Words:
    """The plain ids of users."""
    return np.array([user_id(number) for number in numbers.tolist()], dtype=np.str_)


def chosen(words: Sequence[str | None], codes: Integers) -> pa.Array:
    """The words that the codes count in; null for None."""
    return pa.array(list(words), pa.string()).take(pa.array(codes))


def where(present: Flags, values: pa.Array | Words | Integers | Floats | Flags) -> pa.Array:
    """The values where they are present, null elsewhere."""
    return pc.if_else(pa.array(present), pa.array(values), None)


def documents(values: Iterable[Any]) -> pa.Array:
    """JSON objects or lists."""
    texts = [None if value is None else json.dumps(value, separators=(",", ":")) for value in values]
    return pa.array(texts, pa.string()).cast(pa.json_())


def table_of(columns: Mapping[str, Any], *by: Integers) -> pa.Table:
    """The columns as a table, in the order of some numbers, the first of which counts most; without any in the order they are in."""
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    return table.take(pa.array(np.lexsort(by[::-1]))) if by else table


def with_versions(count: int, changed: Integers) -> tuple[Integers, Flags]:
    """The positions of so many things, then once more of those that changed; and which are those later versions."""
    number = np.concatenate([np.arange(count), changed])
    return number, np.arange(len(number)) >= count


def version_rows(rows: list[dict[str, Any]], types: Mapping[str, pa.DataType], by: str = "updated_at") -> pa.Table:
    """Versions as a table in the order in which they were written; text where no type is named."""
    rows = sorted(rows, key=lambda row: (row[by], str(row)))
    arrays = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    return pa.table({name: array.cast(types[name]) if name in types else array for name, array in arrays.items()})


def tally(words: Sequence[str], codes: Integers) -> dict[str, int]:
    """How often each word was chosen, those that never were left out."""
    counts = np.bincount(codes, minlength=len(words)).tolist()
    return {word: count for word, count in zip(words, counts, strict=True) if count}
