"""The logs of campaigns, their deliveries, and the credits that organisers pay for them with, of the dance platform."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from ingestion.demo_data.logs.world import (
    ADDRESSES,
    ORGANIZERS,
    UTC_MS,
    Area,
    Log,
    Words,
    World,
    chosen,
    in_order,
    moments,
    numbered,
    table_of,
    tally,
    users,
    version_rows,
)
from ingestion.demo_data.window import DAY, END_MS, HOUR, MINUTE, SECOND, START_MS, Integers

# Deliveries that break their campaign's rules, and such as bring a recipient the same content once more.
CAP_VIOLATIONS = 6
COOLDOWN_VIOLATIONS = 9
REPEATED_CONTENTS = 7

_STATUSES = ("pending", "delivered", "acknowledged", "dismissed")
_PENDING, _DELIVERED, _ACKNOWLEDGED, _DISMISSED = range(4)
_RECIPIENTS = ("user", "organizer", "ip")
_CHANNELS = ("inbox", "modal", "banner")
_USER = _RECIPIENTS.index("user")
_CITIES = ("tokyo", "osaka", "kyoto")
_RELEASES = ("3.0.1", "3.1.0", "3.2.0")
_MONEY = pa.decimal128(18, 2)


@dataclass(frozen=True)
class _Kind:
    """A kind of campaign: how often it comes, how many of the users it reaches, and its rules."""

    type: str
    every_days: int
    reach: float
    channels: tuple[int, ...]
    priority: int
    days: int
    cooldown_hours: int
    cap: int
    cost: Decimal | None = None
    tier: str | None = None


_KINDS = (
    _Kind("system", 61, 0.18, (1, 2), 90, 6, 24, 2),
    _Kind("upgrade", 92, 0.22, (1, 2), 80, 14, 48, 3),
    _Kind("organizer_broadcast", 14, 0.06, (0,), 50, 9, 72, 2, cost=Decimal("1500.00"), tier="silver"),
    _Kind("organizer_targeted", 21, 0.03, (0,), 60, 9, 48, 2, cost=Decimal("900.00"), tier="gold"),
    _Kind("user_to_user", 45, 0.04, (0,), 20, 20, 12, 3),
)


@dataclass(frozen=True)
class _Campaign:
    """One campaign of a kind."""

    id: str
    number: int
    kind: _Kind
    starts: int

    @property
    def ends(self) -> int:
        return self.starts + self.kind.days * DAY

    @property
    def organizer(self) -> str | None:
        return f"organizer-{self.number % ORGANIZERS + 1:02d}" if self.kind.cost else None


def _campaigns() -> list[_Campaign]:
    """A year of campaigns in the order of their starts."""
    starts = [(START_MS + day * DAY + 3 * HOUR, kind) for kind in _KINDS for day in range(5 + kind.priority % 10, 360, kind.every_days)]
    starts.sort(key=lambda start: (start[0], start[1].type))
    return [_Campaign(f"camp-{number:04d}", number, kind, start) for number, (start, kind) in enumerate(starts, start=1)]


def campaigns(world: World) -> Area:
    """A year of campaigns by their rules, but for planted violations, and the organisers' accounts."""
    plans = _campaigns()
    deliveries, books = _deliveries(world, plans)
    credits_, balance = _credits(plans)
    negative = (("out_of_range", "cooldown_hours", -1),)
    logs = [
        Log("message_campaigns", _versions(plans), ("campaign_id",), written="updated_at", endings=("jsonl",), months=12, spoilt=negative),
        Log(
            "message_deliveries",
            deliveries,
            ("delivery_id",),
            written="updated_at",
            endings=("jsonl.gz", "parquet"),
            spoilt=(("not_accepted", "recipient_type", "robot"),),
        ),
        Log("organizer_credits", credits_, ("entry_id",), endings=("csv",), months=12, spoilt=(("wrong_type", "amount", "a lot"),)),
    ]
    return Area(logs, {"campaigns": {"campaigns": len(plans), **books}, "credits": balance})


