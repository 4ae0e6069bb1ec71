"""A plain reader of landing files that shares no code with the package: it reads line by line and judges each line by itself."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = dict[str, Any]


@dataclass(frozen=True)
class Read:
    """A line as it was read: its place, and either a row or the reason why it is none."""

    path: str
    line_no: int
    tenant: str | None
    row: Row | None
    reason: str | None = None


def snake(key: str) -> str:
    """A key in snake_case."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), key)


def _snake_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key if len(key) == 1 else snake(key): _snake_keys(inner) for key, inner in value.items()}
    return value


def moment(value: Any) -> datetime:
    """A timestamp of any accepted spelling, UTC. Errors: ValueError."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
    return datetime.fromisoformat(value).astimezone(UTC)


def _json_line(line: bytes) -> tuple[Row | None, str | None]:
    if len(line) > 1 << 20:
        return None, "oversized_row"
    try:
        value = json.loads(line.decode())
    except UnicodeDecodeError:
        return None, "invalid_encoding"
    except json.JSONDecodeError:
        return None, "malformed_json"
    return (_snake_keys(value), None) if isinstance(value, dict) else (None, "not_an_object")


def _content(path: Path) -> tuple[bytes, bool]:
    """A file's content, and whether it ends too early: then as much of it as there is."""
    stored = path.read_bytes()
    if path.suffix != ".gz":
        return stored, False
    try:
        return gzip.decompress(stored), False
    except EOFError:
        return zlib.decompressobj(wbits=31).decompress(stored), True


def _records(path: Path) -> Iterator[tuple[Row | None, str | None]]:
    if path.suffix == ".parquet":
        yield from (({snake(key): value for key, value in row.items()}, None) for row in pq.read_table(path).to_pylist())
        return
    content, is_cut_short = _content(path)
    if ".csv" in path.name:
        for row in csv.DictReader(io.StringIO(content.decode())):
            is_whole = None not in row and None not in row.values()
            yield ({snake(key): value or None for key, value in row.items()}, None) if is_whole else (None, "malformed_csv")
        return
    *lines, rest = content.split(b"\n")
    for line in lines:
        yield _json_line(line)
    if is_cut_short:
        yield None, "truncated_file"
    else:
        assert rest == b""


def _event_fault(row: Row) -> str | None:
    is_about_nobody = str(row.get("event_type")).startswith("system.")
    if not row.get("event_type") or not row.get("timestamp") or not (is_about_nobody or row.get("user_id") or row.get("anonymous_id")):
        return "missing_required"
    if any(isinstance(metric, str) for metric in row.get("metrics", {}).values()):
        return "wrong_type"
    return _time_fault(row["timestamp"])


def _time_fault(value: Any) -> str | None:
    try:
        at = moment(value)
    except ValueError:
        return "bad_timestamp"
    return None if 1990 <= at.year <= 2026 else "implausible_timestamp"


@dataclass(frozen=True)
class LogShape:
    """What a row of a log must have: the fields of its key, others, its time, words of closed lists, and fields that are numbers."""

    key: tuple[str, ...]
    required: tuple[str, ...]
    time: str
    words: dict[str, str]
    numbers: tuple[str, ...]


def _log(key: str, required: str = "", time: str = "timestamp", numbers: str = "", **words: str) -> LogShape:
    return LogShape(tuple(key.split()), tuple(f"{required} {' '.join(words)}".split()), time, words, tuple(numbers.split()))


