"""The realtime lane: the revenue events at once, beside the batch lane, and neither loses or doubles a row of the other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from landing_files import SECRET, event, lines, message, write
from loads import ROOT, content_queries, load_into, query, state
from project import Plumbline, dbt, fresh_database

from ingestion.connections import Patience
from ingestion.errors import SettingsError, WarehouseError
from ingestion.lanes import read_realtime_types
from ingestion.load import load
from ingestion.warehouse import Warehouse

REVENUE = ("subscription.created", "subscription.cancelled", "payment.failed")
PATIENCE = Patience(120)
STAGED = "select * exclude (loaded_at, load_id, lane) from staging.stg_events__events order by tenant_id, event_id"


def revenue_events(count: int, name: str = "r") -> list[dict[str, Any]]:
    return [event(event_id=f"{name}-{number}", event_type=REVENUE[number % 3]) for number in range(count)]


def other_events(count: int, name: str = "o") -> list[dict[str, Any]]:
    return [event(event_id=f"{name}-{number}") for number in range(count)]


def realtime_ids(database: Path) -> list[str]:
    return [id_ for (id_,) in query(database, "select event_id from raw_events_realtime.events order by event_id")]


def batch_state(database: Path) -> Any:
    """Everything that the batch lane wrote."""
    return {name: rows for name, rows in state(database).items() if not name.startswith("raw_events_realtime.")}


def account(database: Path, path: str) -> tuple[int, ...]:
    """Read, accepted, rejected, duplicate of the realtime lane's newest version of a file."""
    sql = f"""
        select rows_read, rows_accepted, rows_rejected, rows_duplicate from raw_operations.load_files
        where path = '{path}' and lane = 'realtime' order by loaded_at desc limit 1
    """
    return query(database, sql)[0]


def in_batch_too(database: Path) -> int:
    """How many rows of the realtime lane the batch lane has brought, the same to the last field."""
    columns = "* exclude (loaded_at, _dlt_load_id)"
    shared = f"select {columns} from raw_events_realtime.events intersect all select {columns} from raw_events.events"
    return len(query(database, shared))


VENDORS: list[dict[str, Any]] = [
    event(event_id="native", event_type="subscription.created"),
    {"eventType": "payment.failed", "eventId": "camel", "timestamp": 1772356364, "userId": "u-1"},
    {
        "event_type": "subscription.cancelled",
        "event_timestamp": 1772356364120,
        "client": {"client_id": "d8dcf7c5", "cognito_id": "us-east-1:c0ffee01"},
        "application": {"version_name": "2.4.0"},
    },
    {"type": "track", "messageId": "segment", "event": "Subscription Created", "userId": "u-1", "timestamp": "2026-03-01T09:12:44Z"},
    {"event": "Payment  Failed", "properties": {"distinct_id": "u-1", "time": 1772356364, "$insert_id": "mixpanel"}},
    {"event_type": "SUBSCRIPTION CANCELLED", "event_time": "2026-03-01 09:12:44.120", "insert_id": "amplitude", "user_id": "u-1"},
]
NOT_TAKEN: list[Any] = [
    event(event_id="other", attributes={"before": "payment.failed"}),
    event(event_id="longer", event_type="payment.failed.twice"),
    '{"event_type": "payment.failed", "cut',
    event(event_id="no-time", event_type="payment.failed", timestamp=...),
    # JSON may write a dot as an escape: the batch lane finds it.
    lines([event(event_id="escaped", event_type="payment.failed")]).decode().strip().replace("payment.failed", "payment\\u002efailed"),
]


def test_revenue_events_of_every_sender_are_taken_and_nothing_else(workplace: Path) -> None:
    database, landing = workplace / "w.duckdb", workplace / "landing"
    before = batch_state(database)
    write(landing, "events/tenant=one/mixed.jsonl.gz", [*NOT_TAKEN[:2], *VENDORS, *NOT_TAKEN[2:]])
    write(landing, "events/tenant=one/none.jsonl", other_events(3))
    result = load_into(database, landing, "events", lane="realtime")["events"]
    assert (result.lane, result.files_read, result.files_unchanged) == ("realtime", 2, 1)
    assert (result.rows_read, result.rows_accepted, result.rows_rejected, result.rows_duplicate) == (6, 6, 0, 0)
    taken = query(database, "select event_type, dialect, line_no from raw_events_realtime.events order by line_no")
    assert taken == [
        ("subscription.created", "native", 3),
        ("payment.failed", "native", 4),
        ("subscription.cancelled", "pinpoint", 5),
        ("subscription.created", "segment", 6),
        ("payment.failed", "mixpanel", 7),
        ("subscription.cancelled", "amplitude", 8),
    ]
    assert account(database, "events/tenant=one/mixed.jsonl.gz") == (6, 6, 0, 0)
    assert account(database, "events/tenant=one/none.jsonl") == (0, 0, 0, 0)
    assert batch_state(database) == before

    result = load_into(database, landing, "events")["events"]
    assert (result.rows_read, result.rows_accepted, result.rows_rejected) == (14, 12, 2)
    assert in_batch_too(database) == 6
    rejected = query(database, "select reason_code from raw_quarantine.rejected_rows order by 1")
    assert rejected == [("malformed_json",), ("missing_required",)], "only the batch lane rejects"


