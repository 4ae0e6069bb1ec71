"""The logs tournaments and tournament_entries of the dance platform."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from ingestion.demo_data.logs.world import UTC_MS, Area, Log, World, version_rows
from ingestion.demo_data.people import local_moments, user_id
from ingestion.demo_data.window import DAY, DAYS, END_MS, HOUR, MINUTE, START_MS


def tournaments(world: World) -> Area:
    """Three tournaments a week and the entries of their players, each as versions in the order in which they were written.

    One in eight tournaments is cancelled; its entries are paid back. Some players withdraw.
    """
    random = world.random("tournaments")
    versions: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    last: Counter[str] = Counter()
    start_days = [day for day in range(10, DAYS) if (day + 1) % 7 in (2, 5, 6)]
    half_hours = local_moments(world.tenant, np.array(start_days), random) // (30 * MINUTE)
    starts = np.sort(half_hours * 30 * MINUTE)
    for number, start in enumerate(starts[starts < END_MS - 8 * HOUR].tolist(), start=1):
        currency, fee = ("USD", "20.00") if random.random() < 0.12 else ("JPY", str(random.choice((0, 1500, 3000, 5000))))
        announced = max(START_MS + HOUR, start - 30 * DAY)
        is_cancelled = random.random() < 0.125
        end = start - int(random.integers(1, 4)) * DAY if is_cancelled else start + int(random.integers(3, 7)) * HOUR
        states = [("scheduled", announced)]
        states += [("cancelled", end)] if is_cancelled else [("running", start), ("completed", end)]
        last[states[-1][0]] += 1
        for status, at in states:
            versions.append(
                {
                    "tournament_id": f"tour-{number:05d}",
                    "status": status,
                    "starts_at": start,
                    "completed_at": at if status == "completed" else None,
                    "entry_fee_amount": fee,
                    "currency": currency,
                    "updated_at": at,
                }
            )
        closing = min(start, end)
        known = int(np.searchsorted(world.people.registered_ms, announced))
        players = random.choice(known, size=min(known, int(random.integers(6, 31))), replace=False) if known else np.array([], dtype=int)
        for player in players.tolist():
            entered = int(random.integers(announced, closing))
            entry: dict[str, Any] = {
                "entry_id": f"entry-{number:05d}-{player:07d}",
                "tournament_id": f"tour-{number:05d}",
                "player_id": user_id(player),
                "entered_at": entered,
                "status": "entered",
                "paid_amount": fee,
                "updated_at": entered,
            }
            entries.append(entry)
            if random.random() < 0.08:
                withdrawn = int(random.integers(entered, closing)) + 1
                entries.append({**entry, "status": "withdrawn", "paid_amount": "0", "updated_at": withdrawn})
            elif is_cancelled:
                entries.append({**entry, "status": "refunded", "paid_amount": "0", "updated_at": end + MINUTE})
    money = pa.decimal128(18, 2)
    contest_rows = version_rows(versions, {"starts_at": UTC_MS, "completed_at": UTC_MS, "entry_fee_amount": money, "updated_at": UTC_MS})
    entry_rows = version_rows(entries, {"entered_at": UTC_MS, "paid_amount": money, "updated_at": UTC_MS})
    negative = (("out_of_range", "paid_amount", -5),)
    logs = [
        Log("tournaments", contest_rows, ("tournament_id",), written="updated_at", months=12),
        Log("tournament_entries", entry_rows, ("entry_id",), written="updated_at", endings=("csv", "parquet"), months=6, spoilt=negative),
    ]
    truths = {**dict(sorted(last.items())), "players": len({entry["player_id"] for entry in entries})}
    return Area(logs, {"tournaments": truths})
