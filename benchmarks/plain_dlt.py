"""The load that dlt's first pages show: each line a dictionary, handed over as it is: `python -m benchmarks.plain_dlt LANDING DATABASE`."""

import contextlib
import gzip
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt

landing, database = (Path(argument) for argument in sys.argv[1:])


def lines() -> Iterator[str]:
    """The lines of all files; a truncated one ends where it ends."""
    for path in sorted((landing / "events").rglob("*.gz")):
        with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file, contextlib.suppress(EOFError):
            yield from file


@dlt.resource(name="events", write_disposition="append", max_table_nesting=0)
def events() -> Iterator[dict[str, Any]]:
    for line in lines():
        with contextlib.suppress(json.JSONDecodeError):
            record = json.loads(line)
            if isinstance(record, dict):
                yield record


if __name__ == "__main__":
    pipeline = dlt.pipeline(
        "plain", destination=dlt.destinations.duckdb(str(database)), dataset_name="raw", pipelines_dir=str(database.with_name("plain_dlt"))
    )
    pipeline.run(events(), loader_file_format="parquet").raise_on_failed_jobs()
