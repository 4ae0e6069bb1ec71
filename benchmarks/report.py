"""Print measurements as a table of ratios to their peer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measure import Measurement


@dataclass(frozen=True)
class Row:
    """One line: what was measured, and the peer that it is told against."""

    name: str
    measured: Measurement
    peer: Measurement


def print_rows(title: str, rows: Sequence[Row]) -> None:
    """Write the table to standard output: seconds, ratio of time, peak memory."""
    width = max(len(row.name) for row in rows)
    lines = [title, f"{'':{width}}  {'seconds':>9}  {'x peer':>7}  {'peak MB':>8}"]
    lines += [
        f"{row.name:{width}}  {row.measured.seconds:9.1f}  {row.measured.seconds / row.peer.seconds:7.2f}"
        f"  {row.measured.peak_megabytes:8.0f}"
        for row in rows
    ]
    sys.stdout.write("\n".join(lines) + "\n")
