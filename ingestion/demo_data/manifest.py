"""What the demo data hold: written beside them as manifest.json, for tests to compare and people to read."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.demo_data.oddities import Broken

FILE_NAME = "manifest.json"
UNKNOWN = "unknown"
"""Stands for the tenant of lines that neither they nor their folder name one for."""


@dataclass
class TableCount:
    """Rows of a raw table: `accepted` by a loader (repeats included), and `unique` by the table's key.

    Where states or versions share a key, as subscriptions and tournaments do, `unique` counts the keys.
    """

    accepted: int = 0
    unique: int = 0


@dataclass
class Manifest:
    """The parameters and contents of a demo landing area.

    tables     by table and tenant
    rejected   by family, tenant (`unknown` where no row or folder names it) and reason code: lines that must be refused
    oddities   by tenant: planted lines that a loader accepts
    logs       by table of logs and tenant: rows that arrive months late, rows sent again, and refused lines by reason code
    stories    by tenant: how many customers lived each story of stories.py
    truths     by tenant: numbers that the warehouse must find, from the makers' own books
    shared     such numbers about what belongs to no tenant
    files      lines in each file; the broken end of a file cut short is one
    """

    seed: int
    events: int
    window_start: str
    window_end: str
    tables: dict[str, dict[str, TableCount]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(TableCount)))
    rejected: dict[str, dict[str, Counter[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Counter)))
    oddities: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    logs: dict[str, dict[str, Counter[str]]] = field(default_factory=lambda: defaultdict(dict))
    stories: dict[str, dict[str, int]] = field(default_factory=dict)
    truths: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    shared: dict[str, Any] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)

    def count(self, table: str, tenant: str, accepted: int, unique: int) -> None:
        """Add rows to a table's count."""
        counts = self.tables[table][tenant]
        counts.accepted += accepted
        counts.unique += unique

    def reject(self, family: str, tenant: str, broken: list[Broken]) -> None:
        """Add lines that a loader must refuse."""
        self.rejected[family][tenant].update(line.reason for line in broken)

    def count_log(self, table: str, tenant: str, late: int, repeated: int, broken: list[Broken]) -> None:
        """Add what goes wrong on purpose in a log."""
        self.logs[table][tenant] = Counter(late=late, repeated=repeated, **Counter(line.reason for line in broken))

    @property
    def lines(self) -> int:
        """Lines in all files together."""
        return sum(self.files.values())

    @property
    def rejected_by_reason(self) -> dict[str, int]:
        """Refused lines of all families and tenants by reason code."""
        return dict(sum((reasons for tenants in self.rejected.values() for reasons in tenants.values()), Counter()))

    def to_json(self) -> str:
        """The manifest as a JSON text, keys sorted."""
        content = {**vars(self), "rejected_by_reason": self.rejected_by_reason}
        return json.dumps(content, default=vars, indent=2, sort_keys=True) + "\n"

    def write(self, landing: Path) -> None:
        """Write it into the landing folder, outside the folders that a loader reads."""
        (landing / FILE_NAME).write_text(self.to_json())