def test_what_the_batch_lane_has_brought_is_nothing_new(workplace: Path) -> None:
    database, landing = workplace / "w.duckdb", workplace / "landing"
    write(landing, "events/b.jsonl", revenue_events(3))
    load_into(database, landing)
    result = load_into(database, landing, "events", lane="realtime")["events"]
    assert (result.load_id, result.files_unchanged, realtime_ids(database)) == (None, 2, [])


def test_the_same_files_again_and_a_file_that_grows(workplace: Path) -> None:
    database, landing = workplace / "w.duckdb", workplace / "landing"
    write(landing, "events/b.jsonl", lines([*other_events(2), *revenue_events(2)]) + b'{"event_type": "payment.fai')
    load_into(database, landing, "events", lane="realtime")
    before = state(database)
    assert load_into(database, landing, "events", lane="realtime")["events"].load_id is None
    assert state(database) == before
    write(landing, "events/b.jsonl", [*other_events(2), *revenue_events(4)])
    result = load_into(database, landing, "events", lane="realtime")["events"]
    assert (result.rows_read, result.rows_accepted, result.rows_duplicate) == (4, 2, 2)
    assert realtime_ids(database) == ["r-0", "r-1", "r-2", "r-3"]


def test_pending_before_a_batch_load_that_is_not_changed_by_it(workplace: Path, tmp_path: Path) -> None:
    """What the batch lane writes is what it writes alone; and the realtime rows are all among it."""
    landing = workplace / "landing"
    write(landing, "events/b.jsonl", [*other_events(5), *revenue_events(5), *revenue_events(2)])
    write(landing, "events/c.jsonl", [*revenue_events(2), *revenue_events(3, "s")])
    alone, both = tmp_path / "alone" / "w.duckdb", workplace / "w.duckdb"
    load_into(alone, landing)
    load_into(both, landing, "events", lane="realtime")
    assert len(realtime_ids(both)) == 12
    load_into(both, landing)
    together, by_itself = batch_state(both), batch_state(alone)
    # The file that was loaded long before has a load of its own here, and the same rows.
    assert {name: len(rows) for name, rows in together.items()} == {name: len(rows) for name, rows in by_itself.items()}
    assert together["raw_events.events"] == by_itself["raw_events.events"]
    assert in_batch_too(both) == 12


def test_a_new_warehouse_may_begin_with_the_realtime_lane(tmp_path: Path) -> None:
    write(tmp_path / "landing", "events/a.jsonl", [*other_events(1), *revenue_events(1)])
    load_into(tmp_path / "w.duckdb", tmp_path / "landing", "events", lane="realtime")
    assert realtime_ids(tmp_path / "w.duckdb") == ["r-0"]
    load_into(tmp_path / "w.duckdb", tmp_path / "landing")
    assert query(tmp_path / "w.duckdb", "select lane, rows_read from raw_operations.load_files order by 1") == [
        ("batch", 2),
        ("realtime", 1),
    ]


def test_two_passes_at_once_are_refused_and_the_lanes_do_not_refuse_each_other(workplace: Path) -> None:
    database, landing = workplace / "w.duckdb", workplace / "landing"
    write(landing, "events/b.jsonl", revenue_events(1))
    warehouse = Warehouse("duckdb", database, None)
    with warehouse.only_load("realtime"), pytest.raises(WarehouseError, match="Another realtime load"):
        load_into(database, landing, "events", lane="realtime")
    with warehouse.only_load("batch"):
        assert load_into(database, landing, "events", lane="realtime")["events"].rows_accepted == 1
    with warehouse.only_load("realtime"):
        assert load_into(database, landing)["events"].rows_accepted == 1


def test_the_list_of_lanes(tmp_path: Path) -> None:
    assert read_realtime_types() == set(REVENUE)
    with pytest.raises(SettingsError, match="no list of lanes"):
        read_realtime_types(tmp_path / "nowhere.csv")
    (tmp_path / "empty.csv").write_text("event_type,lane\n")
    with pytest.raises(SettingsError, match="names no type"):
        read_realtime_types(tmp_path / "empty.csv")


