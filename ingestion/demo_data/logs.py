"""The application logs of the demo: AI requests of the document product; messages and tournaments of the dance platform."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo_data.activity import NOTHING, Events, event_types
from ingestion.demo_data.people import People, local_moments, user_id
from ingestion.demo_data.tenants import Tenant
from ingestion.demo_data.window import DAY, DAYS, END_MS, HOUR, MINUTE, SECOND, START_MS, Floats, Integers, random_stream

_UTC = pa.timestamp("ms", tz="UTC")

_MODELS = ("clause-reader", "risk-scorer")
# Typical latency in milliseconds of version 1 and version 2 of each model, and the day on which version 2 took over.
_LATENCY = np.array([[1400.0, 900.0], [2600.0, 2100.0]])
_TAKE_OVER = np.array([150, 240])
_ERRORS = ("timeout", "rate_limited", "content_filter", "overloaded")

_CHANNELS = ("email", "social", "sms")
_TEAMS = ("front-desk", "events")
_BODIES = (
    "Is the beginner class on Friday still open?",
    "Please move my ticket, my name is Robin Madeup, thanks",
    'Which hall is it, "A" or "B"?',
    "Write to robin.madeup@example.com or call 202-555-0142",
    "どこで踊れますか",
)
_REPLIES = ("Yes, see you there.", "Done, you find the new ticket in the app.", "Hall B, from six o'clock.")
_AUTOMATIC = "We have received your message and will answer soon."


def _moments(milliseconds: Integers, missing: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None) -> pa.Array:
    return pa.array(milliseconds, mask=missing).cast(_UTC)


def _ids(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{number:07d}" for number in range(1, count + 1)]


def ai_model_requests(tenant: Tenant, activity: Events, seed: int) -> pa.Table:
    """One or two requests for each analysis of a document, in the order of time."""
    random = random_stream(seed, tenant.id, "ai_model_requests")
    analyses = activity.take((activity.type == event_types(tenant).index("feature.analysis.used")) & (activity.user != NOTHING))
    analyses = analyses.take(np.repeat(np.arange(len(analyses)), random.integers(1, 3, size=len(analyses))))
    asked = np.minimum(analyses.occurred_ms + random.integers(SECOND, 8 * SECOND, size=len(analyses)), END_MS - 1)
    order = np.argsort(asked, kind="stable")
    asked, users = asked[order], analyses.user[order]
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
    hundred_millionths = pa.array(input_tokens * 2 + output_tokens * 6, mask=random.random(count) < 0.03)
    cost = pc.multiply(hundred_millionths.cast(pa.decimal128(19, 0)), pa.scalar(Decimal("0.00000001"), pa.decimal128(8, 8)))
    confidence = np.round(np.clip(0.97 - random.exponential(0.08, size=count), 0.2, 0.97), 3)
    return pa.table(
        {
            "id": _ids("ai", count),
            "model_name": np.array(_MODELS)[model],
            "model_version": np.array(("1.4", "2.0"))[version],
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "total_tokens": pa.array(input_tokens + output_tokens, mask=random.random(count) < 0.1),
            "latency_ms": latency,
            "time_to_first_token_ms": pa.array(np.round(latency * random.uniform(0.1, 0.35, size=count), 1), mask=~is_success),
            "success": is_success,
            "error_type": pa.array(np.array(_ERRORS)[error], mask=~has_error_type),
            "confidence_score": pa.array(confidence, mask=~is_success),
            "cost_estimate": cost.cast(pa.decimal128(18, 8)),
            "satisfaction_score": pa.array(random.integers(1, 6, size=count), mask=random.random(count) < 0.85),
            "user_id": [user_id(number) for number in users.tolist()],
            "timestamp": _moments(asked),
        }
    )


def raw_message(tenant: Tenant, people: People, events: int, seed: int) -> pa.Table:
    """Conversations between customers and agents, and messages that machines send, in the order of time.

    Four in five questions are answered by a person; some first by a machine; the rest never.
    """
    random = random_stream(seed, tenant.id, "raw_message")
    questions = max(60, events * 3 // 100)
    days = 2 + random.choice(DAYS - 4, size=questions, p=_growth(DAYS - 4))
    asked = np.sort(local_moments(tenant, days, random))
    registered = np.searchsorted(people.registered_ms, asked)
    customer = (random.random(questions) * np.maximum(registered, 1)).astype(np.int64)
    channel = random.choice(len(_CHANNELS), size=questions, p=(0.5, 0.3, 0.2))
    team = random.integers(0, len(_TEAMS), size=questions)

    machine = np.flatnonzero(random.random(questions) < 0.35)
    machine_ms = asked[machine] + random.integers(4 * SECOND, 20 * SECOND, size=len(machine))
    answered = np.flatnonzero(random.random(questions) < 0.8)
    answered_ms = asked[answered] + (random.lognormal(np.log(42), 1.1, size=len(answered)) * MINUTE).astype(np.int64)
    in_time = answered_ms < END_MS
    answered, answered_ms = answered[in_time], answered_ms[in_time]
    news = random.choice(questions, size=questions // 2)
    news_ms = asked[news] + random.integers(0, HOUR, size=len(news))

    thread = np.concatenate([np.arange(questions), machine, answered, news])
    kind = np.repeat(np.arange(4), [questions, len(machine), len(answered), len(news)])
    sent = np.concatenate([asked, machine_ms, answered_ms, news_ms])
    order = np.lexsort((kind, sent))
    thread, kind, sent = thread[order], kind[order], sent[order]
    count = len(kind)
    is_question, is_machine, is_answer, is_news = (kind == number for number in range(4))

    ids = np.array(_ids("msg", count))
    id_of_question = np.empty(questions, dtype=ids.dtype)
    id_of_question[thread[is_question]] = ids[is_question]
    bodies = np.array(_BODIES)[random.integers(0, len(_BODIES), size=count)]
    replies = np.array(_REPLIES)[random.integers(0, len(_REPLIES), size=count)]
    agents = np.array([f"agent-{number}" for number in range(1, 7)])[random.integers(0, 6, size=count)]
    products = np.array(['["ticket-1"]', '["ticket-1","shoes-7"]'])[random.integers(0, 2, size=count)]
    return pa.table(
        {
            "message_id": ids,
            "type": np.array(_CHANNELS)[channel[thread]],
            "direction": np.where(is_question, "inbound", "outbound"),
            "timestamp": _moments(sent),
            "in_reply_to": pa.array(id_of_question[thread], mask=~(is_machine | is_answer)),
            "thread_id": pa.array([f"thread-{number:07d}" for number in thread.tolist()], mask=is_news),
            "agent_id": pa.array(agents, mask=~is_answer),
            "customer_id": [user_id(number) for number in customer[thread].tolist()],
            "is_automated": pa.array(is_machine | is_news, mask=is_question),
            "delivered_at": _moments(sent + random.integers(200, 4 * SECOND, size=count), random.random(count) < 0.02),
            "product_ids": pa.array(products, mask=~is_news | (random.random(count) < 0.4)),
            "team_id": np.array(_TEAMS)[team[thread]],
            "body": np.select([is_question, is_answer, is_machine], [bodies, replies, np.full(count, _AUTOMATIC)], "News of the week"),
        }
    )


def _growth(days: int) -> Floats:
    weights = 1 + 1.5 * np.arange(days) / days
    shares: Floats = weights / weights.sum()
    return shares


def tournaments(tenant: Tenant, people: People, seed: int) -> tuple[pa.Table, pa.Table]:
    """Three tournaments a week and the entries of their players, each as versions in the order in which they were written.

    One in eight tournaments is cancelled; its entries are paid back. Some players withdraw.
    """
    random = random_stream(seed, tenant.id, "tournaments")
    versions: list[dict[str, object]] = []
    entries: list[dict[str, object]] = []
    start_days = [day for day in range(10, DAYS) if (day + 1) % 7 in (2, 5, 6)]
    half_hours = local_moments(tenant, np.array(start_days), random) // (30 * MINUTE)
    starts = np.sort(half_hours * 30 * MINUTE)
    for number, start in enumerate(starts[starts < END_MS - 8 * HOUR].tolist(), start=1):
        currency, fee = ("USD", "20.00") if random.random() < 0.12 else ("JPY", str(random.choice((0, 1500, 3000, 5000))))
        announced = max(START_MS + HOUR, start - 30 * DAY)
        is_cancelled = random.random() < 0.125
        end = start - int(random.integers(1, 4)) * DAY if is_cancelled else start + int(random.integers(3, 7)) * HOUR
        states = [("scheduled", announced)]
        states += [("cancelled", end)] if is_cancelled else [("running", start), ("completed", end)]
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
        known = int(np.searchsorted(people.registered_ms, announced))
        players = random.choice(known, size=min(known, int(random.integers(6, 31))), replace=False) if known else np.array([], dtype=int)
        for player in players.tolist():
            entered = int(random.integers(announced, closing))
            entry: dict[str, object] = {
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
    return (
        _versions(versions, {"starts_at": _UTC, "completed_at": _UTC, "entry_fee_amount": money, "updated_at": _UTC}),
        _versions(entries, {"entered_at": _UTC, "paid_amount": money, "updated_at": _UTC}),
    )


def _versions(rows: list[dict[str, object]], types: dict[str, pa.DataType]) -> pa.Table:
    """Rows as a table in the order of `updated_at`; text where no type is named."""
    rows = sorted(rows, key=lambda row: (row["updated_at"], str(row)))
    arrays = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    return pa.table({name: array.cast(types[name]) if name in types else array for name, array in arrays.items()})
