"""A wrong setting or a missing warehouse: one clear line, the remedy, the documented exit code, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TEST_KEY
from project import Plumbline
from raw import create_raw


@pytest.fixture
def plumbline(tmp_path: Path) -> Plumbline:
    return Plumbline(tmp_path, key=TEST_KEY)


def told(finished: subprocess.CompletedProcess[str], exit_code: int, *words: str) -> None:
    assert finished.returncode == exit_code, finished.stderr
    assert "Traceback" not in finished.stderr + finished.stdout
    assert "Error:" in finished.stderr
    assert "What to do:" in finished.stderr
    for word in words:
        assert word in finished.stderr


def test_no_landing_folder(plumbline: Plumbline) -> None:
    told(plumbline.attempt("load", "--from", "nowhere"), 4, "nowhere")
    assert not plumbline.database.exists()


def test_empty_landing_folder(plumbline: Plumbline) -> None:
    (plumbline.folder / "landing").mkdir()
    told(plumbline.attempt("load"), 4, "landing")


def test_missing_secret(plumbline: Plumbline) -> None:
    told(plumbline.attempt("load", PLUMBLINE_PSEUDONYM_KEY=""), 3, "PLUMBLINE_PSEUDONYM_KEY")


def test_short_secret_is_not_repeated(plumbline: Plumbline) -> None:
    finished = plumbline.attempt("load", PLUMBLINE_PSEUDONYM_KEY="hunter2")
    told(finished, 3, "32 characters")
    assert "hunter2" not in finished.stderr


def test_unknown_target(plumbline: Plumbline) -> None:
    told(plumbline.attempt("status", PLUMBLINE_TARGET="oracle"), 3, "duckdb, postgres")


def test_postgres_without_a_server(plumbline: Plumbline) -> None:
    told(plumbline.attempt("status", PLUMBLINE_TARGET="postgres"), 3, "PLUMBLINE_POSTGRES_DSN")


@pytest.mark.parametrize("command", ["status", "build", "publish", "load"])
def test_unreachable_postgres(plumbline: Plumbline, command: str) -> None:
    events = plumbline.folder / "landing" / "events"
    events.mkdir(parents=True)
    (events / "one.jsonl").write_text('{"event_type": "x", "user_id": "u", "tenant_id": "t", "timestamp": "2026-01-01T00:00:00Z"}\n')
    dsn = "postgresql://someone:hidden-word@127.0.0.1:9/nothing"
    finished = plumbline.attempt(command, PLUMBLINE_TARGET="postgres", PLUMBLINE_POSTGRES_DSN=dsn)
    told(finished, 5, "PostgreSQL")
    assert "hidden-word" not in finished.stderr + finished.stdout


def test_no_warehouse(plumbline: Plumbline) -> None:
    for command in ("status", "build", "publish"):
        told(plumbline.attempt(command), 5, "plumbline load")


def test_warehouse_without_a_load(plumbline: Plumbline) -> None:
    plumbline.database.parent.mkdir()
    create_raw(plumbline.database)
    told(plumbline.attempt("kpis"), 7, "plumbline build")


def test_a_file_that_is_no_warehouse(plumbline: Plumbline) -> None:
    plumbline.database.parent.mkdir()
    plumbline.database.write_text("not a database, but a text that is long enough to have a header of its own")
    told(plumbline.attempt("status"), 5, "not a readable DuckDB file")


@pytest.mark.parametrize("command", ["status", "build", "load"])
def test_locked_warehouse(plumbline: Plumbline, command: str) -> None:
    plumbline.database.parent.mkdir()
    create_raw(plumbline.database)
    events = plumbline.folder / "landing" / "events"
    events.mkdir(parents=True)
    (events / "one.jsonl").write_text('{"event_type": "x", "user_id": "u", "tenant_id": "t", "timestamp": "2026-01-01T00:00:00Z"}\n')
    hold = f"import duckdb, sys; c = duckdb.connect({str(plumbline.database)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        told(plumbline.attempt(command), 5, "in use by another process")
        holder.communicate("")


def test_demo_data_does_not_overwrite(plumbline: Plumbline) -> None:
    (plumbline.folder / "landing").mkdir()
    (plumbline.folder / "landing" / "mine.txt").write_text("mine")
    told(plumbline.attempt("demo-data"), 3, "not empty")
    assert (plumbline.folder / "landing" / "mine.txt").read_text() == "mine"


def test_a_wrong_call_ends_with_two(plumbline: Plumbline) -> None:
    assert plumbline.attempt("load", "everything").returncode == 2


def test_what_dbt_refuses_before_it_connects(plumbline: Plumbline) -> None:
    plumbline.database.parent.mkdir()
    create_raw(plumbline.database)
    told(plumbline.attempt("build", "--select", "state:modified"), 6, "state")
