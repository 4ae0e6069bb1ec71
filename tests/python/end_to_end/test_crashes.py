"""A process that is killed while it builds or publishes: people read a whole state, and the next run completes the work."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg2
import pytest
from conftest import TEST_KEY
from project import ROOT, Plumbline, fresh_database
from raw import copy_to_postgres, create_raw, insert

from operations.publish import publish
from operations.settings import Settings

BUILD = ("build", "--select", "+dim_tenants", "--select", "+fct_events")
# Tenants of either mart: a state is whole when both speak of the same tenants.
STATE = """
    select
        (select string_agg(tenant_id, ',' order by tenant_id) from marts.dim_tenants where not is_registered),
        (select string_agg(tenant_id, ',' order by tenant_id) from marts.fct_events),
        (select count(*) from publication.published)
"""
State = tuple[str, str, int]
BEFORE: State = ("t", "t", 1)
AFTER: State = ("t,t2", "t,t2", 1)

# Where a process dies: the code that kills it there.
AMID_A_BUILD = """
import contextlib, operations.cli
operations.cli._bar = contextlib.contextmanager(lambda title: iter([lambda done, total, what="": what == "dim_tenants" and die()]))
"""
AMID_THE_COPY = "operations.publish._now = die"
BEFORE_THE_RENAME = "pathlib.Path.replace = lambda self, target: die()"
AFTER_THE_RENAME = "replace = pathlib.Path.replace; pathlib.Path.replace = lambda self, target: (replace(self, target), die())"
BEFORE_THE_COMMIT = "swap = operations.publish._publish_schema; operations.publish._publish_schema = lambda server: (swap(server), die())"
AFTER_THE_COMMIT = "publish = operations.publish.publish; operations.publish.publish = lambda settings: (publish(settings), die())"


def add_event(database: Path, tenant: str) -> None:
    row = {"tenant_id": tenant, "event_id": tenant, "event_type": "page.viewed", "user_id": "u", "occurred_at": "2026-03-01 10:00"}
    insert(database, "raw_events.events", [row], file_id=tenant, load_id=tenant)


def read_duckdb(plumbline: Plumbline) -> State:
    with duckdb.connect(str(plumbline.published), read_only=True) as connection:
        return one_state(connection.execute(STATE).fetchone())


def read_postgres(plumbline: Plumbline) -> State:
    with closing(psycopg2.connect(plumbline.postgres_dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(STATE)
        return one_state(cursor.fetchone())


def one_state(row: tuple[str, str, int] | None) -> State:
    assert row is not None
    return row


def mark_as_full(plumbline: Plumbline) -> None:
    """Let the few models that are built here pass for all of them."""
    statement = "update raw_operations.builds set is_full = true"
    if plumbline.postgres_dsn:
        with closing(psycopg2.connect(plumbline.postgres_dsn)) as server, server, server.cursor() as cursor:
            cursor.execute(statement)
    else:
        with duckdb.connect(str(plumbline.database)) as connection:
            connection.execute(statement)


def build_and_publish(plumbline: Plumbline) -> None:
    plumbline.run(*BUILD)
    mark_as_full(plumbline)
    plumbline.run("publish")


def killed(plumbline: Plumbline, place: str, *command: str, read: Callable[[Plumbline], State]) -> set[State]:
    """Run a command that dies at a place in the code; return every state that a reader saw meanwhile and saw afterwards."""
    script = f"""
import os, pathlib, signal, operations.publish
def die():
    os.kill(os.getpid(), signal.SIGKILL)
{place}
from operations.cli import main
main()
"""
    seen = set()
    with (
        (plumbline.folder / "printed").open("w") as printed,
        subprocess.Popen(
            [sys.executable, "-c", script, *command],
            cwd=plumbline.folder,
            env={**plumbline.environment, "PYTHONPATH": str(ROOT)},
            stdout=printed,
            stderr=printed,
        ) as process,
    ):
        while process.poll() is None:
            seen.add(read(plumbline))
    assert process.returncode == -signal.SIGKILL, (plumbline.folder / "printed").read_text()
    return seen | {read(plumbline)}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Plumbline:
    """A warehouse whose publication knows one tenant, while raw tables hold an event of a second one."""
    plumbline = Plumbline(tmp_path_factory.mktemp("published"), key=TEST_KEY)
    plumbline.database.parent.mkdir()
    create_raw(plumbline.database)
    add_event(plumbline.database, "t")
    build_and_publish(plumbline)
    add_event(plumbline.database, "t2")
    return plumbline


@pytest.fixture(scope="module")
def rebuilt(published: Plumbline, tmp_path_factory: pytest.TempPathFactory) -> Plumbline:
    """The same, with the second tenant in the working file's marts, ready to be published."""
    plumbline = copied(published, tmp_path_factory.mktemp("rebuilt"))
    plumbline.run(*BUILD)
    mark_as_full(plumbline)
    return plumbline


