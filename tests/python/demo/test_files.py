"""The landing area as a whole: determinism, size, window, and what the command refuses."""

from __future__ import annotations

import csv
import hashlib
import itertools
import zoneinfo
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from demo.reader import Read, moment
from ingestion.demo_data import generate
from ingestion.demo_data.tenants import TENANTS
from ingestion.errors import SettingsError


def _fingerprints(landing: Path) -> dict[str, str]:
    files = (path for path in landing.rglob("*") if path.is_file())
    return {path.relative_to(landing).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_equal_seeds_give_equal_bytes_and_other_seeds_do_not(tmp_path: Path) -> None:
    runs = {"first": 3, "again": 3, "other": 4}
    for name, seed in runs.items():
        generate(tmp_path / name, events=10_000, seed=seed)
    first, again, other = (_fingerprints(tmp_path / name) for name in runs)
    assert first == again
    differing = [path for path in first if path in other and first[path] != other[path]]
    assert len(differing) > 0.9 * len(first)


def test_size_is_exact_and_progress_reaches_it(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    manifest = generate(tmp_path / "landing", events=12_345, seed=1, progress=lambda done, total, _: seen.append((done, total)))
    assert sum(count.unique for count in manifest.tables["events"].values()) == 12_345
    assert seen == sorted(seen)
    assert seen[-1] == (12_345, 12_345)


def test_refuses_a_folder_with_files_and_too_few_events(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(SettingsError, match="not empty"):
        generate(tmp_path, events=10_000)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(SettingsError, match="too few"):
        generate(tmp_path / "small", events=9_999)
    assert not (tmp_path / "small").exists()


def test_manifest_names_every_file_and_its_lines(
    landing: Path, manifest: dict[str, Any], events: list[Read], payments: list[Read], logs: list[Read]
) -> None:
    found = set(_fingerprints(landing)) - {"manifest.json"}
    assert found == set(manifest["files"])
    for lines in (events, payments, logs):
        last_lines = {line.path: line.line_no for line in lines}
        assert {path: manifest["files"][path] for path in last_lines} == last_lines


def test_events_fill_the_window(events: list[Read]) -> None:
    times = [moment(line.row[name]) for line in events if line.row for name in ("timestamp", "received_at")]
    assert min(times) < datetime(2025, 7, 2, tzinfo=UTC)
    assert datetime(2026, 7, 2, 11, tzinfo=UTC) < max(times) <= datetime(2026, 7, 2, 12, tzinfo=UTC)
    # June 2026 is over everywhere: each tenant has events on its own first of July.
    for tenant in TENANTS:
        zone = zoneinfo.ZoneInfo(tenant.time_zone)
        latest = max(moment(line.row["timestamp"]) for line in events if line.row and line.tenant == tenant.id)
        assert latest.astimezone(zone).date() >= date(2026, 7, 1)


def test_tenants_are_those_of_the_seed() -> None:
    with Path("seeds/tenants.csv").open() as file:
        rows = {row["tenant_id"]: (row["time_zone"], row["stripe_account"]) for row in csv.DictReader(file)}
    assert rows == {tenant.id: (tenant.time_zone, tenant.account) for tenant in TENANTS}


def test_rates_are_those_of_weekdays(landing: Path, manifest: dict[str, Any]) -> None:
    with (landing / "payments/fx_rates/fx_rates.csv").open() as file:
        rows = list(csv.DictReader(file))
    days = sorted({date.fromisoformat(row["date"]) for row in rows})
    assert all(day.weekday() < 5 for day in days)
    # One rate at least stands before the window, and none is missing for longer than a weekend.
    assert days[0] < date(2025, 6, 30)
    assert max((after - before).days for before, after in itertools.pairwise(days)) == 3
    assert len(rows) == 4 * len(days) == manifest["tables"]["fx_rates"]["*"]["accepted"]
    for currency, lowest, highest in (("EUR", 0.9, 1.5), ("GBP", 1.1, 1.6), ("JPY", 0.004, 0.012), ("USD", 1, 1)):
        rates = [float(row["rate_to_usd"]) for row in rows if row["currency"] == currency]
        assert lowest <= min(rates) <= max(rates) <= highest
        assert max(abs(after / before - 1) for before, after in itertools.pairwise(rates)) < 0.02