# Where a load in another process stops until it is told to go on.
READING = """
    from ingestion.processing import Processor
    original = Processor.load_files
    Processor.load_files = lambda self: (pause(), original(self))[1]
"""
WRITING = """
    from dlt.destinations.impl.duckdb.duck import DuckDbCopyJob
    original = DuckDbCopyJob.run
    DuckDbCopyJob.run = lambda self: (pause(), original(self))[1]
"""
WRITING_POSTGRES = """
    from dlt.load.load import Load
    original = Load.run
    Load.run = lambda self, pool: (pause(), original(self, pool))[1]
"""


@contextmanager
def paused(workplace: Path, where: str, call: str) -> Iterator[subprocess.Popen[str]]:
    """A load in another process, at the place where it stops."""
    script = f"""
import time
from pathlib import Path
from landing_files import SECRET
from loads import ROOT, load_into
from ingestion.connections import Patience
from ingestion.load import load
def pause():
    Path("paused").touch()
    while not Path("go").exists():
        time.sleep(0.02)
{textwrap.dedent(where)}
{call}
"""
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests/python'}"}
    with subprocess.Popen([sys.executable, "-c", script], cwd=workplace, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not (workplace / "paused").exists():
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.02)
            yield process
        finally:
            process.kill()


def finish(workplace: Path, process: subprocess.Popen[str]) -> None:
    (workplace / "go").touch()
    _, errors = process.communicate()
    assert process.returncode == 0, errors


BATCH_LOAD = 'load_into(Path("w.duckdb"), Path("landing"), patience=Patience(120))'
REALTIME_LOAD = 'load_into(Path("w.duckdb"), Path("landing"), "events", lane="realtime", patience=Patience(120))'


def staged(database: Path) -> list[tuple[Any, ...]]:
    dbt("run", "--select", "+stg_events__events", database=database)
    return query(database, STAGED)


@pytest.fixture
def busy(workplace: Path) -> Path:
    """A landing area with something to load for a while."""
    for number in range(20):
        write(workplace / "landing", f"events/{number}.jsonl.gz", [*other_events(300, f"o{number}"), *revenue_events(30, f"r{number}")])
    write(workplace / "landing", "logs/raw_message/b.jsonl", [message(message_id="later")])
    return workplace


def test_a_pass_while_a_batch_load_reads(busy: Path, tmp_path: Path) -> None:
    """The batch lane is in the midst of its load and holds no lock on the file; what staging shows in the end is the batch lane's alone."""
    database, landing = busy / "w.duckdb", busy / "landing"
    with paused(busy, READING, BATCH_LOAD) as process:
        result = load_into(database, landing, "events", lane="realtime")["events"]
        assert (result.rows_accepted, len(realtime_ids(database))) == (600, 600)
        assert query(database, "select count(*) from raw_events.events") == [(1,)], "the batch lane has not written yet"
        finish(busy, process)
    assert query(database, "select count(*) from raw_events.events") == [(6_601,)]
    assert in_batch_too(database) == 600
    alone = tmp_path / "alone" / "w.duckdb"
    load_into(alone, landing)
    assert staged(database) == staged(alone)
    lanes = query(database, "select lane, event_type like '%.viewed', count(*) from staging.stg_events__events group by all order by all")
    assert lanes == [("batch", True, 6_001), ("realtime", False, 600)], "each event is told by the lane that brought it first"


@pytest.mark.parametrize("first", ["batch", "realtime"])
def test_while_one_lane_writes_the_other_waits_and_says_so(busy: Path, first: str) -> None:
    database, landing = busy / "w.duckdb", busy / "landing"
    told: list[str] = []
    with paused(busy, WRITING, BATCH_LOAD if first == "batch" else REALTIME_LOAD) as process:

        def tell(message: str) -> None:
            told.append(message)
            (busy / "go").touch()

        second = ("events",) if first == "batch" else ()
        lane: Any = "realtime" if first == "batch" else "batch"
        load_into(database, landing, *second, lane=lane, patience=Patience(120, tell))
        finish(busy, process)
    assert set(told) == {f"The warehouse {database} is in use by another process: waiting for it, 120 seconds at most."}
    assert query(database, "select count(*), count(distinct event_id) from raw_events.events") == [(6_601, 6_601)]
    # A pass that came after finds that the batch lane has brought everything.
    assert in_batch_too(database) == len(realtime_ids(database)) == (0 if first == "batch" else 600)


