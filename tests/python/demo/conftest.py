"""The demo files, read once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demo.reader import Read, read


@pytest.fixture(scope="session")
def manifest(landing: Path) -> dict[str, Any]:
    """The manifest as another program reads it."""
    content: dict[str, Any] = json.loads((landing / "manifest.json").read_text())
    return content


@pytest.fixture(scope="session")
def events(landing: Path) -> list[Read]:
    """Every line of the events, refused ones included."""
    return read(landing, "events")


@pytest.fixture(scope="session")
def payments(landing: Path) -> list[Read]:
    """Every line of the payments, refused ones included."""
    return read(landing, "payments")


@pytest.fixture(scope="session")
def logs(landing: Path) -> list[Read]:
    """Every line of the logs, refused ones included."""
    return read(landing, "logs")
