"""The logs experiments and experiment_exposures, with planted results: an effect, none, and a treatment shown too often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from ingestion.demo_data.activity import event_types
from ingestion.demo_data.logs.world import UTC_MS, Area, Log, Truths, World, chosen, moments, table_of, tally, users, version_rows
from ingestion.demo_data.tenants import CLAUSEWISE, MINDMETRIC
from ingestion.demo_data.window import DAY, END_MS, HOUR, MINUTE, START_MS, Flags, Integers

VARIANTS = ("control", "treatment")
# How many units are shown both variants, which leaves them out of any result.
CONTAMINATED_UNITS = 5


@dataclass(frozen=True)
class Experiment:
    """An experiment on those who register while it runs.

    metric    the event that counts as success, if a unit has one in the `DAYS_TO_CONVERT` days after it was first exposed
    treated   share of units that see the treatment; one half is meant
    effect    how much likelier those are to be treated who will succeed than those who will not: what makes the treatment better
    stops     whether it has ended
    """

    id: str
    name: str
    metric: str
    first_day: int
    days: int
    treated: float
    effect: float
    stops: bool

    @property
    def starts_ms(self) -> int:
        return START_MS + self.first_day * DAY

    @property
    def ends_ms(self) -> int:
        return min(self.starts_ms + self.days * DAY, END_MS)


DAYS_TO_CONVERT = 7

READER_PROMPT = Experiment("exp-reader-prompt", "Shorter prompt for the reader", "feature.analysis.used", 230, 90, 0.5, 0.0, stops=True)
EXPERIMENTS = {
    MINDMETRIC.id: (
        Experiment("exp-short-welcome", "Short welcome", "assessment.completed", 60, 150, 0.5, 0.24, stops=True),
        Experiment("exp-button-colour", "Colour of the button", "assessment.completed", 290, 90, 0.5, 0.0, stops=False),
    ),
    CLAUSEWISE.id: (
        READER_PROMPT,
        Experiment("exp-upload-dialog", "New dialog for uploads", "feature.upload.used", 40, 240, 0.7, 0.0, stops=True),
    ),
}


def variant_of_user(user: Integers) -> Integers:
    """The variant of an experiment that goes by the user's number, as the one on prompts does."""
    return user // 3 % 2


def experiments(world: World) -> Area:
    """The tenant's experiments as versions, and who saw what when."""
    plans = EXPERIMENTS[world.tenant.id]
    parts = [_exposures(world, plan) for plan in plans]
    rows = pa.concat_tables([rows for rows, _ in parts]).sort_by(
        [(name, "ascending") for name in ("timestamp", "experiment_id", "unit_id")]
    )
    key = ("experiment_id", "variant", "unit_id", "timestamp")
    logs = [
        Log("experiments", _versions(plans), ("experiment_id",), written="updated_at", endings=("jsonl",), months=12),
        Log("experiment_exposures", rows, key, endings=("parquet", "jsonl.gz")),
    ]
    return Area(logs, {"experiments": {plan.id: books for plan, (_, books) in zip(plans, parts, strict=True)}})


def _exposures(world: World, plan: Experiment) -> tuple[pa.Table, Truths]:
    """Everybody who registers while the experiment runs is shown a variant; one in three comes back and is shown it again."""
    random = world.random(plan.id)
    registered = world.people.registered_ms
    unit = np.flatnonzero((registered >= plan.starts_ms) & (registered < plan.ends_ms - HOUR))
    count = len(unit)
    seen = np.minimum(registered[unit] + random.integers(MINUTE, 20 * MINUTE, size=count), END_MS - HOUR)
    succeeds = _succeeds(world, plan, unit, seen)
    # Balanced, so that the effect changes no share of the treatment.
    odds = plan.treated + plan.effect * (succeeds - succeeds.mean())
    variant = variant_of_user(unit) if plan is READER_PROMPT else (random.random(count) < odds).astype(np.int64)
    again = np.flatnonzero(random.random(count) < 1 / 3)
    mixed = random.choice(count, size=CONTAMINATED_UNITS, replace=False)
    is_clean = ~np.isin(np.arange(count), mixed)
    who = np.concatenate([np.arange(count), again, mixed])
    shown = np.concatenate([variant, variant[again], 1 - variant[mixed]])
    pause = np.concatenate([np.zeros(count, np.int64), random.integers(MINUTE, 3 * DAY, size=len(again)), np.full(len(mixed), HOUR)])
    rows = table_of(
        {
            "experiment_id": np.full(len(who), plan.id),
            "variant": chosen(VARIANTS, shown),
            "unit_id": users(unit[who]),
            "timestamp": moments(np.minimum(seen[who] + pause, END_MS)),
        }
    )
    return rows, {
        "units": tally(VARIANTS, variant[is_clean]),
        "converted": tally(VARIANTS, variant[is_clean & succeeds]),
        "contaminated": len(mixed),
    }


def _succeeds(world: World, plan: Experiment, unit: Integers, seen: Integers) -> Flags:
    """Whether each unit does what the experiment is about within the days after it was first exposed."""
    events = world.activity
    first_seen = np.full(len(world.people), END_MS)
    first_seen[unit] = seen
    is_metric = (events.type == event_types(world.tenant).index(plan.metric)) & (events.user >= 0)
    events = events.take(is_metric)
    since = events.occurred_ms - first_seen[events.user]
    return np.isin(unit, events.user[(since >= 0) & (since < DAYS_TO_CONVERT * DAY)])


def _versions(plans: tuple[Experiment, ...]) -> pa.Table:
    """Each experiment as a draft, then running, and some stopped."""
    rows: list[dict[str, Any]] = []
    for plan in plans:
        states = [("draft", plan.starts_ms - 3 * DAY), ("running", plan.starts_ms)]
        states += [("stopped", plan.ends_ms)] if plan.stops else []
        rows += [
            {
                "experiment_id": plan.id,
                "name": plan.name,
                "metric": plan.metric,
                "variants": '["control","treatment"]',
                "started_at": None if status == "draft" else plan.starts_ms,
                "ended_at": plan.ends_ms if status == "stopped" else None,
                "status": status,
                "updated_at": at,
            }
            for status, at in states
        ]
    return version_rows(rows, {"variants": pa.json_(), "started_at": UTC_MS, "ended_at": UTC_MS, "updated_at": UTC_MS})
