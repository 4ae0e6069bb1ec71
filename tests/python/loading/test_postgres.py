"""The same files on PostgreSQL: the same rows, and the same care."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg2
import pytest
from landing_files import event, message, subscription, write
from loads import content_queries, load_into, state
from project import fresh_database

from ingestion.errors import WarehouseError
from ingestion.files import Inspection, LandingFile, inspect
from ingestion.load import LoadResult
from ingestion.warehouse import Warehouse


def load_postgres(dsn: str, landing: Path) -> list[LoadResult]:
    return list(load_into(landing.parent / "unused", landing, postgres_dsn=dsn).values())


def test_the_same_rows_as_on_duckdb(tmp_path: Path, postgres_server: str) -> None:
    landing = tmp_path / "landing"
    events = [event(event_id=f"e-{number}", metrics={"duration_seconds": number / 7}, extra="a\0b") for number in range(100)]
    write(landing, "events/a.jsonl.gz", [*events, "broken"])
    write(landing, "payments/tenant=one/a.jsonl", [subscription(), subscription(id="sub_2", created=1767225600123)])
    write(landing, "payments/fx_rates/a.csv", b"date,currency,rate_to_usd\n2026-01-01,eur,1.081234567891\n")
    write(landing, "logs/raw_message/a.jsonl", [message(metadata={"note": "a\0b"}), message(is_automated=True)])
    dsn = fresh_database(postgres_server, "ingestion")
    load_into(tmp_path / "w.duckdb", landing)
    load_postgres(dsn, landing)
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        found = {}
        for name, sql in content_queries().items():
            cursor.execute(sql)
            found[name] = sorted(cursor.fetchall(), key=str)
        assert found == state(tmp_path / "w.duckdb")
        assert sum(len(rows) for name, rows in found.items() if not name.endswith("load_files")) > 105

        assert {result.load_id for result in load_postgres(dsn, landing)} == {None}

        # What a load that was killed would leave: rows of a package that never completed.
        cursor.execute("insert into raw_events.events select * from raw_events.events limit 1")
        cursor.execute("update raw_events.events set _dlt_load_id = 'killed' where ctid = (select max(ctid) from raw_events.events)")
        connection.commit()
        load_postgres(dsn, landing)
        cursor.execute("select count(*) from raw_events.events")
        assert cursor.fetchone() == (100,)


def test_a_known_file_with_new_times_is_read_once_more_and_then_known_by_them(
    tmp_path: Path, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = fresh_database(postgres_server, "ingestion_touched")
    file = write(tmp_path / "landing", "events/a.jsonl", [event()])
    load_postgres(dsn, tmp_path / "landing")
    os.utime(file, (1, 1))
    read: list[LandingFile] = []

    def noted(file: LandingFile) -> Inspection:
        read.append(file)
        return inspect(file)

    monkeypatch.setattr("ingestion.load.inspect", noted)
    for _ in range(2):
        assert {result.load_id for result in load_postgres(dsn, tmp_path / "landing")} == {None}
    assert len(read) == 1


def test_two_loads_at_once_are_refused(tmp_path: Path, postgres_server: str) -> None:
    dsn = fresh_database(postgres_server, "ingestion_twice")
    write(tmp_path / "landing", "events/a.jsonl", [event()])
    with Warehouse("postgres", tmp_path, dsn).only_load(), pytest.raises(WarehouseError, match="Another load"):
        load_postgres(dsn, tmp_path / "landing")


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    write(tmp_path / "landing", "events/a.jsonl", [event()])
    with pytest.raises(WarehouseError, match="does not answer"):
        load_postgres(f"postgresql://nobody@/nothing?host={tmp_path}", tmp_path / "landing")
