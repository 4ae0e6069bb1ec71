"""Run a command as a process of its own; tell how long it took and how much memory it held at most."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measurement:
    """Wall-clock time in seconds, processor time in seconds, and peak resident memory in megabytes."""

    seconds: float
    processor_seconds: float
    peak_megabytes: float


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Measurement:
    """Run `command` in `folder`. Raises RuntimeError with its last output when it fails."""
    output = folder / "measured.log"
    with output.open("w") as log:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **(environment or {})}, stdout=log, stderr=log)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {output.read_text()[-2000:]}")
    return Measurement(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
