"""Print measurements as a table of ratios to their peer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measure import Measurement


@dataclass(frozen=True)
class Row:
    """One line: what was measured, the peer that it is told against, and how many rows it handled, where that means something."""

    name: str
    measured: Measurement
    peer: Measurement
    rows: int | None = None


def print_rows(title: str, rows: Sequence[Row]) -> None:
    """Write the table to standard output: time and processor time, each in seconds and as a ratio, peak memory, and rows a second.
    Where other processes share the machine, the ratio of processor time is the steadier one."""
    width = max(len(row.name) for row in rows)
    lines = [title, f"{'':{width}}  {'seconds':>9}  {'x peer':>7}  {'cpu sec.':>9}  {'x peer':>7}  {'peak MB':>8}  {'rows/s':>9}"]
    lines += [f"{row.name:{width}}  {_numbers(row)}" for row in rows]
    sys.stdout.write("\n".join(lines) + "\n\n")
    sys.stdout.flush()


def _numbers(row: Row) -> str:
    measured, peer = row.measured, row.peer
    time = f"{measured.seconds:9.1f}  {measured.seconds / peer.seconds:7.2f}"
    processor = f"{measured.processor_seconds:9.1f}  {measured.processor_seconds / peer.processor_seconds:7.2f}"
    speed = f"{row.rows / measured.seconds:9,.0f}" if row.rows else ""
    return f"{time}  {processor}  {measured.peak_megabytes:8.0f}  {speed}".rstrip()
