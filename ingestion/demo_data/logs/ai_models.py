"""The log ai_model_requests of the document product."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo_data.logs.experiments import READER_PROMPT, VARIANTS, variant_of_user
from ingestion.demo_data.logs.world import Area, Log, World, chosen, in_order, moments, users, where
from ingestion.demo_data.window import DAY, END_MS, SECOND, START_MS

_MODELS = ("clause-reader", "risk-scorer")
# Typical latency in milliseconds of version 1 and version 2 of each model, and the day on which version 2 took over.
_LATENCY = np.array([[1400.0, 900.0], [2600.0, 2100.0]])
_TAKE_OVER = np.array([150, 240])
_ERRORS = ("timeout", "rate_limited", "content_filter", "overloaded")


def ai_model_requests(world: World) -> Area:
    """One or two requests for each analysis of a document, in the order of time."""
    random = world.random("ai_model_requests")
    analyses = world.events_of("feature.analysis.used")
    analyses = analyses.take(np.repeat(np.arange(len(analyses)), random.integers(1, 3, size=len(analyses))))
    asked = np.minimum(analyses.occurred_ms + random.integers(SECOND, 8 * SECOND, size=len(analyses)), END_MS - 1)
    order = np.argsort(asked, kind="stable")
    asked, user = asked[order], analyses.user[order]
    count = len(asked)

    model = random.integers(0, len(_MODELS), size=count)
    day = (asked - START_MS) // DAY
    # The change-over takes a month in which both versions answer.
    version = (day + random.integers(-15, 16, size=count) >= _TAKE_OVER[model]).astype(np.int64)
    latency = np.round(_LATENCY[model, version] * random.lognormal(0, 0.45, size=count), 1)
    input_tokens = random.lognormal(np.log(900), 0.8, size=count).astype(np.int64) + 20
    output_tokens = random.lognormal(np.log(250), 0.6, size=count).astype(np.int64) + 1
    is_success = random.random(count) >= np.where(version == 0, 0.05, 0.025)
    output_tokens = np.where(is_success, output_tokens, 0)
    error = random.choice(len(_ERRORS), size=count, p=(0.45, 0.25, 0.1, 0.2))
    has_error_type = ~is_success & (random.random(count) < 0.85)
    # Two and six hundred-millionths of a dollar for a token in and out.
    hundred_millionths = where(random.random(count) >= 0.03, input_tokens * 2 + output_tokens * 6)
    cost = pc.multiply(hundred_millionths.cast(pa.decimal128(19, 0)), pa.scalar(Decimal("0.00000001"), pa.decimal128(8, 8)))
    confidence = np.round(np.clip(0.97 - random.exponential(0.08, size=count), 0.2, 0.97), 3)
    joined = world.people.registered_ms[user]
    is_tried = (model == 0) & (joined >= READER_PROMPT.starts_ms) & (asked < READER_PROMPT.ends_ms)
    rows = pa.table(
        {
            "id": in_order("ai", count),
            "model_name": chosen(_MODELS, model),
            "model_version": chosen(("1.4", "2.0"), version),
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "total_tokens": where(random.random(count) >= 0.1, input_tokens + output_tokens),
            "latency_ms": latency,
            "time_to_first_token_ms": where(is_success, np.round(latency * random.uniform(0.1, 0.35, size=count), 1)),
            "success": is_success,
            "error_type": where(has_error_type, chosen(_ERRORS, error)),
            "confidence_score": where(is_success, confidence),
            "cost_estimate": cost.cast(pa.decimal128(18, 8)),
            "satisfaction_score": where(random.random(count) >= 0.85, random.integers(1, 6, size=count)),
            "user_id": users(user),
            "experiment_id": where(is_tried, np.full(count, READER_PROMPT.id)),
            "variant": where(is_tried, np.array(VARIANTS)[variant_of_user(user)]),
            "timestamp": moments(asked),
        }
    )
    succeeded = int(is_success.sum())
    truths = {
        "succeeded": succeeded,
        "failed": count - succeeded,
        "failed_without_error_type": int((~is_success & ~has_error_type).sum()),
        "cost_usd": str(pc.sum(rows.column("cost_estimate")).as_py()),
        "in_experiment": int(is_tried.sum()),
    }
    spoilt = (("wrong_type", "latency_ms", "fast"), ("out_of_range", "input_tokens", -1))
    return Area(
        [Log("ai_model_requests", rows, ("id",), endings=("jsonl.gz", "parquet"), months=1, spoilt=spoilt)], {"ai_requests": truths}
    )
