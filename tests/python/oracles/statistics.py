"""A second opinion on the statistics of assessments and AI requests: plain Python, numpy and scipy, no SQL.

Everything is computed anew from raw rows (dicts with the names of the raw columns; times are naive UTC datetimes), and
each function returns whole marts as {key: {column: value}}. The definitions are those of docs/metrics; nothing is shared
with the models: quantiles are numpy's, skewness and mid-ranks are scipy's, calendars are zoneinfo's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy
from scipy import stats

Row = Mapping[str, Any]
Mart = dict[tuple[Any, ...], dict[str, Any]]

TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
PERCENTILES = {"p05": 5, "p10": 10, "p25": 25, "p50": 50, "p75": 75, "p90": 90, "p95": 95}
SMALL_CELL = 10
LONGEST_DURATION = 365 * 86_400
LONGEST_LATENCY = 86_400_000


@dataclass(frozen=True)
class Calendar:
    """How a tenant cuts time: its zone, the first day of its week (0 = Monday), the first month of its fiscal year."""

    zone: str = "UTC"
    week_start: int = 0
    fiscal_month: int = 1

    def day(self, moment: datetime) -> date:
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).date()

    def quarter(self, day: date) -> date:
        months_in = (day.month - self.fiscal_month) % 3
        month = day.year * 12 + day.month - 1 - months_in
        return date(month // 12, month % 12 + 1, 1)

    def next_quarter(self, start: date) -> date:
        return self.quarter(start + timedelta(days=100))

    def starts(self, day: date) -> Iterator[tuple[str, date | None]]:
        """The periods that a day belongs to, the whole history last."""
        yield "day", day
        yield "week", day - timedelta(days=(day.weekday() - self.week_start) % 7)
        yield "month", day.replace(day=1)
        yield "quarter", self.quarter(day)
        yield "year", date(day.year - (day.month < self.fiscal_month), self.fiscal_month, 1)
        yield "all", None


# The tenants of seeds/tenants.csv.
REGISTERED = {
    "mindmetric": Calendar("America/New_York"),
    "clausewise": Calendar("Europe/Berlin", fiscal_month=4),
    "dansora": Calendar("Asia/Tokyo", week_start=6),
    "loomwick": Calendar("Europe/London", fiscal_month=2),
}


def _within(value: float | None, low: float, high: float) -> float | None:
    return None if value is None or not low <= value <= high else float(value)


def _mean(values: Sequence[float]) -> float | None:
    """Exact until the last step, so that the oracle has no rounding of its own."""
    return float(sum(map(Fraction, values)) / len(values)) if values else None


def _deviation(values: Sequence[float]) -> float | None:
    return float(numpy.std(values, ddof=1)) if len(values) > 1 else None


def _persons(events: Iterable[Row]) -> dict[tuple[str, str], str]:
    """The user that a visitor belongs to: the first that the visitor was seen with."""
    together = [e for e in events if e.get("user_id") is not None and e.get("anonymous_id") is not None]
    users: dict[tuple[str, str], str] = {}
    for event in sorted(together, key=lambda e: (e["occurred_at"], e["user_id"])):
        users.setdefault((event["tenant_id"], event["anonymous_id"]), event["user_id"])
    return users


def _person(event: Row, users: Mapping[tuple[str, str], str]) -> str | None:
    visitor = event.get("anonymous_id")
    known = event.get("user_id") or users.get((event["tenant_id"], visitor or ""))
    return known or (f"anonymous:{visitor}" if visitor else None)


def _completion(event: Row) -> float:
    percentage = _within(event.get("completion_percentage"), 0, 100)
    return -1 if percentage is None else percentage


@dataclass(frozen=True)
class Result:
    """The result of one assessment."""

    tenant: str
    assessment: str
    person: str | None
    organization: str
    kind: str
    at: datetime
    is_full: bool
    duration: float | None
    confidence: float | None
    scores: Mapping[str, float]


def results(events: Iterable[Row]) -> list[Result]:
    """The result of every completed assessment: the first event that reached the highest completion."""
    events = list(events)
    users = _persons(events)
    events = [event for event in events if event.get("assessment_id") is not None]
    named: dict[tuple[str, str], list[Row]] = defaultdict(list)
    completions: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for event in events:
        key = (event["tenant_id"], event["assessment_id"])
        if event["event_type"] == "assessment.completed":
            completions[key].append(event)
        elif event["event_type"] == "assessment.started":
            named[key].append(event)
    found = []
    for key, candidates in completions.items():
        best = min(
            candidates,
            key=lambda e: (-_completion(e), e["occurred_at"], e["event_id"]),
        )
        start: Row = min(named[key], key=lambda e: (e["occurred_at"], e["event_id"]), default={})
        found.append(
            Result(
                tenant=key[0],
                assessment=key[1],
                person=_person(best, users) or (_person(start, users) if start else None),
                organization=best.get("organization_id") or start.get("organization_id") or "unknown",
                kind=best.get("assessment_type") or start.get("assessment_type") or "unknown",
                at=best["occurred_at"],
                is_full=best.get("completion_percentage") == 100,
                duration=_within(best.get("duration_seconds"), 0, LONGEST_DURATION),
                confidence=_within(best.get("ai_confidence"), 0, 1),
                scores={t: s for t in TRAITS if (s := _within(best.get(t), 0, 100)) is not None},
            )
        )
    return found


def ocean_distributions(events: Iterable[Row], calendars: Mapping[str, Calendar]) -> Mart:
    """rpt_ocean_distributions by (tenant, type, trait, period_type, period_start)."""
    cells: dict[tuple[Any, ...], dict[str, float]] = defaultdict(dict)
    for result in sorted(results(events), key=lambda r: (r.at, r.assessment)):
        if not result.is_full or result.person is None:
            continue
        calendar = calendars[result.tenant]
        for trait, score in result.scores.items():
            for period_type, start in calendar.starts(calendar.day(result.at)):
                cells[result.tenant, result.kind, trait, period_type, start][result.person] = score
    return {key: _distribution(list(people.values())) for key, people in cells.items()}


def _distribution(scores: list[float]) -> dict[str, Any]:
    bins = [f"bin_{low:02d}_{low + 10}" for low in range(0, 100, 10)]
    if len(scores) < SMALL_CELL:
        empty = dict.fromkeys(["mean_score", "standard_deviation", "minimum", *PERCENTILES, "maximum", "skewness", *bins])
        return {"respondents": len(scores), **empty, "is_suppressed": True}
    counts, _ = numpy.histogram(scores, bins=numpy.arange(0, 101, 10))
    return {
        "respondents": len(scores),
        "mean_score": _mean(scores),
        "standard_deviation": _deviation(scores),
        "minimum": min(scores),
        **{name: float(numpy.percentile(scores, percent)) for name, percent in PERCENTILES.items()},
        "maximum": max(scores),
        "skewness": float(stats.skew(scores, bias=False)) if min(scores) < max(scores) else None,
        **dict(zip(bins, map(int, counts), strict=True)),
        "is_suppressed": False,
    }


def ocean_norms(events: Iterable[Row], calendars: Mapping[str, Calendar], until: datetime) -> Mart:
    """dim_ocean_norms by (tenant, type, trait, valid_from), for every quarter until a moment; with each norm its sample."""
    samples: dict[tuple[Any, ...], dict[str | None, float]] = defaultdict(dict)
    for result in sorted(results(events), key=lambda r: (r.at, r.assessment)):
        calendar = calendars[result.tenant]
        start = calendar.next_quarter(calendar.quarter(calendar.day(result.at)))
        while result.is_full and result.person is not None and start <= calendar.day(until):
            for trait, score in result.scores.items():
                samples[result.tenant, result.kind, trait, start][result.person] = score
            start = calendar.next_quarter(start)
    return {
        key: {
            "valid_to": calendars[key[0]].next_quarter(key[3]),
            "respondents": len(people),
            "mean_score": _mean(list(people.values())),
            "standard_deviation": _deviation(list(people.values())),
            "sample": list(people.values()),
        }
        for key, people in samples.items()
        if len(people) >= SMALL_CELL
    }


def ocean_scores(events: Iterable[Row], calendars: Mapping[str, Calendar], norms: Mart) -> Mart:
    """fct_ocean_scores by (tenant, assessment, trait), read against `ocean_norms`."""
    scores: Mart = {}
    for result in results(events):
        calendar = calendars[result.tenant]
        for trait, score in result.scores.items():
            norm = norms.get((result.tenant, result.kind, trait, calendar.quarter(calendar.day(result.at))))
            row: dict[str, Any] = {"score": score, "z_score": None, "t_score": None, "percentile_rank": None}
            if norm and result.is_full and result.person is not None:
                row["percentile_rank"] = float(stats.percentileofscore(norm["sample"], score, kind="mean"))
                if norm["standard_deviation"]:
                    row["z_score"] = (score - norm["mean_score"]) / norm["standard_deviation"]
                    row["t_score"] = 50 + 10 * row["z_score"]
            scores[result.tenant, result.assessment, trait] = row
    return scores


def assessment_summary(events: Iterable[Row]) -> Mart:
    """rpt_assessment_summary by (tenant, hour_start, organization, type)."""
    cells: dict[tuple[Any, ...], list[Result]] = defaultdict(list)
    for result in results(events):
        hour = result.at.replace(minute=0, second=0, microsecond=0)
        cells[result.tenant, hour, result.organization, result.kind].append(result)
    mart: Mart = {}
    for key, members in cells.items():
        row: dict[str, Any] = {"assessments": len(members), "fully_completed": sum(member.is_full for member in members)}
        measured = {trait: [m.scores[trait] for m in members if trait in m.scores] for trait in TRAITS}
        measured["duration_seconds"] = [m.duration for m in members if m.duration is not None]
        measured["ai_confidence"] = [m.confidence for m in members if m.confidence is not None]
        for measure, values in measured.items():
            row[f"count_{measure}"] = len(values)
            row[f"sum_{measure}"] = float(sum(map(Fraction, values))) if values else None
            row[f"average_{measure}"] = _mean(values)
        mart[key] = row
    return mart


def ai_performance(requests: Iterable[Row], calendars: Mapping[str, Calendar]) -> Mart:
    """rpt_ai_performance by (tenant, model, version, period_type, period_start)."""
    cells: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for request in requests:
        calendar = calendars[request["tenant_id"]]
        for period_type, start in calendar.starts(calendar.day(request["requested_at"])):
            cells[request["tenant_id"], request["model_name"], request["model_version"], period_type, start].append(request)
    return {key: _performance(members) for key, members in cells.items()}


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return float(numpy.percentile(values, percent)) if values else None


def _performance(requests: Sequence[Row]) -> dict[str, Any]:
    answered = [request for request in requests if request["is_success"]]
    timed = [(latency, r) for r in answered if (latency := _within(r["latency_ms"], 0, LONGEST_LATENCY)) is not None]
    latencies = [latency for latency, _ in timed]
    everything = [latency for r in requests if (latency := _within(r["latency_ms"], 0, LONGEST_LATENCY)) is not None]
    first_tokens = [t for r in answered if (t := _within(r.get("time_to_first_token_ms"), 0, r["latency_ms"])) is not None]
    priced = [r for r in requests if r.get("cost_estimate") is not None and Decimal(r["cost_estimate"]) >= 0]
    cost = sum((Decimal(r["cost_estimate"]) for r in priced), Decimal(0)) if priced else None
    priced_tokens = sum(r["input_tokens"] + r["output_tokens"] for r in priced)
    rated = [c for r in requests if (c := _within(r.get("confidence_score"), 0, 1)) is not None]
    output_timed = sum(r["output_tokens"] for _, r in timed)
    low = sum(confidence < 0.7 for confidence in rated)
    return {
        "requests": len(requests),
        "succeeded": len(answered),
        "failed": len(requests) - len(answered),
        "error_rate": (len(requests) - len(answered)) / len(requests),
        "timed_requests": len(timed),
        "latency_minimum_ms": min(latencies, default=None),
        **{f"latency_p{percent}_ms": _percentile(latencies, percent) for percent in (25, 50, 75, 90, 95, 99)},
        "latency_maximum_ms": max(latencies, default=None),
        "latency_mean_ms": _mean(latencies),
        "latency_standard_deviation_ms": _deviation(latencies),
        "all_requests_latency_p95_ms": _percentile(everything, 95),
        "ttft_p50_ms": _percentile(first_tokens, 50),
        "ttft_p95_ms": _percentile(first_tokens, 95),
        "output_tokens_per_second": output_timed * 1000 / sum(latencies) if sum(latencies) else None,
        "input_tokens": sum(r["input_tokens"] for r in requests),
        "output_tokens": sum(r["output_tokens"] for r in requests),
        "total_tokens": sum(r["input_tokens"] + r["output_tokens"] for r in requests),
        "priced_requests": len(priced),
        "total_cost_amount": cost,
        "cost_per_1k_tokens_amount": float(1000 * cost / priced_tokens) if cost is not None and priced_tokens else None,
        "rated_requests": len(rated),
        "mean_confidence": _mean(rated),
        "low_confidence_requests": low,
        "low_confidence_rate": low / len(rated) if rated else None,
    }
