"""Time and chance: the window that the demo speaks of, a tenant's local clock, and one random stream per purpose."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NOTHING = -1
"""Stands for null in columns of whole numbers; columns of floats use NaN."""

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# June 2026 is complete in every tenant's time zone when the data end.
START = datetime(2025, 7, 1, tzinfo=UTC)
END = datetime(2026, 7, 2, 12, tzinfo=UTC)
START_MS = int(START.timestamp()) * SECOND
END_MS = int(END.timestamp()) * SECOND
DAYS = (END - START).days + 1


def random_stream(seed: int, *purpose: str) -> np.random.Generator:
    """A generator of random numbers of its own for a purpose: a change in one part of the demo leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32("/".join(purpose).encode())])


@cache
def local_clock(time_zone: str) -> LocalClock:
    """The clock of a time zone, made once."""
    return LocalClock(time_zone)


class LocalClock:
    """Turns local wall-clock milliseconds (as if they were UTC) into UTC milliseconds, many at a time."""

    def __init__(self, time_zone: str) -> None:
        zone = ZoneInfo(time_zone)
        self._first = START_MS - 2 * DAY
        # Some days before and after the window, for what happened earlier or is planned.
        hours = (DAYS + 14) * 24
        origin = datetime.fromtimestamp(self._first // SECOND, UTC).replace(tzinfo=zone)
        offsets = [(origin + timedelta(hours=hour)).utcoffset() for hour in range(hours)]
        self._offsets = np.array([offset // timedelta(milliseconds=1) for offset in offsets if offset is not None], dtype=np.int64)

    def to_utc(self, local: Integers) -> Integers:
        """UTC milliseconds of local milliseconds; an hour that the clock skips counts with the offset before the change."""
        utc: Integers = local - self._offsets[(local - self._first) // HOUR]
        return utc


def month_starts(time_zone: str) -> list[datetime]:
    """The first moments of the months that begin inside the window, in the time zone."""
    zone = ZoneInfo(time_zone)
    months = [(START.year + number // 12, number % 12 + 1) for number in range(START.month, START.month + 12)]
    return [datetime(year, month, 1, tzinfo=zone) for year, month in months]