def _versions(plans: list[_Campaign]) -> pa.Table:
    """Drafts become active, every third is paused for a day, all that are over are archived."""
    rows: list[dict[str, Any]] = []
    for plan in plans:
        kind = plan.kind
        states = [("draft", plan.starts - 2 * DAY), ("active", plan.starts - HOUR)]
        if plan.number % 3 == 0:
            states += [("paused", plan.starts + 2 * DAY), ("active", plan.starts + 3 * DAY)]
        states += [("archived", plan.ends + DAY)] if plan.ends + DAY < END_MS else []
        audience = f'{{"role":"dancer","city":"{_CITIES[plan.number % len(_CITIES)]}"}}'
        rows += [
            {
                "campaign_id": plan.id,
                "type": kind.type,
                "status": status,
                "audience": audience,
                "delivery_channels": "[" + ",".join(f'"{_CHANNELS[channel]}"' for channel in kind.channels) + "]",
                "priority": kind.priority,
                "start_at": plan.starts,
                "end_at": plan.ends,
                "cooldown_hours": kind.cooldown_hours,
                "max_deliveries_per_user": kind.cap,
                "release_id": _RELEASES[plan.number % len(_RELEASES)] if kind.type == "upgrade" else None,
                "role_requirement": "organizer" if kind.tier else None,
                "paid_tier_requirement": kind.tier,
                "organizer_id": plan.organizer,
                "cost": kind.cost,
                "updated_at": at,
            }
            for status, at in states
            if at < END_MS
        ]
    times = dict.fromkeys(("start_at", "end_at", "updated_at"), UTC_MS)
    return version_rows(rows, {**times, "audience": pa.json_(), "delivery_channels": pa.json_(), "cost": _MONEY})


def _schedule(world: World, plan: _Campaign, random: np.random.Generator) -> tuple[Integers, Integers, Integers]:
    """Campaign, recipient and time of a campaign's deliveries, those to a recipient one after the other, its cooldown between them."""
    registered = int(np.searchsorted(world.people.registered_ms, plan.starts))
    reached = np.flatnonzero(random.random(registered) < plan.kind.reach)
    times = np.minimum(random.geometric(0.6, size=len(reached)), plan.kind.cap)
    first = plan.starts + random.integers(0, 3 * DAY, size=len(reached))
    recipient = np.repeat(reached, times)
    position = np.arange(len(recipient)) - np.repeat(np.cumsum(times) - times, times)
    created = np.repeat(first, times) + position * (plan.kind.cooldown_hours * HOUR + 30 * MINUTE)
    kept = created < min(plan.ends, END_MS - HOUR)
    return np.full(int(kept.sum()), plan.number - 1), recipient[kept], created[kept]


