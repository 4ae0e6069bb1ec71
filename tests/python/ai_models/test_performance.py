"""Performance of AI models from raw rows through dbt: worked examples, a second implementation, and public answers.

One build holds a tenant for each: `w22` (the worked examples, one model each), the three tenants of seeds/tenants.csv with
random requests on three calendars, and, where the public data is present, `llmperf`: request logs of model services whose
summaries are published, each measured quantity as the latency of a model version of its own.
"""

from __future__ import annotations

import json
import math
import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from marts import disagreements, read_mart
from oracles.statistics import REGISTERED, ai_performance
from project import ROOT, dbt
from raw import create_raw, insert

CLOCK = datetime(2026, 7, 15)
KEY = ("tenant_id", "model_name", "model_version", "period_type", "period_start")
LLMPERF = Path(os.environ.get("PLUMBLINE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "llmperf_small"
# What the log measures in seconds, as it is named in the log and in the summary.
MEASURES = ("inter_token_latency_s", "ttft_s", "end_to_end_latency_s")


def request(tenant: str, number: int, model: str, **values: Any) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "request_id": f"{model}-{number}",
        "model_name": model,
        "model_version": "1",
        "requested_at": datetime(2026, 3, 2, 9),
        "input_tokens": 0,
        "output_tokens": 0,
        "latency_ms": 0.0,
        "is_success": True,
        **values,
    }


def worked_examples() -> list[dict[str, Any]]:
    rows = [request("w22", number, "latency", latency_ms=100.0 * number) for number in range(1, 11)]
    # Failed without a type, and slower than anything: in the error rate, and in no latency.
    rows.append(request("w22", 11, "latency", latency_ms=60_000.0, is_success=False))
    sums = [(1500, 800, "0.0345", 2300.0), (500, 200, "0.0021", 900.0), (3000, 1000, "0.06", 4100.0)]
    for number, (tokens_in, tokens_out, cost, latency) in enumerate(sums):
        values = {"input_tokens": tokens_in, "output_tokens": tokens_out, "cost_estimate": Decimal(cost), "latency_ms": latency}
        rows.append(request("w22", number, "cost", **values))
    rows += [request("w22", number, "cheap", cost_estimate=Decimal("0.00003"), input_tokens=1) for number in range(1000)]
    return rows


def random_requests(seed: int) -> list[dict[str, Any]]:
    """Half a year of three tenants: ties, lone requests, models that only fail, gaps, and impossible measurements."""
    dice = random.Random(seed)
    rows = []
    for tenant in REGISTERED:
        for number in range(500):
            model = dice.choice(["large", "large", "small", "broken"])
            latency = dice.choice([round(dice.expovariate(1 / 900), 6), float(dice.randrange(100, 1000, 100)), 250.0])
            rows.append(
                request(
                    tenant,
                    number,
                    model,
                    model_version=dice.choice(["1", "2"]),
                    requested_at=datetime(2025, 12, 1) + timedelta(seconds=dice.randrange(224 * 86_400)),
                    is_success=model != "broken" and dice.random() < 0.9,
                    latency_ms=dice.choice([latency] * 9 + [-1.0]),
                    time_to_first_token_ms=dice.choice([None, round(latency / 7, 6), latency + 1]),
                    input_tokens=dice.randrange(4000),
                    output_tokens=dice.randrange(2000) if model == "large" else 0,
                    total_tokens=dice.choice([None, 1]),
                    error_type=dice.choice([None, "timeout"]),
                    confidence_score=dice.choice([None, 0.7, 1.5, round(dice.random(), 6)]),
                    cost_estimate=dice.choice([None, Decimal(dice.randrange(10**7)).scaleb(-8), Decimal(-1)]),
                )
            )
    return rows


def llmperf_requests() -> Iterator[dict[str, Any]]:
    for path in sorted((LLMPERF / "individual").glob("*.json")):
        for number, entry in enumerate(json.loads(path.read_text())):
            for measure in MEASURES:
                failed = entry["error_code"] is not None
                yield request(
                    "llmperf",
                    number,
                    path.stem,
                    request_id=f"{path.stem}-{measure}-{number}",
                    model_version=measure,
                    is_success=not failed,
                    error_type=str(entry["error_code"]) if failed else None,
                    latency_ms=entry[measure] * 1000,
                )


RANDOM = random_requests(20260322)
SERVICES = sorted(path.stem for path in (LLMPERF / "summary").glob("*.json"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("performance") / "warehouse.duckdb"
    create_raw(path)
    insert(path, "raw_logs.ai_model_requests", [*worked_examples(), *RANDOM, *(llmperf_requests() if SERVICES else ())])
    # Cautious: a test that also reads another domain's models runs where both are built. Not as declared: impossible
    # measurements are turned away at the edge, and the models null those that an older contract let in.
    chosen = ("--select", "+path:models/marts/ai_models", "--indirect-selection", "cautious", "--exclude", "test_name:as_declared")
    dbt("build", *chosen, database=path, as_of=CLOCK.isoformat())
    return path


@pytest.fixture(scope="module")
def examples(database: Path) -> dict[str, dict[str, Any]]:
    rows = read_mart(database, "rpt_ai_performance", ("model_name",), "tenant_id = 'w22' and period_type = 'all'")
    return {name: row for (name,), row in rows.items()}


def test_w22_quantiles_interpolate_over_answers(examples: dict[str, dict[str, Any]]) -> None:
    row = examples["latency"]
    assert (row["latency_p50_ms"], row["latency_p95_ms"], row["latency_p99_ms"]) == pytest.approx((550, 955, 991), rel=1e-12)
    assert (row["requests"], row["failed"], str(row["error_rate"])) == (11, 1, "0.0909090909")


def test_w22_costs_and_throughput_are_ratios_of_sums(examples: dict[str, dict[str, Any]]) -> None:
    assert str(examples["cost"]["cost_per_1k_tokens_amount"]) == "0.0138000000"
    assert str(examples["cost"]["output_tokens_per_second"]) == "273.972603"
    assert str(examples["cheap"]["total_cost_amount"]) == "0.03000000"


def test_a_failure_without_a_type_is_unknown(database: Path) -> None:
    rows = read_mart(database, "fct_ai_requests", ("request_id",), "tenant_id = 'w22' and not is_success")
    assert {key: row["error_type"] for key, row in rows.items()} == {("latency-11",): "unknown"}


def test_performance_agrees_with_a_second_implementation(database: Path) -> None:
    expected = ai_performance(RANDOM, REGISTERED)
    # The draw holds what it was made for: lone answers, and cells without one.
    assert any(row["timed_requests"] == 1 for row in expected.values())
    assert any(row["timed_requests"] == 0 for row in expected.values())
    assert any(row["total_cost_amount"] is None for row in expected.values())
    mart = read_mart(database, "rpt_ai_performance", KEY, "tenant_id in ('mindmetric', 'clausewise', 'dansora', 'loomwick')")
    assert not disagreements(mart, expected)


@pytest.mark.skipif(not SERVICES, reason=f"public data is not at {LLMPERF}")
@pytest.mark.parametrize("service", SERVICES)
def test_summaries_are_the_published_ones(database: Path, service: str) -> None:
    summary = json.loads((LLMPERF / "summary" / f"{service}.json").read_text())
    condition = f"tenant_id = 'llmperf' and model_name = '{service}' and period_type = 'all'"
    mart = read_mart(database, "rpt_ai_performance", ("model_version",), condition)
    assert len(mart) == len(MEASURES)
    for (measure,), row in mart.items():
        published = {f"latency_p{percent}_ms": summary[f"results_{measure}_quantiles_p{percent}"] for percent in (25, 50, 75, 90, 95, 99)}
        published["latency_mean_ms"] = summary[f"results_{measure}_mean"]
        published["latency_standard_deviation_ms"] = summary[f"results_{measure}_stddev"]
        published["latency_minimum_ms"] = float(summary[f"results_{measure}_min"])
        published["latency_maximum_ms"] = float(summary[f"results_{measure}_max"])
        for column, seconds in published.items():
            assert math.isclose(row[column] / 1000, seconds, abs_tol=1e-9), (measure, column)
        assert row["failed"] == summary["results_number_errors"]
