"""The assessment marts of the demo equal the second implementation, from the landing files as another program reads them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo.reader import moment, read
from marts import disagreements, read_mart
from oracles.statistics import REGISTERED, TRAITS, assessment_summary, ocean_distributions, ocean_norms, ocean_scores
from project import Plumbline

NEVER = datetime(9999, 1, 1)
IN_ATTRIBUTES = ("organization_id", "assessment_id", "assessment_type")
IN_METRICS = ("duration_seconds", "completion_percentage", "ai_confidence", "dual_ai_agreement")


def naive(value: Any) -> datetime:
    return moment(value).replace(tzinfo=None)


@pytest.fixture(scope="module")
def events(landing: Path) -> list[dict[str, Any]]:
    """Every sound event, the first received of each id, with the names of the raw columns."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for line in read(landing, "events"):
        if line.row is None or line.tenant is None:
            continue
        attributes, metrics = line.row.get("attributes", {}), line.row.get("metrics", {})
        event = {
            "tenant_id": line.tenant,
            "event_id": line.row.get("event_id") or json.dumps(line.row, sort_keys=True),
            "event_type": line.row["event_type"],
            "user_id": line.row.get("user_id"),
            "anonymous_id": line.row.get("anonymous_id"),
            "occurred_at": naive(line.row["timestamp"]),
            "received_at": naive(line.row["received_at"]) if "received_at" in line.row else NEVER,
            **{name: attributes.get(name) for name in IN_ATTRIBUTES},
            **{name: metrics.get(name) for name in IN_METRICS},
            **{trait: score(metrics, trait) for trait in TRAITS},
        }
        known = first.setdefault((event["tenant_id"], event["event_id"]), event)
        if event["received_at"] < known["received_at"]:
            first[event["tenant_id"], event["event_id"]] = event
    return list(first.values())


def score(metrics: dict[str, Any], trait: str) -> float | None:
    nested = metrics.get("ocean_scores", {})
    spellings = (nested.get(trait[0].upper()), nested.get(trait), metrics.get(trait), metrics.get(f"ocean_{trait}"))
    return next((value for value in spellings if value is not None), None)


def test_distributions(events: list[dict[str, Any]], warehouse: Path) -> None:
    key = ("tenant_id", "assessment_type", "trait", "period_type", "period_start")
    expected = ocean_distributions(events, REGISTERED)
    assert sum(not row["is_suppressed"] for row in expected.values()) > 50
    assert not disagreements(read_mart(warehouse, "rpt_ocean_distributions", key), expected)


def test_norms_and_scores(events: list[dict[str, Any]], warehouse: Path, built: Plumbline) -> None:
    with duckdb.connect(str(built.database), read_only=True) as connection:
        (clock,) = connection.execute("select as_of_at from intermediate.int_clock_set").fetchall()[0]
    norms = ocean_norms(events, REGISTERED, clock)
    assert norms
    mart = read_mart(warehouse, "dim_ocean_norms", ("tenant_id", "assessment_type", "trait", "valid_from"))
    assert not disagreements(mart, {key: {name: row[name] for name in row if name != "sample"} for key, row in norms.items()})
    scores = read_mart(warehouse, "fct_ocean_scores", ("tenant_id", "assessment_id", "trait"))
    assert not disagreements(scores, ocean_scores(events, REGISTERED, norms))


def test_hours(events: list[dict[str, Any]], warehouse: Path) -> None:
    mart = read_mart(warehouse, "rpt_assessment_summary", ("tenant_id", "hour_start", "organization_id", "assessment_type"))
    assert not disagreements(mart, assessment_summary(events))