LOGS = {
    "account_binding_log": _log("binding_id", "user_id type", status="success failure"),
    "raw_message": _log("message_id", "type", direction="inbound outbound"),
    "ai_assist_log": _log("action_id", "generation_id", numbers="tokens", action="generate apply edit save send"),
    "template_log": _log("action_id", "template_id", action="use apply edit copy", scope="personal team"),
    "product_log": _log("action_id", "product_id", numbers="bytes", action="add update delete sync image_upload"),
    "sync_log": _log("sync_id", "source_platform", "started_at", "records", status="success failure"),
    "contact_log": _log("action_id", "contact_id", numbers="records", action="add update segment import grade_change"),
    "automation_log": _log("run_id", "automation trigger status", "updated_at"),
    "asset_log": _log("action_id", "asset_id", action="view download"),
    "campaign_log": _log("action_id", "campaign_id", action="use copy send"),
    "notification_log": _log("notification_id status", "channel", status="sent delivered opened failed"),
    "user_log": _log("action_id", "user_id action"),
    "ai_model_requests": _log("id", "model_name model_version success", numbers="input_tokens output_tokens latency_ms"),
    "experiments": _log("experiment_id", time="updated_at"),
    "experiment_exposures": _log("experiment_id variant unit_id timestamp"),
    "message_campaigns": _log("campaign_id", "type status", "updated_at", "priority cooldown_hours max_deliveries_per_user cost"),
    "message_deliveries": _log(
        "delivery_id",
        "campaign_id recipient_id delivery_status delivery_channel created_at",
        "updated_at",
        recipient_type="user organizer ip",
    ),
    "message_threads": _log("thread_id", "type created_by created_at", "updated_at"),
    "thread_messages": _log("message_id", "thread_id sender_id sender_role sent_at", "updated_at"),
    "experience_profiles": _log("person_key", time="updated_at", person_type="ip user"),
    "checkins": _log("checkin_id", "person_key event_id", event_type="beginner intermediate advanced practica milonga"),
    "visits": _log("visit_id", "person_key"),
    "tournaments": _log("tournament_id", "status starts_at", "updated_at", "entry_fee_amount"),
    "tournament_entries": _log("entry_id", "tournament_id player_id entered_at", "updated_at", "paid_amount"),
    "consent_log": _log("consent_id", "person_key", purpose="analytics marketing organizer_broadcast cross_region", granted="true false"),
    "subject_requests": _log("request_id", "person_key", "received_at", type="access erasure opt_out"),
    "access_grants": _log("grant_id", "principal valid_from", "updated_at", role="owner brand team self"),
    "access_log": _log("access_id", "principal object"),
    "platform_costs": _log("date service currency", time="updated_at"),
    "report_deliveries": _log("delivery_id", "report scheduled_at status", "updated_at", format="csv pdf"),
    "organizer_credits": _log("entry_id", "organizer_id", kind="purchase spend refund"),
}
# These may be negative.
_AMOUNTS = ("amount",)


def _log_fault(table: str, row: Row) -> str | None:
    shape = LOGS[table]
    if any(row.get(name) in (None, "") for name in (*shape.key, *shape.required, shape.time)):
        return "missing_required"
    for name in (*shape.numbers, *_AMOUNTS):
        try:
            value = float(row.get(name) or 0)
        except ValueError:
            return "wrong_type"
        if value < 0 and name not in _AMOUNTS:
            return "out_of_range"
    for name, words in shape.words.items():
        if str(row[name]).lower() not in words.split():
            return "wrong_type" if words == "true false" else "not_accepted"
    return _time_fault(row[shape.time])


def _payment_fault(row: Row) -> str | None:
    if row["object"] == "event":
        return None if row["data"]["object"].get("id") else "missing_required"
    return None if row.get("id") else "missing_required"


def read(landing: Path, family: str) -> list[Read]:
    """Every line of a family's files but the exchange rates."""
    lines = []
    for path in sorted((landing / family).rglob("*.*")):
        name = path.relative_to(landing).as_posix()
        if not path.is_file() or "fx_rates" in name:
            continue
        for line_no, (row, reason) in enumerate(_records(path), start=1):
            fault = reason
            tenant = (row or {}).get("tenant_id")
            folder = re.search(r"tenant=([^/]+)", name)
            if tenant is None and folder:
                tenant = folder[1]
            if tenant is None and row and str(row.get("account")).startswith("acct_"):
                tenant = row["account"].removeprefix("acct_")
            if row is not None:
                if family == "events":
                    fault = _event_fault(row)
                elif family == "logs":
                    fault = _log_fault(name.split("/")[1], row)
                else:
                    fault = _payment_fault(row)
                if tenant is None and name.startswith("logs/platform_costs/"):
                    # Costs that nobody is named for are everybody's; of a refused line nobody can tell.
                    tenant = None if fault else "*"
                elif tenant is None:
                    fault = "unknown_tenant"
            lines.append(Read(name, line_no, tenant, row if fault is None else None, fault))
    return lines


def rejected(lines: list[Read]) -> dict[str, Counter[str]]:
    """Counts of refused lines by tenant and reason."""
    counts: dict[str, Counter[str]] = {}
    for line in lines:
        if line.reason:
            counts.setdefault(line.tenant or "unknown", Counter())[line.reason] += 1
    return counts
