"""What dbt adds to a build of the demo: `dbt build`, against the same compiled SQL run directly in DuckDB.

    python -m benchmarks.build [--events 100000]

The peer runs every model and every data test of the build in one DuckDB process, in the order in which dbt ran them. Unit tests
have no peer; their time is told apart, as is dbt's start-up (the time before the first and after the last node).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import measure
from benchmarks.report import Row, print_rows
from operations.settings import PROJECT

KEY = "a key of the benchmark, which is no secret"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000, help="size of the demo data")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _measure_build(folder, arguments.events)


def _measure_build(folder: Path, events: int) -> None:
    environment = {
        "PLUMBLINE_TARGET": "duckdb",
        "PLUMBLINE_DATABASE": str(folder / "warehouse" / "plumbline.duckdb"),
        "PLUMBLINE_PSEUDONYM_KEY": KEY,
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "PYTHONPATH": str(PROJECT),
        "DO_NOT_TRACK": "1",
    }
    plumbline = [sys.executable, "-m", "operations"]
    measure([*plumbline, "demo-data", "--to", "landing", "--events", str(events)], folder, environment)
    measure([*plumbline, "load"], folder, environment)
    loaded = folder / "warehouse" / "plumbline.duckdb"
    # The compiled SQL names the database, and DuckDB takes that name from the file's.
    peer_database = folder / "peer" / loaded.name
    peer_database.parent.mkdir()
    shutil.copy(loaded, peer_database)
    dbt = [sys.executable, "-m", "dbt.cli.main", "build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    first = measure(dbt, folder, environment)
    results = json.loads((folder / "target" / "run_results.json").read_text())
    manifest = json.loads((folder / "target" / "manifest.json").read_text())
    script = folder / "peer.json"
    script.write_text(json.dumps(_statements(results, manifest)))
    peer = measure([sys.executable, "-m", "benchmarks.run_sql", str(peer_database), str(script)], folder, environment)
    kept = measure(dbt, folder, environment)
    nodes = len(results["results"])
    unit_tests = sum(_seconds(result) for result in results["results"] if result["unique_id"].startswith("unit_test."))
    inside = results["elapsed_time"]
    print_rows(
        f"Build of the demo, {events:,} events, {nodes} nodes",
        [
            Row("dbt build, nothing parsed before", first, peer),
            Row("dbt build, parse kept", kept, peer),
            Row("the same SQL in DuckDB", peer, peer),
        ],
    )
    sys.stdout.write(
        f"Of the first build: {inside:.1f} s running nodes on two threads (of their time {unit_tests:.1f} s unit tests), "
        f"{first.seconds - inside:.1f} s start-up and parsing.\n"
    )


def _seconds(result: dict[str, Any]) -> float:
    return float(result["execution_time"])


def _statements(results: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    """The SQL of the models and data tests of a build, in the order in which they ran."""
    statements = []
    for result in results["results"]:
        node = manifest["nodes"].get(result["unique_id"])
        if node is None:
            continue
        if node["resource_type"] == "model":
            kind = "view" if node["config"]["materialized"] == "view" else "table"
            statements.append(f"create schema if not exists {node['schema']}")
            statements.append(f"create or replace {kind} {node['schema']}.{node['alias']} as {node['compiled_code']}")
        elif node["resource_type"] == "test":
            statements.append(f"select count(*) from ({node['compiled_code']}) as failing")
        elif node["resource_type"] == "seed":
            path = (PROJECT / node["original_file_path"]).as_posix()
            types = json.dumps(node["config"]["column_types"]).replace('"', "'")
            statements.append(f"create schema if not exists {node['schema']}")
            rows = f"select * from read_csv('{path}', header = true, types = {types})"
            statements.append(f"create or replace table {node['schema']}.{node['alias']} as {rows}")
    return statements


if __name__ == "__main__":
    main()
