"""The behaviour models at size: full builds, an increment, a hand-written script as peer, and the queries of dashboards.

    PYTHONPATH=.:tests/python python -m benchmarks.behaviour [--events 10000000]

Two tenants over a year, DuckDB at 3 GB of memory and two threads, for dbt and for its peer. The increment is one new day and one file that
is 150 days late. `models` is the time of the models themselves, added up as dbt tells it; the rest is dbt's start-up and parsing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from raw import create_raw

from benchmarks.measure import Measurement, measure
from benchmarks.report import Row, print_rows
from operations.settings import PROJECT

MEMORY = "3GB"
NEW_DAY, LATE_DAY = 365, 215
PEER = Path(__file__).with_suffix(".sql")
DASHBOARDS = Path(__file__).with_name("dashboards.sql")
REPEATS = 20

# Numbers that the script and the marts must agree on, or the comparison is of different things.
AGREED = {
    "select count(*) from by_hand.events": "select count(*) from marts.fct_events",
    "select count(*) from by_hand.sessions": "select count(*) from marts.fct_sessions",
    "select sum(event_count) from by_hand.sessions": "select sum(event_count) from marts.fct_sessions",
    "select count(*) from by_hand.users": "select count(*) from marts.dim_users",
    "select count(*) from by_hand.active_days": "select sum(dau) from marts.rpt_active_users",
    "select count(*) from by_hand.attempts": (
        "select count(*) from marts.fct_funnel_attempts where funnel_name = 'signup_to_subscription' and attempt_number = 1"
    ),
    "select count(converted_at) from by_hand.attempts": (
        "select count(converted_at) from marts.fct_funnel_attempts where funnel_name = 'signup_to_subscription' and attempt_number = 1"
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="events of the year")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        smaller = _Warehouse(folder / "smaller", arguments.events // 10)
        smaller_build = smaller.build()
        warehouse = _Warehouse(folder / "year", arguments.events)
        peer, numbers = _peer(folder, warehouse.database)
        full = warehouse.build()
        if differing := [query for query, number in numbers.items() if warehouse.number(AGREED[query]) != number]:
            raise RuntimeError(f"the marts and the hand-written script disagree: {'; '.join(differing)}")
        warehouse.load(NEW_DAY, LATE_DAY)
        increment = warehouse.build()
        changed = warehouse.changes()
        nothing = warehouse.build()
        title = f"Behaviour models, {arguments.events:,} events of two tenants in a year, DuckDB at {MEMORY}"
        rows = {"full build": full, "one new day and one late file": increment, "nothing new": nothing}
        print_rows(title, [Row(label, built.process, peer, arguments.events) for label, built in rows.items()])
        for label, built in rows.items():
            sys.stdout.write(f"models, {label}: {built.models:.1f} s, {built.models / full.models:.1%} of a full build\n")
        sys.stdout.write(
            f"full build against the hand-written script: {full.process.processor_seconds / peer.processor_seconds:.2f} x its processor "
            f"time, models alone {full.models / peer.seconds:.2f} x its time\n"
            f"full build against a tenth of the events: {full.models / smaller_build.models:.1f} x the models' time\n"
            f"increment: {changed:,} rows of incremental models changed, and no others were written\n"
        )
        warehouse.print_dashboards()


class _Build:
    """A build: the process, and the time of its models in seconds."""

    def __init__(self, process: Measurement, models: float) -> None:
        self.process = process
        self.models = models


class _Warehouse:
    """A warehouse of made-up events in a folder of its own."""

    def __init__(self, folder: Path, events: int) -> None:
        folder.mkdir()
        self.folder = folder
        self.events = events
        self.database = folder / "warehouse.duckdb"
        create_raw(self.database)
        self._dbt("seed")
        self.load()

    def load(self, *days: int) -> None:
        """The year, or more days as loads of their own."""
        measure(
            [sys.executable, "-m", "benchmarks.events", str(self.database), str(self.events), *map(str, days)],
            self.folder,
            {"PYTHONPATH": str(PROJECT)},
        )

    def build(self) -> _Build:
        """The behaviour marts and what they need."""
        process = self._dbt("run", "--select", "+path:models/marts/behaviour")
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return _Build(process, sum(float(result["execution_time"]) for result in results))

    def changes(self) -> int:
        """Rows noted as changed in the last build."""
        return self.number(
            "select count(*) from raw_operations.changes where build_number = (select max(build_number) from raw_operations.builds)"
        )

    def number(self, query: str) -> int:
        """What a query of one number answers."""
        return _number(self.database, query)

    def print_dashboards(self) -> None:
        """The time of each dashboard query, and the 95th percentile over all."""
        times = []
        with duckdb.connect(str(self.database), read_only=True, config={"threads": 2}) as connection:
            for statement in filter(str.strip, DASHBOARDS.read_text().split(";")):
                for _ in range(REPEATS):
                    began = time.perf_counter()
                    connection.execute(statement).fetchall()
                    times.append(1000 * (time.perf_counter() - began))
        times.sort()
        sys.stdout.write(f"dashboard queries: median {times[len(times) // 2]:.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms\n")

    def _dbt(self, *arguments: str) -> Measurement:
        folders = ["--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs")]
        project = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        environment = {
            "PLUMBLINE_TARGET": "duckdb",
            "PLUMBLINE_DATABASE": str(self.database),
            "PLUMBLINE_MEMORY_LIMIT": MEMORY,
            "DO_NOT_TRACK": "1",
        }
        return measure([sys.executable, "-m", "dbt.cli.main", *arguments, *folders, *project], self.folder, environment)


def _peer(folder: Path, loaded: Path) -> tuple[Measurement, dict[str, int]]:
    """The hand-written script over a copy of the same raw tables, and what it says to the queries of `AGREED`."""
    database = folder / "peer.duckdb"
    shutil.copy(loaded, database)
    script = folder / "peer.json"
    statements = [statement for statement in PEER.read_text().split(";") if statement.strip()]
    script.write_text(json.dumps([f"set memory_limit = '{MEMORY}'", "set preserve_insertion_order = false", *statements]))
    measured = measure([sys.executable, "-m", "benchmarks.run_sql", str(database), str(script)], folder, {"PYTHONPATH": str(PROJECT)})
    numbers = {query: _number(database, query) for query in AGREED}
    database.unlink()
    return measured, numbers


def _number(database: Path, query: str) -> int:
    with duckdb.connect(str(database), read_only=True) as connection:
        (number,) = connection.execute(query).fetchone() or (0,)
    return int(number)


if __name__ == "__main__":
    main()
