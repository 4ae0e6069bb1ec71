"""`plumbline status`: what it reads, before the first build, after it, and after a load that is not built yet."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import TEST_KEY
from landing_files import event, message, subscription, write
from project import Plumbline


@pytest.fixture
def copied(built: Plumbline, tmp_path: Path) -> Plumbline:
    own = Plumbline(tmp_path, key=TEST_KEY)
    shutil.copytree(built.database.parent, own.database.parent)
    return own


def told(plumbline: Plumbline, *arguments: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(plumbline.attempt("status", "--json", *arguments).stdout)
    return report


def test_before_the_first_build_the_raw_tables_answer(tmp_path: Path) -> None:
    plumbline = Plumbline(tmp_path, key=TEST_KEY)
    write(tmp_path / "landing", "events/a.jsonl", [event(tenant_id="mindmetric"), "no json"])
    write(tmp_path / "landing", "payments/tenant=clausewise/a.jsonl", [subscription()])
    write(tmp_path / "landing", "logs/raw_message/a.jsonl", [message(tenant_id="dansora")])
    plumbline.run("load")
    report = told(plumbline)
    assert report["health"] == report["latency"] == report["validations"] == report["builds"] == []
    assert {(row["table"], row["rows_accepted"]) for row in report["tables"]} >= {("events", 1), ("subscriptions", 1), ("raw_message", 1)}
    assert [(row["reason_code"], row["field"], row["rows"], row["example"]) for row in report["rejects"]] == [
        ("malformed_json", "(whole line)", 1, "events/a.jsonl:2")
    ]
    assert "the last load is not built" in report["problems"]
    assert "Raw tables" in plumbline.run("status")


@pytest.mark.parametrize("plumbline", ["built", "built_postgres"])
def test_after_a_build_the_marts_answer(plumbline: str, request: pytest.FixtureRequest) -> None:
    run: Plumbline = request.getfixturevalue(plumbline)
    report = told(run)
    assert report["knows_last_load"]
    health = {(row["tenant_id"], row["table"]): row for row in report["health"]}
    assert health["mindmetric", "events"]["is_complete"] is True
    assert health["mindmetric", "events"]["is_fresh"] is True
    assert report["build_success_rate"] == 1.0
    assert sum(row["rows"] for row in report["rejects"]) == sum(load["rows_rejected"] for load in report["loads"])
    printed = run.run("status")
    assert f" of {len(health)} tables, those behind or incomplete" in printed
    assert f"Health of all {len(health)} tables" in run.run("status", "--all")
    assert "Raw tables" not in printed


def test_a_load_that_is_not_built_shows_its_rejects_at_once(copied: Plumbline) -> None:
    before = sum(row["rows"] for row in told(copied)["rejects"])
    write(copied.folder / "landing", "events/late.jsonl", [event(tenant_id="mindmetric"), "no json"])
    copied.run("load")
    report = told(copied)
    assert not report["knows_last_load"]
    assert sum(row["rows"] for row in report["rejects"]) == before + 1
    assert "not built yet" in copied.run("status")


def test_check_ends_with_nine_and_names_what_is_wrong(copied: Plumbline) -> None:
    def problems(*arguments: str) -> list[str]:
        found: list[str] = told(copied, *arguments)["problems"]
        return found

    # All else that the demo's tables lag behind or refuse would hide what is looked for.
    with duckdb.connect(str(copied.database)) as connection:
        connection.execute("update marts.rpt_data_health set is_fresh = true where not is_fresh")
        connection.execute("update marts.rpt_data_health set is_complete = true where not is_complete")
    assert problems() == []
    assert copied.attempt("status", "--check").returncode == 0
    assert "seconds old" in problems("--fresh-within", "1")[0]
    with duckdb.connect(str(copied.database)) as connection:
        connection.execute(
            "update marts.rpt_data_health set is_complete = false, completeness_rate = 0.9, is_fresh = false, freshness_seconds = 7200 "
            "where tenant_id = 'mindmetric' and table_name = 'events'"
        )
        connection.execute("update raw_operations.builds set failed = 1")
    finished = copied.attempt("status", "--check")
    assert finished.returncode == 9
    for words in ("the last build did not pass", "mindmetric.events is 7,200 seconds behind", "mindmetric.events accepted only 90.0%"):
        assert words in finished.stderr
    # Without --check the same is told, and the command has done what it was asked for.
    assert copied.attempt("status").returncode == 0


def test_what_limits_turned_away_is_told_of_the_last_week(copied: Plumbline) -> None:
    assert told(copied)["quota"] == []
    limited = "tenant_id = 'mindmetric' and event_type = 'page.viewed'"
    with duckdb.connect(str(copied.database)) as connection:
        days = f"(select distinct date_day from marts.rpt_event_quota_daily where {limited} order by date_day desc limit 2)"
        connection.execute("update marts.rpt_event_quota_daily set date_day = date_day - interval '1 year'")
        connection.execute(
            "update marts.rpt_event_quota_daily set date_day = date_day + interval '1 year', tier = 'T1', daily_limit = 100, "
            f"received = 130, accepted = 100, dropped = 20, sampled_out = 10 where {limited} and date_day in {days}"
        )
        connection.execute(f"update marts.rpt_event_quota_daily set dropped = 1 where {limited} and date_day not in {days}")
    assert told(copied)["quota"] == [
        {
            "tenant_id": "mindmetric",
            "event_type": "page.viewed",
            "tier": "T1",
            "daily_limit": 100,
            "received": 260,
            "accepted": 200,
            "dropped": 40,
            "sampled_out": 20,
        }
    ]
    assert "dropped by a limit" in copied.run("status")


def test_latency_is_told_by_lane(copied: Plumbline) -> None:
    hour = datetime(2026, 3, 1, 10)
    with duckdb.connect(str(copied.database)) as connection:
        connection.execute("delete from marts.fct_ingest_latency")
        rows = [
            ("one", "batch", hour, 10, 0, 10, 5, 0.5, 800.0, 1000.0, 1200.0),
            ("two", "batch", hour, 10, 0, 10, 0, 0.0, 300.0, 400.0, 500.0),
            ("one", "realtime", hour, 2, 0, 2, 0, 0.0, 1.0, 2.0, 2.5),
            ("one", "realtime", hour.replace(month=2), 2, 0, 2, 2, 1.0, 9000.0, 9000.0, 9000.0),
        ]
        connection.executemany(f"insert into marts.fct_ingest_latency values ({', '.join('?' * 11)})", rows)
    assert told(copied)["latency"] == [
        {"lane": "batch", "live_events": 20, "late_events": 5, "late_rate": 0.25, "worst_p95_seconds": 1000.0, "maximum_seconds": 1200.0},
        {"lane": "realtime", "live_events": 2, "late_events": 0, "late_rate": 0.0, "worst_p95_seconds": 2.0, "maximum_seconds": 2.5},
    ]
