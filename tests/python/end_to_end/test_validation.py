"""The command `plumbline validate`: what it prints, writes and ends with, and what it keeps from being published."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import TEST_KEY
from landing_files import event, message, subscription, write
from pages import remote_references
from project import ROOT, Plumbline

from ingestion.connections import connect_duckdb
from ingestion.errors import ValidationError
from quality.results import require_valid


class Page(HTMLParser):
    """The tables of a page: caption and rows of texts; `elements` counts every element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self.elements: dict[str, int] = {}
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] = self.elements.get(tag, 0) + 1
        self._inside = tag
        if tag == "table":
            self.tables.append(("", []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][1][-1].append("")
            assert tag == "td" or ("scope", "col") in attrs

    def handle_endtag(self, _tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "caption":
            self.tables[-1] = (data, self.tables[-1][1])
        elif self._inside in ("td", "th"):
            self.tables[-1][1][-1][-1] += data


@pytest.fixture(scope="module")
def demo(built: Plumbline, tmp_path_factory: pytest.TempPathFactory) -> Plumbline:
    """The demo's warehouse, loaded, built and published, as this module's own."""
    own = Plumbline(tmp_path_factory.mktemp("validated"), key=TEST_KEY)
    shutil.copytree(built.database.parent, own.database.parent)
    return own


@pytest.fixture
def faulty(tmp_path: Path) -> Plumbline:
    """A warehouse with one load whose confidence is in percent."""
    plumbline = Plumbline(tmp_path, key=TEST_KEY)
    events = [event(event_id=f"e-{number}", tenant_id="mindmetric", metrics={"ai_confidence": 90 + number}) for number in range(9)]
    write(tmp_path / "landing", "events/a.jsonl", events)
    write(tmp_path / "landing", "payments/tenant=clausewise/a.jsonl", [subscription()])
    write(tmp_path / "landing", "logs/raw_message/a.jsonl", [message(tenant_id="dansora")])
    plumbline.run("load")
    return plumbline


def test_the_demo_meets_everything(demo: Plumbline) -> None:
    results = json.loads(demo.run("validate", "--json"))
    unmet = [(each["table_name"], each["expectation"], each["severity"]) for each in results if each["outcome"] == "failed"]
    # One line in six of this small log is planted to be refused.
    assert unmet == [("access_grants", "few rows are rejected (warn)", "warn")]
    passed = {result["table_name"] for result in results if result["outcome"] == "passed" and " is there" in result["expectation"]}
    assert passed >= {"events", "subscriptions", "charges", "ai_model_requests", "raw_message", "tournaments"}
    assert {result["family"] for result in results} == {"events", "payments", "logs"}


def test_the_page_holds_every_result_and_loads_nothing(demo: Plumbline) -> None:
    results = json.loads(demo.run("validate", "--json", "--report", "somewhere/page.html"))
    text = (demo.folder / "somewhere" / "page.html").read_text()
    assert remote_references(text) == []
    assert str(Path.home()) not in text
    page = Page(text)
    assert "script" not in page.elements
    loads, *details = page.tables
    assert loads[0] == "Loads"
    assert all(caption for caption, _ in page.tables)
    # What was not as expected stands in a table of its own, and once more in that of its raw table.
    shown = [tuple(row) for caption, (_, *rows) in details if caption != "What was not as expected" for row in rows]
    told = ("severity", "load_id", "expectation", "expected", "detail")
    assert sorted((row[0], row[1], *row[3:]) for row in shown) == sorted(
        ("warned" if (each["outcome"], each["severity"]) == ("failed", "warn") else each["outcome"], *(each[name] for name in told))
        for each in results
    )


def test_a_fault_comes_first_and_ends_with_eight(faulty: Plumbline) -> None:
    finished = faulty.attempt("validate", "--json")
    assert finished.returncode == 8
    assert "events.events: ai_confidence is in its range" in finished.stderr
    assert "--accept" in finished.stderr
    blocking = [each for each in json.loads(finished.stdout) if each["outcome"] == "failed" and each["severity"] == "fail"]
    assert [(each["expectation"], each["observed"]) for each in blocking] == [("ai_confidence is in its range", 1.0)]
    page = Page((faulty.folder / "build" / "validation" / "index.html").read_text())
    caption, (_, first) = page.tables[1]
    assert caption == "What was not as expected"
    assert first[:3] == ["failed", "fail", "events.events"]
    assert "9 of 9 rows otherwise, such as 90" in first[-1]


def test_what_failed_is_not_built_until_it_is_accepted(faulty: Plumbline) -> None:
    assert faulty.attempt("validate").returncode == 8
    finished = faulty.attempt("build")
    assert finished.returncode == 8
    assert "ai_confidence" in finished.stderr
    with duckdb.connect(str(faulty.database), read_only=True) as connection:
        ((load_id,),) = connection.execute("select load_id from raw_events._dlt_loads").fetchall()
    assert "accepted" in faulty.run("validate", "--load", load_id, "--accept")
    with connect_duckdb(faulty.database, read_only=True) as connection_:
        require_valid(connection_)
    # Accepted is what was found then: a validation without a word of acceptance counts anew.
    assert faulty.attempt("validate", "events").returncode == 8
    with connect_duckdb(faulty.database, read_only=True) as connection_, pytest.raises(ValidationError, match="ai_confidence"):
        require_valid(connection_)


def test_a_failed_load_keeps_a_passed_build_from_being_published_again(demo: Plumbline, tmp_path: Path) -> None:
    own = Plumbline(tmp_path, key=TEST_KEY)
    shutil.copytree(demo.database.parent, own.database.parent)
    own.run("publish")
    with duckdb.connect(str(own.database)) as connection:
        connection.execute("update raw_events.events set dual_ai_agreement = 100 where dual_ai_agreement is not null")
    assert own.attempt("validate", "events").returncode == 8
    finished = own.attempt("publish")
    assert finished.returncode == 8
    assert "dual_ai_agreement" in finished.stderr


def test_loads_since_the_last_validation_are_validated_together(faulty: Plumbline) -> None:
    faulty.attempt("validate", "events")
    for name in ("b", "c"):
        write(faulty.folder / "landing", f"events/{name}.jsonl", [event(event_id=name, tenant_id="mindmetric")])
        faulty.run("load", "events")

    def loads() -> int:
        results: list[dict[str, Any]] = json.loads(faulty.run("validate", "events", "--json"))
        return len({each["load_id"] for each in results})

    assert loads() == 2
    # And then the last one, again.
    assert loads() == 1


def test_an_unknown_load_and_an_empty_warehouse_are_told(faulty: Plumbline, tmp_path: Path) -> None:
    assert faulty.attempt("validate", "--load", "17").returncode == 5
    elsewhere = faulty.attempt("validate", PLUMBLINE_DATABASE=str(tmp_path / "none.duckdb"))
    assert elsewhere.returncode == 5
    assert "plumbline load" in elsewhere.stderr


def test_validation_writes_nothing_at_home_and_calls_nobody(faulty: Plumbline, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # Every look-up of a host and every connection ends the process.
    (tmp_path / "sitecustomize.py").write_text(
        "import socket\n\ndef refuse(*_, **__): raise SystemExit('it calls somebody')\n\n"
        "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
    )
    path = f"{ROOT}{os.pathsep}{tmp_path}"
    finished = faulty.attempt("validate", "payments", HOME=str(home), PYTHONPATH=path)
    assert finished.returncode == 0, finished.stderr
    assert list(home.iterdir()) == []
    called = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('127.0.0.1', 9))"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "it calls somebody" in called.stderr


def test_only_a_validation_pays_for_its_library() -> None:
    """Importing it takes longer than most commands."""
    modules = (
        "operations.cli, operations.build, operations.publish, operations.status, operations.validate, ingestion.load, ingestion.pipeline"
    )
    loaded = f"import sys, {modules}; print([name for name in sys.modules if name.startswith('great_expectations')])"
    printed = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
