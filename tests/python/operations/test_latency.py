"""Latency of live events against a second implementation, over random loads of two tenants on both engines."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy
import pytest
from marts import disagreements, read_mart
from project import dbt, fresh_database
from raw import copy_to_postgres, create_raw, insert
from tables import differences, duckdb_marts, postgres_marts

FIRST_LOAD = datetime(2026, 3, 1, 12)
LOADS = [FIRST_LOAD + timedelta(minutes=20 * number) for number in range(12)]
TYPES = ("page.viewed", "feature.used", "payment.failed", "subscription.created")
REALTIME = set(TYPES[2:])

Row = dict[str, Any]


def random_loads() -> dict[datetime, list[Row]]:
    """Events from a day before the first load to the last one; each is brought by a load after it, not always by the next."""
    draw = random.Random(38)
    loads: defaultdict[datetime, list[Row]] = defaultdict(list)
    for number in range(1500):
        arrived = FIRST_LOAD + timedelta(seconds=draw.randrange(-86_400, 13_000), milliseconds=draw.randrange(1000))
        later = [load for load in LOADS if load >= arrived]
        if not later:
            continue
        has_receipt = draw.random() < 0.7
        row = {
            "tenant_id": draw.choice(("one", "two")),
            "event_id": f"e-{number}",
            "event_type": draw.choice(TYPES),
            "occurred_at": arrived - timedelta(hours=draw.randrange(3)) if has_receipt else arrived,
            "received_at": arrived if has_receipt else None,
        }
        # The second tenant comes an hour later, and its first load brings its archive.
        own = [load for load in later if row["tenant_id"] == "one" or load >= LOADS[3]]
        if own:
            loads[own[min(int(draw.expovariate(2)), len(own) - 1)]].append(row)
    return loads


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("latency") / "w.duckdb"
    create_raw(path)
    for number, (loaded_at, rows) in enumerate(sorted(random_loads().items())):
        insert(path, "raw_events.events", rows, load_id=f"load-{number}", loaded_at=loaded_at, file_id=f"file-{number}")
    return path


def build(database: Path, postgres_dsn: str | None = None) -> None:
    selected = ("+fct_ingest_latency", "+rpt_data_health", "+rpt_rejected_rows")
    dbt("build", "--select", *selected, "--exclude", "resource_type:unit_test", database=database, postgres_dsn=postgres_dsn)


def expected() -> dict[tuple[Any, ...], Row]:
    loads = random_loads()
    first: dict[str, datetime] = {}
    for loaded_at, rows in sorted(loads.items()):
        for row in rows:
            first.setdefault(row["tenant_id"], loaded_at)
    groups: defaultdict[tuple[Any, ...], list[float | None]] = defaultdict(list)
    for loaded_at, rows in loads.items():
        for row in rows:
            arrived = row["received_at"] or row["occurred_at"]
            lane = "realtime" if row["event_type"] in REALTIME else "batch"
            is_live = arrived >= first[row["tenant_id"]]
            key = (row["tenant_id"], lane, arrived.replace(minute=0, second=0, microsecond=0))
            groups[key].append((loaded_at - arrived).total_seconds() if is_live else None)
    found: dict[tuple[Any, ...], Row] = {}
    for key, latencies in groups.items():
        live = sorted(latency for latency in latencies if latency is not None)
        late = sum(latency > 900 for latency in live)
        found[key] = {
            "events": len(latencies),
            "archived_events": len(latencies) - len(live),
            "late_events": late,
            "late_rate": late / len(live) if live else None,
            "latency_p50_seconds": float(numpy.percentile(live, 50)) if live else None,
            "latency_p95_seconds": float(numpy.percentile(live, 95)) if live else None,
            "latency_max_seconds": live[-1] if live else None,
        }
    return found


def test_latency_is_what_the_oracle_says(database: Path) -> None:
    build(database)
    oracle = expected()
    assert sum(row["latency_max_seconds"] is not None for row in oracle.values()) > 10
    assert disagreements(read_mart(database, "fct_ingest_latency", ("tenant_id", "lane", "hour_start")), oracle) == []


def test_postgres_says_the_same(database: Path, postgres_server: str, tmp_path: Path) -> None:
    if "fct_ingest_latency" not in duckdb_marts(database):
        build(database)
    dsn = fresh_database(postgres_server, "latency")
    copy_to_postgres(database, dsn)
    build(tmp_path / "unused.duckdb", dsn)
    on_duckdb, on_postgres = duckdb_marts(database), postgres_marts(dsn, "marts_build")
    names = ("fct_ingest_latency", "rpt_data_health", "rpt_rejected_rows")
    assert {name: differences(on_duckdb[name], on_postgres[name]) for name in names} == {name: [] for name in names}
