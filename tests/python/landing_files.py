"""Small landing areas for tests, and the rows that come of them without a warehouse."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ingestion.contracts import Family
from ingestion.files import chunks, inspect, list_files
from ingestion.landing import open_landing
from ingestion.processing import FileVersion, Processor, Tally, route_of

SECRET = "a secret that is used by tests and by nothing else"
LOADED_AT = datetime(2026, 6, 1, 12)
ACCOUNTS = {"acct_one": "one", "acct_two": "two"}

Row = dict[str, Any]


def event(**changes: Any) -> Row:
    """A good native event with changes; a value of `...` leaves the key out."""
    good = {
        "event_id": "e-1",
        "tenant_id": "one",
        "event_type": "page.viewed",
        "user_id": "u-1",
        "timestamp": "2026-03-01T09:12:44.120Z",
        "received_at": "2026-03-01T09:12:45Z",
        "attributes": {"platform": "web"},
    }
    return {key: value for key, value in (good | changes).items() if value is not ...}


def message(**changes: Any) -> Row:
    """A good row of raw_message."""
    good = {
        "message_id": "m-1",
        "tenant_id": "one",
        "type": "email",
        "direction": "inbound",
        "timestamp": "2026-03-01T10:00:00Z",
        "customer_id": "u-1",
        "body": "hello there",
    }
    return {key: value for key, value in (good | changes).items() if value is not ...}


def subscription(**changes: Any) -> Row:
    """A Stripe subscription of one item."""
    price = {"id": "price_1", "object": "price", "product": "prod_1", "currency": "usd", "unit_amount": 2500}
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
    item = {"id": "si_1", "object": "subscription_item", "quantity": 2, "price": price | {"recurring": recurring}}
    good = {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "status": "active",
        "currency": "usd",
        "created": 1767225600,
        "items": {"object": "list", "data": [item]},
    }
    return good | changes


def stripe_event(inside: Row | str, type_: str, created: int = 1767225600, **changes: Any) -> Row:
    envelope = {"id": f"evt_{created}", "object": "event", "type": type_, "created": created, "account": "acct_one", "livemode": False}
    return envelope | {"data": {"object": inside}} | changes


def lines(rows: Iterable[Mapping[str, Any] | str]) -> bytes:
    """JSON lines; a text stands for itself."""
    return b"".join((row if isinstance(row, str) else json.dumps(row)).encode() + b"\n" for row in rows)


def write(landing: Path, path: str, content: bytes | Iterable[Mapping[str, Any] | str]) -> Path:
    """Write a landing file, compressed if its name says so."""
    location = landing / path
    location.parent.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else lines(content)
    location.write_bytes(gzip.compress(data, mtime=0) if path.endswith(".gz") else data)
    return location


class Processed:
    """What a landing area gives: rows by table, tallies by (path, table), findings by (table, column, class)."""

    def __init__(self, landing: Path, family: Family) -> None:
        self.rows: defaultdict[str, list[Row]] = defaultdict(list)
        processor = Processor(SECRET, LOADED_AT, ACCOUNTS)
        for file in list_files(open_landing(landing), family):
            inspection = inspect(file)
            number = processor.add_file(FileVersion(file, file.path, file.path, inspection.fingerprint, inspection.problem))
            for chunk in chunks(file, inspection):
                for name, table in processor.process(route_of(file), [(number, chunk)]):
                    self.rows[name] += table.to_pylist()
        self.files = {(row["path"], row["table_name"]): row for row in processor.load_files()}
        self.tallies: dict[tuple[str, str], Tally] = {
            (processor.files[number].path, name): tally for (number, name), tally in processor.tallies.items()
        }
        self.findings = {(table, column, class_): count for (_, _, table, column, class_), count in processor.findings.items()}
        self.unknown_fields = {
            (tenant, table, name): (field.rows, field.path)
            for (tenant, table), fields in processor.unknown_fields.items()
            for name, field in fields.items()
        }
        self.tenants = processor.tenants
        processor.close()

    def reasons(self) -> dict[int, tuple[str, str | None]]:
        """Reason and field of each rejected line."""
        return {row["line_no"]: (row["reason_code"], row["field"]) for row in self.rows["rejected_rows"]}
