"""What goes wrong on purpose: how many of each oddity are planted, and the broken lines themselves.

The numbers are the same at every size and seed, so that a test can name them. Reason codes are those of docs/raw_tables.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

EXACT_DUPLICATES = 40
CONFLICTING_DUPLICATES = 6
LATE_EVENTS = 30
SWAPPED_LINES = 25
MISSING_EVENT_IDS = 10
PERSONAL_DATA = 12
CUT_SHORT_LINES = 50
REDELIVERED_PAYMENTS = 5
LATE_LOG_ROWS = 3
REPEATED_LOG_ROWS = 4

# Invented, and still nothing that may reach the warehouse.
PERSONAL_ATTRIBUTES = (
    '"full_name":"Robin Madeup","contact":"robin.madeup@example.com","note":"please call Robin Madeup at 202-555-0142",'
    '"card":"4111111111111111","client_address":"203.0.113.77"'
)


@dataclass(frozen=True)
class Broken:
    """A line that a loader must refuse, and the reason code that it must give."""

    reason: str
    line: bytes


def joined(broken: list[Broken]) -> bytes:
    """The lines as they stand in a file."""
    return b"".join(line.line + b"\n" for line in broken)


def _line(**fields: object) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def _page(**fields: object) -> dict[str, object]:
    return {"event_type": "page.viewed", "user_id": "user-0000001", "timestamp": "2026-01-15T10:00:00Z", **fields}


def broken_events() -> list[Broken]:
    """Lines for a tenant's events folder: every reason for which a product event is refused."""
    without_type, without_user = _page(), _page()
    del without_type["event_type"], without_user["user_id"]
    return [
        Broken("malformed_json", b'{"event_type":"page.viewed","user_id":"user-0000001","timestamp":"2026-01-'),
        Broken("malformed_json", b'{"event_type":page.viewed,"user_id":"user-0000001"}'),
        Broken("malformed_json", b"503 Service Unavailable"),
        Broken("not_an_object", b'["page.viewed","user-0000001"]'),
        Broken("not_an_object", b'"page.viewed"'),
        Broken("missing_required", _line(**without_type)),
        Broken("missing_required", _line(**_page(event_type=None))),
        Broken("missing_required", _line(**without_user)),
        Broken("bad_timestamp", _line(**_page(timestamp="yesterday"))),
        Broken("bad_timestamp", _line(**_page(timestamp="2026-02-31T25:61:00Z"))),
        Broken("implausible_timestamp", _line(**_page(timestamp="2099-01-01T00:00:00Z"))),
        Broken("implausible_timestamp", _line(**_page(timestamp="1970-01-01T00:00:00Z"))),
        Broken("wrong_type", _line(**_page(metrics={"duration_seconds": "ten minutes"}))),
        Broken("wrong_type", _line(**_page(metrics={"completion_percentage": "all of it"}))),
        Broken("invalid_encoding", b'{"event_type":"page.viewed","user_id":"user-0000001","attributes":{"page":"/caf\xe9"}}'),
        Broken("oversized_row", _line(**_page(attributes={"note": "x" * (1 << 20)}))),
    ]


def broken_payments() -> list[Broken]:
    """Lines for a tenant's payments folder."""
    nameless = {"id": "evt_broken", "object": "event", "type": "customer.subscription.updated", "created": 1767225600, "livemode": True}
    return [
        Broken("malformed_json", b'{"id":"evt_cut","object":"event","type":"invoice.paid","data":{"object":{"id":"in_'),
        Broken("not_an_object", b"[]"),
        Broken("missing_required", _line(**nameless, data={"object": {"object": "subscription", "customer": "cus_x", "status": "active"}})),
    ]


def unknown_tenant_events(count: int = 6) -> list[Broken]:
    """Sound events that nobody can be named for."""
    return [
        Broken("unknown_tenant", _line(**_page(event_id=f"orphan-{number}", timestamp=f"2026-03-0{number + 1}T12:00:00Z")))
        for number in range(count)
    ]
