"""The numbers of the marts against the books of those who made the demo data.

The generator keeps its truths while it invents the stories; no loader and no model reads them. What is compared here went
through files, ingestion and every layer of models on the other side.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from project import Plumbline

from ingestion.contracts import TABLES

MINOR_UNITS = {"USD": 100, "EUR": 100, "GBP": 100, "JPY": 1}


@pytest.fixture(scope="module")
def manifest(landing: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((landing / "manifest.json").read_text())
    return read


@pytest.fixture(scope="module")
def working(built: Plumbline) -> Iterator[duckdb.DuckDBPyConnection]:
    """The working file: raw tables, bookkeeping and marts."""
    with duckdb.connect(str(built.database), read_only=True) as connection:
        yield connection


def counts(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[Any, Any]:
    """Rows of keys and a value as a nested dictionary."""
    found: dict[Any, Any] = {}
    for *keys, last, value in connection.execute(sql).fetchall():
        inner = found
        for key in keys:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return found


def test_every_planted_reject_is_in_quarantine_with_its_reason(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    found = counts(
        working,
        "select family, coalesce(tenant_id, 'unknown'), reason_code, count(*) from raw_quarantine.rejected_rows group by all",
    )
    assert found == manifest["rejected"]


def test_every_line_of_every_file_is_accounted_for(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    read = counts(working, "select path, cast(sum(rows_read) as bigint) from raw_operations.load_files group by path")
    cut = {
        path for (path,) in working.execute("select path from raw_quarantine.rejected_rows where reason_code = 'truncated_file'").fetchall()
    }
    whole = {path: lines for path, lines in manifest["files"].items() if path not in cut}
    assert {path: lines for path, lines in read.items() if path in whole} == whole
    unbalanced = working.execute(
        "select path from raw_operations.load_files where rows_read <> rows_accepted + rows_rejected + rows_duplicate"
    ).fetchall()
    assert unbalanced == []


def test_every_event_received_is_accounted_for_and_none_is_dropped(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    """The demo's tenants are under no policy: what is not in the marts was a duplicate or a reject."""
    by_file = working.execute(
        "select cast(sum(rows_accepted) as bigint), cast(sum(rows_dropped + rows_sampled_out) as bigint), "
        "cast(sum(rows_read - rows_accepted - rows_rejected - rows_duplicate) as bigint) from marts.fct_load_files where family = 'events'"
    ).fetchall()
    events = sum(number for truth in manifest["truths"].values() for number in truth["events_by_type"].values())
    assert by_file == [(events, 0, 0)]
    received = counts(
        working,
        "select tenant_id, (cast(sum(received) filter (event_type <> 'unknown') as bigint), cast(sum(accepted) as bigint)) "
        "from marts.rpt_event_quota_daily group by tenant_id",
    )
    planted = {tenant: numbers["accepted"] for tenant, numbers in manifest["tables"]["events"].items()}
    assert received == {tenant: (planted[tenant], sum(truth["events_by_type"].values())) for tenant, truth in manifest["truths"].items()}


def test_raw_rows_and_distinct_keys_are_as_planted(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    for table in TABLES:
        keys = f"count(distinct row({', '.join(table.key)}))"
        found = counts(working, f"select tenant_id, (count(*), {keys}) from {table.schema}.{table.name} group by tenant_id")
        planted = manifest["tables"].get(table.name, {})
        assert found == {tenant: (numbers["accepted"], numbers["unique"]) for tenant, numbers in planted.items()}, table.name


def test_conflicting_duplicates_are_listed_and_not_events(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    conflicting = counts(
        working,
        "select tenant_id, count(*) from marts.fct_rejected_events where reason_code = 'conflicting_duplicate' group by tenant_id",
    )
    assert conflicting == {tenant: planted["conflicting_duplicates"] for tenant, planted in manifest["oddities"].items()}


def test_events_by_type(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    found = counts(working, "select tenant_id, event_type, count(*) from marts.fct_events group by all")
    assert found == {tenant: truth["events_by_type"] for tenant, truth in manifest["truths"].items()}


def test_registered_users(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    found = counts(working, "select tenant_id, count(*) from marts.dim_users where registered_at is not null group by all")
    assert found == {tenant: truth["users"] for tenant, truth in manifest["truths"].items()}


def test_mrr_at_the_end_and_before_every_month(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    closing = counts(
        working,
        "select tenant_id, currency, (mrr_amount, active_customers) from marts.rpt_revenue_aggregates "
        "where period_type = 'month' and not is_reporting_currency and not is_complete",
    )
    opening = counts(
        working,
        "select tenant_id, cast(period_start as varchar), currency, (opening_mrr_amount, opening_customers) "
        "from marts.rpt_revenue_aggregates where period_type = 'month' and not is_reporting_currency",
    )
    for tenant, truth in manifest["truths"].items():
        assert closing[tenant] == {currency: as_pair(state) for currency, state in truth["mrr"].items()}
        for month, states in truth["mrr_before"].items():
            expected = {currency: as_pair(state) for currency, state in states.items()}
            # A currency without any MRR yet has no row.
            assert {**{currency: (Decimal(0), 0) for currency in expected}, **opening[tenant].get(month, {})} == expected, (tenant, month)


def as_pair(state: dict[str, Any]) -> tuple[Decimal, int]:
    return Decimal(state["mrr_amount"]), state["customers"]


def test_money_charged_refunded_and_disputed(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    found = counts(
        working,
        "select tenant_id, kind, currency, sum(amount) from marts.fct_payments where status <> 'failed' group by all",
    )
    names = {"charged": "charge", "refunded": "refund", "disputed": "dispute"}
    for tenant, truth in manifest["truths"].items():
        for name, by_currency in truth["money"].items():
            expected = {currency: Decimal(amount) / MINOR_UNITS[currency] for currency, amount in by_currency.items()}
            assert found[tenant].get(names[name], {}) == expected, (tenant, name)


def test_customers(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    found = counts(working, "select tenant_id, count(*) from marts.dim_customers group by tenant_id")
    assert found == {tenant: truth["customers"] for tenant, truth in manifest["truths"].items()}


def test_assessments(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    found = working.execute(
        "select count(*) filter (is_completed), count(*) filter (is_fully_completed), count(*) filter (is_low_agreement), "
        "count(*) filter (is_low_confidence), count(*) filter (is_completed and is_missing_ai) "
        "from marts.fct_assessments where tenant_id = 'mindmetric'"
    ).fetchall()[0]
    truth = manifest["truths"]["mindmetric"]["assessments"]
    names = ("completed", "completed_in_full", "low_agreement", "low_confidence", "without_ai")
    assert found == tuple(truth[name] for name in names)


def test_ai_requests_and_their_exact_cost(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    found = working.execute(
        "select count(*) filter (is_success), count(*) filter (not is_success), sum(cost_amount), "
        "count(*) filter (not is_success and error_type = 'unknown') from marts.fct_ai_requests where tenant_id = 'clausewise'"
    ).fetchall()[0]
    truth = manifest["truths"]["clausewise"]["ai_requests"]
    assert found == (truth["succeeded"], truth["failed"], Decimal(truth["cost_usd"]), truth["failed_without_error_type"])


def test_tournaments(manifest: dict[str, Any], working: duckdb.DuckDBPyConnection) -> None:
    found = working.execute(
        "select sum(completed_count), sum(cancelled_count) from marts.rpt_tournament_aggregates where period_type = 'year'"
    ).fetchall()[0]
    truth = manifest["truths"]["dansora"]["tournaments"]
    assert found == (truth["completed"], truth["cancelled"])