def _deliveries(world: World, plans: list[_Campaign]) -> tuple[pa.Table, dict[str, Any]]:
    """Deliveries by the rules, the planted exceptions, and what became of each: versions in the order in which they were written."""
    random = world.random("message_deliveries")
    campaign, recipient, created = (
        np.concatenate(parts) for parts in zip(*(_schedule(world, plan, random) for plan in plans), strict=True)
    )
    cooldown = np.array([plan.kind.cooldown_hours for plan in plans])[campaign] * HOUR
    cap = np.array([plan.kind.cap for plan in plans])[campaign]

    _, group, sizes = np.unique(campaign * 10**9 + recipient, return_inverse=True, return_counts=True)
    is_last = np.append(group[1:] != group[:-1], True)
    # An address is somebody else each month: nobody could count what it got.
    can_err = is_last & (_recipient_type(plans, campaign, recipient) == _USER) & (created + cooldown + DAY < END_MS)
    over = random.choice(np.flatnonzero(can_err & (sizes[group] == cap)), size=CAP_VIOLATIONS, replace=False)
    spare = random.permutation(np.flatnonzero(can_err & (sizes[group] < cap)))
    hasty, again = spare[:COOLDOWN_VIOLATIONS], spare[COOLDOWN_VIOLATIONS : COOLDOWN_VIOLATIONS + REPEATED_CONTENTS]
    source = np.concatenate([np.arange(len(campaign)), over, hasty, again])
    pause = np.concatenate(
        [np.zeros(len(campaign), np.int64), (cooldown + HOUR)[over], (cooldown // 2)[hasty], np.full(len(again), SECOND)]
    )
    content = np.arange(len(source))
    content[len(content) - len(again) :] = again

    campaign, recipient, created = campaign[source], recipient[source], created[source] + pause
    count = len(source)
    outcome = random.choice(len(_STATUSES), size=count, p=(0.06, 0.4, 0.4, 0.14))
    delivered = created + random.integers(SECOND, 2 * MINUTE, size=count)
    closed = delivered + np.minimum(random.exponential(10 * HOUR, size=count), 3 * DAY).astype(np.int64) + SECOND
    outcome = np.where(closed < END_MS, outcome, np.minimum(outcome, _DELIVERED))
    # A version for each status that a delivery came to.
    delivery = np.concatenate([np.arange(count), np.flatnonzero(outcome >= _DELIVERED), np.flatnonzero(outcome > _DELIVERED)])
    status = np.repeat(
        [_PENDING, _DELIVERED, _ACKNOWLEDGED], [count, int((outcome >= _DELIVERED).sum()), int((outcome > _DELIVERED).sum())]
    )
    status = np.where(status == _ACKNOWLEDGED, outcome[delivery], status)
    written = np.select([status == _PENDING, status == _DELIVERED], [created[delivery], delivered[delivery]], closed[delivery])
    channel = np.array([plan.kind.channels[-1] for plan in plans])
    type_ = _recipient_type(plans, campaign, recipient)
    rows = table_of(
        {
            "delivery_id": numbered("dlv", 1 + delivery),
            "campaign_id": chosen([plan.id for plan in plans], campaign[delivery]),
            "recipient_type": chosen(_RECIPIENTS, type_[delivery]),
            "recipient_id": _recipient_ids(type_, recipient)[delivery],
            "delivery_status": chosen(_STATUSES, status),
            "delivery_channel": chosen(_CHANNELS, channel[campaign[delivery]]),
            "created_at": moments(created[delivery]),
            "delivered_at": moments(delivered[delivery], status >= _DELIVERED),
            "ack_at": moments(closed[delivery], status == _ACKNOWLEDGED),
            "dismissed_at": moments(closed[delivery], status == _DISMISSED),
            "expires_at": moments(created[delivery] + 14 * DAY),
            "payload_hash": numbered("content", content[delivery]),
            "updated_at": moments(written),
        },
        written,
        delivery,
    )
    books = {
        "deliveries": count,
        "by_status": tally(_STATUSES, outcome),
        "cap_violations": len(over),
        "cooldown_violations": len(hasty),
        "repeated_contents": len(again),
    }
    return rows, books


def _recipient_type(plans: list[_Campaign], campaign: Integers, recipient: Integers) -> Integers:
    """Most are users; organisers are told of their own, and what everybody is told also goes to visitors' addresses."""
    is_for_all = np.array([plan.kind.cost is None for plan in plans])[campaign]
    is_address = is_for_all & (recipient % 10 == 3) & (recipient < 10 * len(ADDRESSES))
    return np.select([is_address, recipient % 37 == 5], [_RECIPIENTS.index("ip"), _RECIPIENTS.index("organizer")], _USER)


def _recipient_ids(type_: Integers, recipient: Integers) -> Words:
    addresses = np.array(ADDRESSES)[recipient // 10 % len(ADDRESSES)]
    return np.select([type_ == _RECIPIENTS.index("ip"), type_ == _USER], [addresses, users(recipient)], numbered("organizer", recipient))


def _credits(plans: list[_Campaign]) -> tuple[pa.Table, dict[str, str]]:
    """Organisers buy credits before they spend them; the cost of each tenth campaign is refunded."""
    entries: list[dict[str, Any]] = []
    balance: defaultdict[str, Decimal] = defaultdict(Decimal)
    for plan in plans:
        if plan.kind.cost is None or plan.ends > END_MS:
            continue
        cost = plan.kind.cost
        moves: list[tuple[str, Decimal, int, str | None]] = []
        moves += [("purchase", cost * 2, plan.starts - 3 * DAY, None)] if balance[str(plan.organizer)] < cost else []
        moves += [("spend", -cost, plan.starts, plan.id)]
        moves += [("refund", cost, plan.ends, plan.id)] if plan.number % 10 == 0 else []
        for kind, amount, at, campaign in moves:
            balance[str(plan.organizer)] += amount
            entries.append({"organizer_id": plan.organizer, "amount": amount, "kind": kind, "timestamp": at, "campaign_id": campaign})
    rows = version_rows(entries, {"amount": _MONEY, "timestamp": UTC_MS}, by="timestamp")
    return rows.add_column(0, "entry_id", pa.array(in_order("credit", rows.num_rows))), {
        organizer: str(amount) for organizer, amount in sorted(balance.items())
    }
