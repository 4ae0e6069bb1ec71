"""Loads into DuckDB: exactly once, whatever happens to files, processes and keys."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from landing_files import SECRET, event, lines, message, subscription, write
from loads import load_into, query, state
from raw import create_raw

from ingestion.errors import InputError, PlumblineError, SettingsError, WarehouseError
from ingestion.warehouse import Warehouse


def ids(database: Path) -> list[str]:
    return [id_ for (id_,) in query(database, "select event_id from raw_events.events order by event_id")]


def account(database: Path, path: str) -> tuple[int, ...]:
    """Read, accepted, rejected, duplicate of the newest version of a file."""
    sql = f"""
        select rows_read, rows_accepted, rows_rejected, rows_duplicate from raw_operations.load_files
        where path = '{path}' order by loaded_at desc limit 1
    """
    return query(database, sql)[0]


def test_the_raw_tables_are_those_of_the_contract(loaded: Path, tmp_path: Path) -> None:
    create_raw(tmp_path / "declared.duckdb")
    columns = """
        select table_schema, table_name, column_name, data_type from information_schema.columns
        where table_name not like '\\_dlt%' escape '\\' order by table_schema, table_name, ordinal_position
    """
    assert query(loaded / "w.duckdb", columns) == query(tmp_path / "declared.duckdb", columns)


def test_the_same_files_again_change_nothing(workplace: Path) -> None:
    database = workplace / "w.duckdb"
    before = state(database)
    for _ in range(2):
        results = load_into(database, workplace / "landing")
        assert {result.load_id for result in results.values()} == {None}
        assert {result.files_unchanged for result in results.values()} == {1}
    assert state(database) == before
    assert query(database, "select count(*) from raw_events._dlt_loads") == [(1,)]


def test_a_grown_file_brings_its_new_lines_only(workplace: Path) -> None:
    database, landing = workplace / "w.duckdb", workplace / "landing"
    write(landing, "events/b.jsonl", [event(), event(), "broken", event(event_id="e-2")])
    load_into(database, landing)
    write(landing, "events/b.jsonl", [event(), event(), "broken", event(event_id="e-2"), event(), "broken too", event(event_id="e-3")])
    result = load_into(database, landing)["events"]
    assert (result.rows_read, result.rows_accepted, result.rows_rejected, result.rows_duplicate) == (7, 2, 1, 4)
    assert ids(database) == ["e-1"] * 4 + ["e-2", "e-3"]
    assert account(database, "events/b.jsonl") == (7, 2, 1, 4)
    assert query(database, "select count(*) from raw_quarantine.rejected_rows") == [(2,)]


def test_a_replaced_file_brings_what_it_did_not_hold_before(workplace: Path) -> None:
    database, landing = workplace / "w.duckdb", workplace / "landing"
    path = "payments/tenant=clausewise/a.jsonl"
    (item,) = subscription()["items"]["data"]
    write(landing, path, [subscription(id="sub_0"), subscription(items={"data": [item | {"quantity": 9}]}), subscription()])
    load_into(database, landing)
    assert account(database, path) == (3, 2, 0, 1)
    assert query(database, "select subscription_id, quantity from raw_payments.subscription_items order by all") == [
        ("sub_0", 2),
        ("sub_1", 2),
        ("sub_1", 9),
    ]
    write(landing, path, [subscription()])
    result = load_into(database, landing)["payments"]
    assert (result.load_id, result.files_unchanged) == (None, 1), "a file that went back to an earlier content is known"


def test_a_file_that_arrives_late_in_an_old_folder_loads_like_any_other(workplace: Path) -> None:
    write(workplace / "landing", "events/year=2026/month=01/day=01/late.jsonl.gz", [event(event_id="late", timestamp="2026-01-01")])
    result = load_into(workplace / "w.duckdb", workplace / "landing", "events")["events"]
    assert (result.files_read, result.files_unchanged, result.rows_accepted) == (1, 1, 1)
    assert ids(workplace / "w.duckdb") == ["e-1", "late"]


def test_a_tenant_that_is_not_registered_is_loaded_and_named(workplace: Path) -> None:
    write(workplace / "landing", "logs/raw_message/b.jsonl", [message(tenant_id="newcomer")])
    result = load_into(workplace / "w.duckdb", workplace / "landing", "logs")["logs"]
    assert result.unregistered_tenants == ("newcomer",)


def test_one_family_can_be_loaded_alone_and_the_tables_of_all_exist(tmp_path: Path) -> None:
    write(tmp_path / "landing", "logs/raw_message/a.jsonl", [message()])
    write(tmp_path / "landing", "events/a.jsonl", [event()])
    (result,) = load_into(tmp_path / "w.duckdb", tmp_path / "landing", "logs").values()
    assert (result.family, result.rows_accepted) == ("logs", 1)
    assert {name: len(rows) for name, rows in state(tmp_path / "w.duckdb").items() if rows} == {
        "raw_logs.raw_message": 1,
        "raw_logs.load_files": 1,
    }


def test_another_key_is_refused(workplace: Path) -> None:
    before = state(workplace / "w.duckdb")
    write(workplace / "landing", "events/b.jsonl", [event()])
    with pytest.raises(SettingsError, match="another pseudonym key"):
        load_into(workplace / "w.duckdb", workplace / "landing", key="b" * 32)
    assert state(workplace / "w.duckdb") == before


def test_errors_say_what_to_do(workplace: Path, tmp_path: Path) -> None:
    def error(landing: Path = workplace / "landing", key: str = SECRET) -> PlumblineError:
        with pytest.raises(PlumblineError) as raised:
            load_into(workplace / "w.duckdb", landing, key=key)
        assert raised.value.remedy
        assert "\n" not in raised.value.message
        return raised.value

    assert isinstance(error(tmp_path / "nowhere"), InputError)
    (tmp_path / "empty" / "events").mkdir(parents=True)
    assert isinstance(error(tmp_path / "empty"), InputError)
    assert isinstance(error(key=""), SettingsError)
    assert isinstance(error(key="short"), SettingsError)
    (tmp_path / "w.duckdb").write_text("this is no database")
    with pytest.raises(WarehouseError, match="not a readable DuckDB file"):
        load_into(tmp_path / "w.duckdb", workplace / "landing")


def test_a_file_that_cannot_be_read_stops_the_load_before_anything_is_loaded(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(workplace / "w.duckdb")
    write(workplace / "landing", "events/b.jsonl", [event()])
    write(workplace / "landing", "events/jane.roe@example.com/c.jsonl", [event()])
    original = Path.open

    def refuse(self: Path, *arguments: object, **options: object) -> object:
        if self.name == "c.jsonl":
            raise PermissionError(13, "Permission denied")
        return original(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"events/\[email\]/c\.jsonl cannot be read"):
        load_into(workplace / "w.duckdb", workplace / "landing")
    monkeypatch.undo()
    assert state(workplace / "w.duckdb") == before


def test_what_identifies_a_file_tells_nothing_of_its_path_without_the_key(workplace: Path, tmp_path: Path) -> None:
    other = "another secret that is used by tests and by nothing else"
    load_into(tmp_path / "other.duckdb", workplace / "landing", "events", key=other)
    known = [
        query(database, "select path, file_id from raw_events.load_files")
        for database in (workplace / "w.duckdb", tmp_path / "other.duckdb")
    ]
    assert [path for path, _ in known[0]] == [path for path, _ in known[1]]
    assert {file_id for _, file_id in known[0]}.isdisjoint(file_id for _, file_id in known[1])


def test_a_warehouse_in_use_is_refused(workplace: Path) -> None:
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(workplace / "w.duckdb")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(WarehouseError, match="in use by another process"):
            load_into(workplace / "w.duckdb", workplace / "landing")
        assert holder.stdin is not None
        holder.stdin.close()


def test_two_loads_at_once_are_refused(workplace: Path) -> None:
    target = Warehouse("duckdb", workplace / "w.duckdb", None)
    with target.only_load(), pytest.raises(WarehouseError, match="Another load"):
        load_into(workplace / "w.duckdb", workplace / "landing")


def test_what_a_database_says_of_rows_is_not_repeated(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise duckdb.ConstraintException("Jane Roe is no number")

    monkeypatch.setattr("dlt.destinations.impl.duckdb.duck.DuckDbCopyJob.run", refuse)
    write(workplace / "landing", "events/b.jsonl", [event()])
    before = state(workplace / "w.duckdb")
    with pytest.raises(WarehouseError, match="nothing of it is visible") as raised:
        load_into(workplace / "w.duckdb", workplace / "landing")
    assert "Jane" not in raised.value.message + raised.value.remedy
    monkeypatch.undo()
    assert state(workplace / "w.duckdb") == before
    assert load_into(workplace / "w.duckdb", workplace / "landing")["events"].rows_accepted == 1


# One of each class, as unlikely to appear by chance as to be caught by another's rule.
CANARIES = ("zaphod.canary@example.com", "+1 212 555 0147", "198.51.100.77", "2001:db8::c4", "5555555555554444", "Quintilla Canarybird")


def test_nothing_personal_is_anywhere_in_the_warehouse_or_beside_it(workplace: Path) -> None:
    database, landing = workplace / "w.duckdb", workplace / "landing"
    for number, canary in enumerate(CANARIES):
        planted = {"session_id": canary, "platform": canary, "name": canary, "note": f"ask {canary}", "list": [canary, {canary: canary}]}
        texts = dict.fromkeys(("event_id", "event_type", "session_id", "user_id", "anonymous_id", "ip", "surprise"), canary)
        attributes = planted | dict.fromkeys(("app_version", "country", "organization_id", "module", "feature", "assessment_id"), canary)
        rows: list[object] = [
            event(**texts, attributes=attributes, metrics={"n": 1, canary: 2}),
            event(attributes=attributes, timestamp=canary),
        ]
        write(landing, f"events/{number}.jsonl", lines([*rows, event(tenant_id=canary), f'{{"cut": "{canary}']))  # type: ignore[list-item]
        words = dict.fromkeys(
            ("message_id", "type", "in_reply_to", "thread_id", "agent_id", "customer_id", "brand_id", "body", "surprise"), canary
        )
        write(
            landing,
            f"logs/raw_message/{canary}/{number}.jsonl",
            [message(**words, metadata=planted, product_ids=[canary]), message(direction=canary)],
        )
        person = {"name": canary, "email": canary, "phone": canary, "address": {"line1": canary, "country": canary}, "description": canary}
        (item,) = subscription()["items"]["data"]
        objects: list[dict[str, Any]] = [
            {"object": "customer", "id": canary, "metadata": planted, **person},
            {"object": "payout", "id": canary, "metadata": planted, "billing_details": person},
            {"object": "invoice", "id": "in_1", "customer_email": canary, "lines": {"data": [{"id": canary, "description": canary}]}},
            {"object": canary, "id": "x"},
            subscription(id=canary, status=canary, items={"data": [item | {"id": canary, "metadata": planted}]}, discounts=[canary]),
        ]
        write(landing, f"payments/tenant=one/{number}.jsonl", objects)
    results = load_into(database, landing)
    assert all(result.rows_read == result.rows_accepted + result.rows_rejected for result in results.values())
    assert {result.rows_rejected for result in results.values()} == {3 * len(CANARIES), len(CANARIES), 0}
    with duckdb.connect(str(database)) as connection:
        connection.execute("checkpoint")
        dump = workplace / "dump"
        connection.execute(f"export database '{dump}'")
    pieces = {canary.encode() for canary in CANARIES} | {b"zaphod", b"canarybird", b"Quintilla", b"Canarybird"}
    for file in [database, *(path for path in (*dump.rglob("*"), *(workplace / "dlt").rglob("*")) if path.is_file())]:
        content = file.read_bytes()
        assert not [piece for piece in pieces if piece in content], file
    found = {class_ for (class_,) in query(database, "select distinct pii_class from raw_operations.pii_findings")}
    assert found == {"email", "phone", "ip", "card", "prose", "direct"}
