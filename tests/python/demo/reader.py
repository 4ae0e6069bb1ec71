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
        yield from ((row, None) for row in pq.read_table(path).to_pylist())
        return
    content, is_cut_short = _content(path)
    if ".csv" in path.name:
        for row in csv.DictReader(io.StringIO(content.decode())):
            yield {key: value or None for key, value in row.items()}, None
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


_REQUIRED_OF_LOGS = {
    "ai_model_requests": ("id", "model_name", "model_version", "input_tokens", "output_tokens", "latency_ms", "success"),
    "raw_message": ("message_id", "type", "direction"),
    "tournaments": ("tournament_id", "status"),
    "tournament_entries": ("entry_id", "tournament_id", "player_id"),
}
_TIME_OF_LOGS = {
    "ai_model_requests": "timestamp",
    "raw_message": "timestamp",
    "tournaments": "starts_at",
    "tournament_entries": "entered_at",
}


def _log_fault(table: str, row: Row) -> str | None:
    if any(row.get(name) is None for name in _REQUIRED_OF_LOGS[table]):
        return "missing_required"
    if table == "ai_model_requests" and isinstance(row["latency_ms"], str):
        return "wrong_type"
    return _time_fault(row[_TIME_OF_LOGS[table]])


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
                if tenant is None:
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
