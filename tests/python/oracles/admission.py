"""Which events are admitted, computed from the received rows one by one: a second implementation, which shares nothing with the models.

A row is a dictionary of a raw event with `payload_hash`, `load_id`, `file_id`, `line_no` and `lane`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from hashlib import md5
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]


@dataclass(frozen=True)
class Limit:
    """A row of event_limits."""

    policy: str
    tier: str
    pattern: str
    is_enabled: bool = True
    daily_limit: int | None = None
    sampling_rate: str | None = None


@dataclass(frozen=True)
class Tenant:
    """A tenant; `mrr` is the closing MRR in US dollars from a day of the tenant on, in order of the days."""

    time_zone: str
    policy: str | None
    mrr: tuple[tuple[date, Decimal], ...] = ()


@dataclass
class Fate:
    """A received row and what became of it: accepted, dropped, not_enabled, sampled_out, duplicate, conflicting or copied."""

    row: Row
    day: date
    fate: str
    weight: Fraction = Fraction(0)
    tier: str = ""
    limit: Limit | None = None


def tier_of(mrr: Decimal) -> str:
    """The tier of the day after a closing MRR."""
    for tier, minimum in (("T4", 10_000), ("T3", 2_000), ("T2", 500)):
        if mrr >= minimum:
            return tier
    return "T1"


def tier_on(day: date, tenant: Tenant, clock_day: date) -> str:
    """The tier of a day; after the day of the clock, that of the clock."""
    before = min(day, clock_day) - timedelta(days=1)
    closings = [amount for since, amount in tenant.mrr if since <= before]
    return tier_of(closings[-1] if closings else Decimal(0))


def is_meant(event_type: str, pattern: str) -> bool:
    """Whether a pattern means a type: a star is one part of a name, or none."""
    if pattern in ("default", event_type):
        return True
    parts = pattern.split(".")
    with_stars = [re.escape(part).replace(r"\*", "[^.]*") for part in parts]
    without_stars = [re.escape(part) for part in parts if part != "*"]
    return any(re.fullmatch(r"\.".join(each), event_type) for each in (with_stars, without_stars))


def limit_for(event_type: str, limits: Sequence[Limit]) -> Limit | None:
    """The limit that applies: the name itself, else the pattern that spells most of it, else the default."""
    meant = [limit for limit in limits if is_meant(event_type, limit.pattern)]

    def precedence(limit: Limit) -> tuple[int, int, bytes]:
        kind = 0 if limit.pattern == event_type else 2 if limit.pattern == "default" else 1
        return kind, -len(limit.pattern.replace("*", "")), limit.pattern.encode()

    return min(meant, key=precedence, default=None)


def local_day(moment: datetime, tenant: Tenant) -> date:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(tenant.time_zone)).date()


def judge(
    rows: Iterable[Row], tenants: Mapping[str, Tenant], limits: Sequence[Limit], realtime: frozenset[str], clock: datetime
) -> list[Fate]:
    """The fate of every row."""
    rows = list(rows)
    brought = {(row["tenant_id"], row["event_id"], row["payload_hash"]) for row in rows if row["lane"] == "batch"}
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    fates = []
    for row in rows:
        if row["lane"] == "realtime" and (row["tenant_id"], row["event_id"], row["payload_hash"]) in brought:
            fates.append(Fate(row, local_day(row["occurred_at"], tenants[row["tenant_id"]]), "copied"))
        else:
            groups[row["tenant_id"], row["event_id"]].append(row)
    candidates: dict[tuple[str, str, date], list[Fate]] = defaultdict(list)
    for (tenant_id, _), copies in groups.items():
        tenant = tenants[tenant_id]
        first, *others = sorted(copies, key=lambda row: (row["received_at"], row["load_id"], row["file_id"], row["line_no"]))
        for row in others:
            fate = "duplicate" if row["payload_hash"] == first["payload_hash"] else "conflicting"
            fates.append(Fate(row, local_day(row["occurred_at"], tenant), fate))
        day = local_day(first["occurred_at"], tenant)
        tier = tier_on(day, tenant, local_day(clock, tenant))
        own = [limit for limit in limits if (limit.policy, limit.tier) == (tenant.policy, tier)]
        limit = None if first["event_type"] in realtime else limit_for(first["event_type"], own)
        rate = Fraction(limit.sampling_rate or "1") if limit else Fraction(1)
        judged = Fate(first, day, "accepted", 1 / rate, tier, limit)
        fates.append(judged)
        if limit and not limit.is_enabled:
            judged.fate = "not_enabled"
        elif Fraction(int(md5(first["event_id"].encode(), usedforsecurity=False).hexdigest(), 16) >> 96, 2**32) >= rate:
            judged.fate = "sampled_out"
        else:
            candidates[tenant_id, first["event_type"], day].append(judged)
    for group in candidates.values():
        group.sort(key=lambda judged: (judged.row["occurred_at"], judged.row["event_id"].encode()))
        for rank, judged in enumerate(group):
            if judged.limit and judged.limit.daily_limit is not None and rank >= judged.limit.daily_limit:
                judged.fate = "dropped"
    return fates


def counts(fates: Iterable[Fate]) -> Counter[tuple[Any, ...]]:
    """How many rows of each (tenant, type, day) met each fate; copies of the other lane are in no count."""
    return Counter((fate.row["tenant_id"], fate.row["event_type"], fate.day, fate.fate) for fate in fates if fate.fate != "copied")
