"""What a load costs: `plumbline load` of events, against DuckDB's own `read_json` of the same files into the same columns.

    python -m benchmarks.load [--events 1000000]

The peer is the least that a load could do: it reads the lines into the columns that `raw_events.events` holds of them, with
explicit types, in a process of its own with two threads. It checks no file and no value, hashes nobody, keeps no account, and
drops what it cannot read. The demo's files are small and compressed, one per tenant and few days, its oddities included.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import measure
from benchmarks.report import Row, print_rows
from ingestion.contracts import EVENTS, Column
from operations.settings import PROJECT

KEY = "a key of the benchmark, which is no secret"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000, help="size of the demo data")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        _measure_load(Path(name), arguments.events)


def _measure_load(folder: Path, events: int) -> None:
    environment = {
        "PLUMBLINE_TARGET": "duckdb",
        "PLUMBLINE_DATABASE": str(folder / "warehouse" / "plumbline.duckdb"),
        "PLUMBLINE_PSEUDONYM_KEY": KEY,
        "PYTHONPATH": str(PROJECT),
        "DO_NOT_TRACK": "1",
    }
    plumbline = [sys.executable, "-m", "operations"]
    measure([*plumbline, "demo-data", "--to", "landing", "--events", str(events)], folder, environment)
    script = folder / "peer.json"
    script.write_text(json.dumps([_read_json(folder / "landing" / "events")]))
    peer = measure([sys.executable, "-m", "benchmarks.run_sql", str(folder / "peer.duckdb"), str(script)], folder, environment)
    load = measure([*plumbline, "load", "events"], folder, environment)
    again = measure([*plumbline, "load", "events"], folder, environment)
    print_rows(
        f"Load of {events:,} events",
        [
            Row("plumbline load events", load, peer),
            Row("the same again, nothing new", again, peer),
            Row("read_json into a table", peer, peer),
        ],
    )


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
