"""What a load costs: `plumbline load` of events, against the least that could be done with the same files.

    python -m benchmarks.load [--events 1000000] [--plain-events 100000]

DuckDB      against its own `read_json` into the columns that `raw_events.events` holds of them, with explicit types, in a process of
            its own with two threads. It checks no file and no value, hashes nobody, keeps no account, and drops what it cannot read.
PostgreSQL  against the same `read_json`, written as CSV and copied with COPY. The server's own processor time is in no column: there
            the ratio of time is the one to read.
plain dlt   each line a dictionary, as dlt's first pages show it, for comparison; of fewer events, since it takes its time.

The demo's files are small and compressed, one per tenant and few days, its oddities included.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Measurement, measure
from benchmarks.postgres import postgres_server
from benchmarks.report import Row, print_rows
from ingestion.contracts import EVENTS, Column
from operations.settings import PROJECT

KEY = "a key of the benchmark, which is no secret"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="size of the demo data")
    parser.add_argument("--plain-events", type=int, default=100_000, help="size of the demo data for plain dlt")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = _Bench(Path(name), arguments.events)
        bench.measure_duckdb()
        bench.measure_postgres()
    with tempfile.TemporaryDirectory() as name:
        _Bench(Path(name), arguments.plain_events).measure_plain_dlt()


class _Bench:
    """Demo data of some size in a folder of its own, and what is measured with it."""

    def __init__(self, folder: Path, events: int) -> None:
        self._folder = folder
        self._events = events
        self._environment = {
            "PLUMBLINE_DATABASE": str(folder / "warehouse" / "plumbline.duckdb"),
            "PLUMBLINE_PSEUDONYM_KEY": KEY,
            "PYTHONPATH": str(PROJECT),
            "DO_NOT_TRACK": "1",
        }
        self._run("operations", "demo-data", "--to", "landing", "--events", str(events))
        self._script = folder / "peer.json"
        self._script.write_text(json.dumps([_read_json(folder / "landing" / "events")]))

    def _run(self, *module: str, **environment: str) -> Measurement:
        return measure([sys.executable, "-m", *module], self._folder, self._environment | environment)

    def _read_json(self) -> Measurement:
        database = self._folder / "peer.duckdb"
        database.unlink(missing_ok=True)
        return self._run("benchmarks.run_sql", str(database), str(self._script))

    def measure_duckdb(self) -> None:
        peer = self._read_json()
        load = self._run("operations", "load", "events")
        again = self._run("operations", "load", "events")
        rows = [
            Row("plumbline load events", load, peer, self._events),
            Row("the same again, nothing new", again, peer),
            Row("read_json into a table", peer, peer, self._events),
        ]
        print_rows(f"Load of {self._events:,} events into DuckDB", rows)

    def measure_postgres(self) -> None:
        with postgres_server() as dsn:
            peer = self._run("benchmarks.copy_events", dsn, str(self._script))
            load = self._run("operations", "load", "events", PLUMBLINE_TARGET="postgres", PLUMBLINE_POSTGRES_DSN=dsn)
        rows = [Row("plumbline load events", load, peer, self._events), Row("read_json, CSV, COPY", peer, peer, self._events)]
        print_rows(f"Load of {self._events:,} events into PostgreSQL", rows)

    def measure_plain_dlt(self) -> None:
        peer = self._read_json()
        plain = self._run("benchmarks.plain_dlt", "landing", str(self._folder / "plain.duckdb"))
        load = self._run("operations", "load", "events")
        rows = [
            Row("plain dlt, dictionaries", plain, peer, self._events),
            Row("plumbline load events", load, peer, self._events),
            Row("read_json into a table", peer, peer, self._events),
        ]
        print_rows(f"Plain dlt: load of {self._events:,} events into DuckDB", rows)


def _read_json(landing: Path) -> str:
    """The statement that makes a table of the events: a field of the line as it is, one below it out of its JSON."""
    keys = dict.fromkeys(_place(column)[0] for column in EVENTS.columns)
    read = {"tenant_id": "varchar"} | {key: "json" if key in ("attributes", "metrics") else "varchar" for key in keys}
    columns = ", ".join(f"{key}: '{type_}'" for key, type_ in read.items())
    values = ", ".join(f"{_value(column)} as {column.name}" for column in EVENTS.columns if column.name != "dialect")
    return f"""
        create table events as
        select tenant_id, {values}
        from read_json(
            '{landing.as_posix()}/**/*.gz',
            format = 'newline_delimited', hive_partitioning = false, ignore_errors = true, columns = {{{columns}}}
        )
    """


def _place(column: Column) -> tuple[str, str]:
    """The key of the line where a column stands, and the path below that, if any."""
    key, _, below = (column.paths or (column.name,))[0].partition(".")
    return key, below


def _value(column: Column) -> str:
    key, below = _place(column)
    found = f"{key} ->> '$.{below}'" if below else key
    return f"try_cast({found} as {column.type})"


if __name__ == "__main__":
    main()