def test_a_load_that_comes_to_write_waits_for_the_file_too(busy: Path) -> None:
    database = busy / "w.duckdb"
    call = 'load_into(Path("w.duckdb"), Path("landing"), patience=Patience(120, lambda message: Path("told").touch()))'
    with paused(busy, READING, call) as process:
        with closing(duckdb.connect(str(database))):
            (busy / "go").touch()
            while not (busy / "told").exists():
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.02)
        finish(busy, process)
    assert query(database, "select count(*) from raw_events.events") == [(6_601,)]


def test_without_patience_a_file_in_use_is_refused_at_once(busy: Path) -> None:
    with paused(busy, WRITING, BATCH_LOAD) as process:
        with pytest.raises(WarehouseError, match="in use by another process"):
            load_into(busy / "w.duckdb", busy / "landing", "events", lane="realtime")
        finish(busy, process)
    assert query(busy / "w.duckdb", "select count(*) from raw_events.events") == [(6_601,)]


@pytest.mark.parametrize("where", [READING, WRITING], ids=["reading", "writing"])
@pytest.mark.parametrize("killed", ["batch", "realtime"])
def test_a_lane_that_is_killed_takes_nothing_from_the_other(busy: Path, where: str, killed: str) -> None:
    database, landing = busy / "w.duckdb", busy / "landing"
    with paused(busy, where, BATCH_LOAD if killed == "batch" else REALTIME_LOAD) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    if killed == "batch":
        load_into(database, landing, "events", lane="realtime")
        assert len(realtime_ids(database)) == 600
        assert query(
            database, "select count(*) from raw_events.events where _dlt_load_id in (select load_id from raw_events._dlt_loads)"
        ) == [(1,)]
    else:
        load_into(database, landing)
        assert query(database, "select count(*) from raw_events.events") == [(6_601,)]
    load_into(database, landing)
    load_into(database, landing, "events", lane="realtime")
    assert query(database, "select count(*), count(distinct event_id) from raw_events.events") == [(6_601, 6_601)]
    assert in_batch_too(database) == len(realtime_ids(database)) == (600 if killed == "batch" else 0)


def test_on_postgres_neither_waits(busy: Path, postgres_server: str) -> None:
    dsn = fresh_database(postgres_server, "lanes")
    call = f"""
def load_postgres(families, lane):
    load(families, landing=Path("landing"), target="postgres", database=Path("unused"), postgres_dsn={dsn!r}, pseudonym_key=SECRET,
         lane=lane, tenants=ROOT / "seeds/tenants.csv", working_folder=Path("dlt"))
load_postgres(("events", "payments", "logs"), "batch")
"""
    with paused(busy, WRITING_POSTGRES, call) as process:
        (result,) = load(
            ("events",),
            landing=busy / "landing",
            target="postgres",
            database=busy / "unused",
            postgres_dsn=dsn,
            pseudonym_key=SECRET,
            lane="realtime",
            tenants=ROOT / "seeds/tenants.csv",
            working_folder=busy / "dlt",
        )
        assert (result.lane, result.rows_accepted) == ("realtime", 600)
        finish(busy, process)
    load_into(busy / "alone" / "w.duckdb", busy / "landing")
    alone = batch_state(busy / "alone" / "w.duckdb")
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        for name, sql in content_queries().items():
            cursor.execute(sql)
            rows = sorted(cursor.fetchall(), key=str)
            if name == "raw_events_realtime.events":
                assert len(rows) == 600
                assert set(map(str, rows)) <= set(map(str, alone["raw_events.events"]))
            elif name in alone:
                assert rows == alone[name], name


def test_the_command(tmp_path: Path) -> None:
    plumbline = Plumbline(tmp_path, key=SECRET)
    write(tmp_path / "landing", "events/a.jsonl", [*other_events(1), *revenue_events(2)])
    for arguments in (("load", "--lane", "realtime"), ("load", "logs", "--lane", "realtime")):
        refused = plumbline.attempt(*arguments)
        assert (refused.returncode, "Only events have a realtime lane" in refused.stderr) == (2, True)
    assert plumbline.attempt("load", PLUMBLINE_LOCK_WAIT_SECONDS="soon").returncode == 3
    assert "realtime" in plumbline.run("load", "events", "--lane", "realtime")
    assert plumbline.attempt("build").returncode == 5, "without the batch lane there is nothing to build from"
    plumbline.run("load")
    loads = json.loads(plumbline.run("status", "--json"))["loads"]
    assert {(row["family"], row["lane"], row["rows_accepted"]) for row in loads} == {("events", "batch", 3), ("events", "realtime", 2)}
