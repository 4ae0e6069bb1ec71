"""A warehouse with one row of each family, made once: tests start from a copy, and pay only for the load they are about."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from landing_files import event, message, subscription, write
from loads import load_into


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `landing/` and the warehouse `w.duckdb` that it was loaded into."""
    folder = tmp_path_factory.mktemp("loaded")
    write(folder / "landing", "events/year=2026/month=03/day=01/a.jsonl", [event(tenant_id="mindmetric")])
    write(folder / "landing", "payments/tenant=clausewise/a.jsonl", [subscription()])
    write(folder / "landing", "logs/raw_message/a.jsonl", [message(tenant_id="dansora")])
    load_into(folder / "w.duckdb", folder / "landing")
    return folder


@pytest.fixture
def workplace(loaded: Path, tmp_path: Path) -> Path:
    """A copy of that folder. Copying keeps the times of the files, but not when they were made: their stamps differ."""
    folder = tmp_path / "warehouse"
    shutil.copytree(loaded, folder, ignore=shutil.ignore_patterns("dlt"))
    return folder
