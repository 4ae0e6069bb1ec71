"""The operations marts of the demo against the landing files, as a reader that shares no code with the package sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo.reader import Read, moment, read
from project import Plumbline

REALTIME = {"subscription.created", "subscription.cancelled", "payment.failed"}
TIMES = {
    "events": "timestamp",
    "ai_model_requests": "timestamp",
    "raw_message": "timestamp",
    "tournaments": "starts_at",
    "tournament_entries": "entered_at",
    "experiment_exposures": "timestamp",
    "user_log": "timestamp",
    "visits": "timestamp",
}


@pytest.fixture(scope="module")
def lines(landing: Path) -> dict[str, list[Read]]:
    return {family: read(landing, family) for family in ("events", "payments", "logs")}


@pytest.fixture(scope="module")
def marts(built: Plumbline) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built.database), read_only=True) as connection:
        yield connection


def table_of(line: Read) -> str:
    family, folder, *_ = line.path.split("/")
    return folder if family == "logs" else family


def naive(value: Any) -> datetime:
    return moment(value).astimezone(UTC).replace(tzinfo=None)


def test_every_refused_line_is_reported_once(lines: dict[str, list[Read]], marts: duckdb.DuckDBPyConnection) -> None:
    expected = Counter(
        (line.tenant or "(unknown)", family, line.reason) for family, read_lines in lines.items() for line in read_lines if line.reason
    )
    rows = marts.execute("select tenant_id, family, reason_code, sum(rows_rejected) from marts.rpt_rejected_rows group by all").fetchall()
    assert {tuple(key): int(count) for *key, count in rows} == dict(expected)


def test_examples_stand_where_they_say(lines: dict[str, list[Read]], marts: duckdb.DuckDBPyConnection) -> None:
    refused = {f"{line.path}:{line.line_no}": line.reason for read_lines in lines.values() for line in read_lines if line.reason}
    rows = marts.execute("select example, reason_code from marts.rpt_rejected_rows").fetchall()
    # A file that was cut short has no line of its own for that.
    assert [(example, reason) for example, reason in rows if refused.get(example) != reason and reason != "truncated_file"] == []
    assert len(rows) > 20


def test_health_of_events_and_logs(lines: dict[str, list[Read]], marts: duckdb.DuckDBPyConnection) -> None:
    accepted: Counter[tuple[str, str]] = Counter()
    refused: Counter[tuple[str, str]] = Counter()
    latest: dict[tuple[str, str], datetime] = {}
    for line in (*lines["events"], *lines["logs"]):
        key = (line.tenant or "(unknown)", table_of(line))
        if key[1] not in TIMES:
            continue
        if line.row is None:
            refused[key] += 1
            continue
        accepted[key] += 1
        at = naive(line.row[TIMES[key[1]]])
        latest[key] = max(latest.get(key, at), at)
    # The last exposure is the last thing that happens in the demo.
    clock = max(at for (_, table), at in latest.items() if table in ("events", "experiment_exposures"))
    allowed = {"raw_message": 86_400, "tournament_entries": 86_400, "tournaments": None}
    expected = {}
    for key in accepted.keys() | refused.keys():
        judged = accepted[key] + refused[key]
        age = max((clock - latest[key]).total_seconds(), 0.0) if key in latest else None
        most = allowed.get(key[1], 3600)
        expected[key] = (
            latest.get(key),
            age,
            judged,
            pytest.approx(accepted[key] / judged, abs=1e-9),
            pytest.approx(refused[key] / judged, abs=1e-9),
            None if age is None or most is None else age < most,
            accepted[key] / judged > 0.95 if key[0] != "(unknown)" else None,
        )
    rows = marts.execute(
        "select tenant_id, table_name, last_event_at, freshness_seconds, rows_judged, completeness_rate::double, "
        "rejected_rate::double, is_fresh, is_complete from marts.rpt_data_health where list_contains(?, table_name)",
        [list(TIMES)],
    ).fetchall()
    assert {(tenant, table): tuple(found) for tenant, table, *found in rows} == expected
    assert {found[5] for found in expected.values()} == {True, False, None}


def test_health_of_payments(lines: dict[str, list[Read]], marts: duckdb.DuckDBPyConnection) -> None:
    """Objects by kind; the parts that invoices and subscriptions are taken apart into are counted in the raw tables' own tests."""
    kinds = ("customers", "products", "prices", "coupons", "subscriptions", "invoices", "charges", "refunds", "disputes")
    expected: Counter[tuple[str, str]] = Counter()
    for line in lines["payments"]:
        if line.row:
            shown = line.row["data"]["object"] if line.row["object"] == "event" else line.row
            expected[str(line.tenant), f"{shown['object']}s"] += 1
    rows = marts.execute(
        "select tenant_id, table_name, rows_accepted from marts.rpt_data_health where list_contains(?, table_name)", [list(kinds)]
    ).fetchall()
    assert {(tenant, table): count for tenant, table, count in rows} == dict(expected)


def test_the_demo_is_an_archive(marts: duckdb.DuckDBPyConnection) -> None:
    """Months old when it is loaded, it has a lane and no latency."""
    query = "select lane, sum(events), sum(live_events), count(latency_max_seconds) from marts.fct_ingest_latency group by all"
    rows = marts.execute(query).fetchall()
    types = marts.execute("select event_type, count(*) from marts.fct_events group by all").fetchall()
    counts = {
        "realtime": sum(count for type_, count in types if type_ in REALTIME),
        "batch": sum(count for type_, count in types if type_ not in REALTIME),
    }
    assert {lane: tuple(found) for lane, *found in rows} == {lane: (count, 0, 0) for lane, count in counts.items()}