def copied(plumbline: Plumbline, folder: Path) -> Plumbline:
    shutil.copytree(plumbline.database.parent, folder / "warehouse")
    return Plumbline(folder, key=TEST_KEY)


def test_a_build_that_is_killed_is_never_published(published: Plumbline, tmp_path: Path) -> None:
    plumbline = copied(published, tmp_path)
    assert killed(plumbline, AMID_A_BUILD, *BUILD, read=read_duckdb) == {BEFORE}
    mark_as_full(plumbline)
    refused = plumbline.attempt("publish")
    assert refused.returncode == 7
    assert "cut short" in refused.stderr
    assert read_duckdb(plumbline) == BEFORE
    build_and_publish(plumbline)
    assert read_duckdb(plumbline) == AFTER


@pytest.mark.parametrize("place", [AMID_THE_COPY, BEFORE_THE_RENAME, AFTER_THE_RENAME], ids=["copying", "before", "after"])
def test_a_publication_that_is_killed_on_duckdb(rebuilt: Plumbline, tmp_path: Path, place: str) -> None:
    plumbline = copied(rebuilt, tmp_path)
    seen = killed(plumbline, place, "publish", read=read_duckdb)
    assert seen == ({BEFORE, AFTER} if place == AFTER_THE_RENAME else {BEFORE})
    plumbline.run("publish")
    assert read_duckdb(plumbline) == AFTER
    assert sorted(path.name for path in plumbline.database.parent.iterdir()) == ["plumbline.duckdb", "plumbline.published.duckdb"]


def publish_under_a_reader(plumbline: Plumbline, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish while a reader is between two marts: both are of the old publication, and the new one comes when the reader has ended."""
    waiting = threading.Event()
    sleep = time.sleep

    def tell_and_sleep(seconds: float) -> None:
        waiting.set()
        sleep(seconds)

    monkeypatch.setattr("operations.publish.time.sleep", tell_and_sleep)
    settings = Settings("postgres", plumbline.database, dsn, "", None)
    with ThreadPoolExecutor() as pool, closing(psycopg2.connect(dsn)) as reader, reader.cursor() as cursor:
        cursor.execute("select count(*) from marts.dim_tenants where not is_registered")
        assert cursor.fetchone() == (1,)
        publication = pool.submit(publish, settings)
        assert waiting.wait(30)
        cursor.execute("select count(*) from marts.fct_events")
        assert cursor.fetchone() == (1,)
        reader.rollback()
        assert publication.result(30) == "schema marts"


def test_builds_and_publications_that_are_killed_on_postgres(tmp_path: Path, postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dsn = fresh_database(postgres_server, "killed")
    plumbline = Plumbline(tmp_path, key=TEST_KEY, postgres_dsn=dsn)
    first = tmp_path / "first.duckdb"
    create_raw(first)
    add_event(first, "t")
    copy_to_postgres(first, dsn)
    build_and_publish(plumbline)
    second = {"tenant_id": "t2", "event_id": "t2"}
    with closing(psycopg2.connect(dsn)) as server, server, server.cursor() as cursor:
        cursor.execute("create temp table more on commit drop as select * from raw_events.events")
        cursor.execute("update more set tenant_id = %(tenant_id)s, event_id = %(event_id)s, line_no = 2", second)
        cursor.execute("insert into raw_events.events select * from more")

    assert killed(plumbline, AMID_A_BUILD, *BUILD, read=read_postgres) == {BEFORE}
    mark_as_full(plumbline)
    refused = plumbline.attempt("publish")
    assert (refused.returncode, read_postgres(plumbline)) == (7, BEFORE)
    plumbline.run(*BUILD)
    mark_as_full(plumbline)
    for place in (AMID_THE_COPY, BEFORE_THE_COMMIT):
        assert killed(plumbline, place, "publish", read=read_postgres) == {BEFORE}
    publish_under_a_reader(plumbline, dsn, monkeypatch)
    assert read_postgres(plumbline) == AFTER
    assert killed(plumbline, AFTER_THE_COMMIT, "publish", read=read_postgres) == {AFTER}
    plumbline.run("publish")
    assert read_postgres(plumbline) == AFTER
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute("select nspname from pg_namespace where nspname like 'marts%' order by 1")
        assert cursor.fetchall() == [("marts",), ("marts_build",), ("marts_previous",)]
