"""What a load costs of which little is new: 1 % new files in a landing area that was loaded before.

    python -m benchmarks.landing [--files 10000] [--events 20]

The peer is a load of the new files alone, into a warehouse that exists already too: what the files that are not new add to it is
what it costs to list them and to know them again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.measure import Measurement, measure
from benchmarks.report import Row, print_rows
from operations.settings import PROJECT

KEY = "a key of the benchmark, which is no secret"
TENANTS = ("clausewise", "dansora", "mindmetric")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000, help="files that are loaded first; then 1 % of as many")
    parser.add_argument("--events", type=int, default=20, help="events in each file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        _measure_landing(Path(name), arguments.files, arguments.events)


def _measure_landing(folder: Path, files: int, events: int) -> None:
    new_files = max(files // 100, 1)
    archive, new, one = (folder / name for name in ("archive", "new", "one"))
    _write(archive, range(files), events)
    _write(new, range(files, files + new_files), events)
    _write(one, range(files + new_files, files + new_files + 1), events)
    first = _load(folder, archive, "plumbline")
    unchanged = _load(folder, archive, "plumbline")
    shutil.copytree(new, archive, dirs_exist_ok=True)
    added = _load(folder, archive, "plumbline")
    _load(folder, one, "peer")
    alone = _load(folder, new, "peer")
    print_rows(
        f"Load of {new_files:,} new files of {events} events beside {files:,} loaded before",
        [
            Row("all before them", first, alone),
            Row("nothing new", unchanged, alone),
            Row("the new ones beside all", added, alone),
            Row("the new ones alone", alone, alone),
        ],
    )


def _load(folder: Path, landing: Path, warehouse: str) -> Measurement:
    environment = {
        "PLUMBLINE_TARGET": "duckdb",
        "PLUMBLINE_DATABASE": str(folder / "warehouse" / f"{warehouse}.duckdb"),
        "PLUMBLINE_PSEUDONYM_KEY": KEY,
        "PYTHONPATH": str(PROJECT),
        "DO_NOT_TRACK": "1",
    }
    return measure([sys.executable, "-m", "operations", "load", "events", "--from", str(landing)], folder, environment)


def _write(landing: Path, numbers: range, events: int) -> None:
    """Files by tenant and day, of which no two hold an event of the same id."""
    for number in numbers:
        day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number % 150)
        place = landing / "events" / f"tenant={TENANTS[number % len(TENANTS)]}" / f"day={day:%Y-%m-%d}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:06}.jsonl").write_text("".join(_lines(number, events, day)))


def _lines(number: int, events: int, day: datetime) -> Iterator[str]:
    for index in range(events):
        event = {
            "event_id": f"{number}-{index}",
            "event_type": "page.viewed",
            "user_id": f"u-{(number * events + index) % 5000}",
            "timestamp": (day + timedelta(seconds=index)).isoformat(),
            "attributes": {"platform": "web", "page": f"/p/{index}"},
        }
        yield json.dumps(event) + "\n"


if __name__ == "__main__":
    main()
