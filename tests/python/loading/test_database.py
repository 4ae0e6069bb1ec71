"""Logs from an application's PostgreSQL database: every table, only what is new, nothing twice, and what was deleted."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from landing_files import SECRET
from loads import ROOT, query, state
from log_rows import TENANT, good, stored
from project import fresh_database

from ingestion.contracts import LOGS, Table
from ingestion.database import ApplicationDatabase, DatabaseSettings
from ingestion.errors import PlumblineError, SettingsError, SourceError
from ingestion.load import LoadResult, load_source
from ingestion.privacy import keyed_hash, tenant_key

TYPES = {
    "bigint": "bigint",
    "double": "double precision",
    "decimal": "numeric",
    "bool": "boolean",
    "date": "date",
    "json": "jsonb",
    "timestamp": "timestamptz",
}
BOOKKEEPING = ("extra", "payload_hash", "file_id", "line_no", "loaded_at", "_dlt_load_id")
_NUMBERS = count(1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def create(table: Table) -> str:
    """The table as an application might have it: times with a zone, documents as jsonb."""
    columns = {(column.paths or (column.name,))[0]: TYPES.get(column.type, "text") for column in table.columns}
    definitions = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
    return f"create table {table.name} (tenant_id text, {definitions})"


class Application:
    """The application's database, and a warehouse that is loaded from it."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.settings = DatabaseSettings("app", dsn)
        self.warehouse = folder / "w.duckdb"

    def run(self, *statements: str) -> None:
        with closing(psycopg2.connect(self.settings.dsn)) as connection, connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def insert(self, table: str, **row: Any) -> None:
        values = [json.dumps(value) if isinstance(value, dict | list) else value for value in row.values()]
        with closing(psycopg2.connect(self.settings.dsn)) as connection, connection, connection.cursor() as cursor:
            names = ", ".join(f'"{name}"' for name in row)
            cursor.execute(f"insert into {table} ({names}) values ({', '.join(['%s'] * len(row))})", values)

    def load(self, **settings: Any) -> LoadResult:
        return load_source(
            ApplicationDatabase(replace(self.settings, **settings)),
            target="duckdb",
            database=self.warehouse,
            postgres_dsn=None,
            pseudonym_key=SECRET,
            tenants=ROOT / "seeds/tenants.csv",
            working_folder=self.warehouse.parent / "dlt",
        )

    def counts(self, **settings: Any) -> tuple[int, int, int, int]:
        result = self.load(**settings)
        return result.rows_read, result.rows_accepted, result.rows_rejected, result.rows_duplicate


@pytest.fixture
def application(postgres_server: str, workplace: Path) -> Application:
    return Application(fresh_database(postgres_server, f"application_{next(_NUMBERS)}"), workplace)


@pytest.fixture
def visits(application: Application) -> Application:
    """An application that counts visits and keeps threads."""
    application.run(
        "create table visits "
        "(visit_id text primary key, tenant_id text, person_key text, timestamp timestamptz, city_id int, browser text)",
        "create table message_threads (thread_id int primary key, tenant_id text, type text, created_by text, created_at timestamptz, "
        "updated_at timestamptz not null)",
    )
    return application


def visit(number: int, at: datetime, **more: Any) -> dict[str, Any]:
    return {"visit_id": f"v-{number}", "tenant_id": TENANT, "person_key": "u-1", "timestamp": at, **more}


def thread(number: int, at: datetime, type_: str = "support") -> dict[str, Any]:
    made = {"thread_id": number, "tenant_id": TENANT, "type": type_, "created_by": "u-1"}
    return made | {"created_at": NOON - timedelta(days=9), "updated_at": at}


def visit_ids(application: Application) -> list[str]:
    return [name for (name,) in query(application.warehouse, "select visit_id from raw_logs.visits order by visit_id")]


def test_every_log_comes_as_from_a_file(application: Application) -> None:
    for table in LOGS:
        application.run(create(table))
        application.insert(table.name, **good(table.name))
    result = application.load()
    assert (result.rows_read, result.rows_accepted) == (len(LOGS), len(LOGS)) == (31, 31)
    for table in LOGS:
        columns = [column.name for column in table.stored_columns if column.name not in BOOKKEEPING]
        expected = stored(table.name)
        (row,) = query(application.warehouse, f"select {', '.join(columns)}, extra from raw_logs.{table.name} where tenant_id = '{TENANT}'")
        assert [_plain(value) for value in row] == [_plain(expected.get(name)) for name in columns] + [None], table.name


def _plain(value: Any) -> Any:
    """Documents by their content: jsonb has an order of keys of its own."""
    return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value


def test_columns_of_the_application_are_kept_and_what_the_contract_refuses_is_in_quarantine(visits: Application) -> None:
    visits.insert("visits", **visit(1, NOON, city_id=7, browser="firefox"))
    visits.insert("visits", **visit(2, NOON) | {"person_key": None})
    visits.run("insert into visits values ('v-3', 'one', 'u-1', 'infinity'), ('v-4', 'one', 'u-1', '0044-03-15 BC')")
    assert visits.counts() == (4, 1, 3, 0)
    assert query(visits.warehouse, "select city_id, extra from raw_logs.visits") == [("7", '{"browser":"firefox"}')]
    rejected = "select line_no, reason_code, field, path from raw_quarantine.rejected_rows order by line_no"
    path = "logs/visits/database/app"
    assert query(visits.warehouse, rejected) == [
        (2, "missing_required", "person_key", path),
        (3, "bad_timestamp", "timestamp", path),
        (4, "bad_timestamp", "timestamp", path),
    ]
    assert visits.counts() == (3, 0, 0, 3), "what was refused is known, too"
    visits.run("alter table visits alter column timestamp type text using 'yesterday'")
    visits.insert("visits", **visit(5, NOON) | {"timestamp": "2026-03-01 13:00"})
    result = visits.load()
    # The row without a person is refused for the same reason as before, and looks the same once it is masked.
    assert (result.rows_read, result.rows_accepted, result.rows_rejected, result.rows_duplicate) == (5, 1, 3, 1)
    assert "visits has no visited_at that is a time: it is read as a whole each time." in result.notices


def test_only_what_is_new_is_read_and_the_overlap_is_recognised(visits: Application) -> None:
    for number in range(5):
        visits.insert("visits", **visit(number, NOON + timedelta(hours=number)))
    visits.insert("message_threads", **thread(1, NOON))
    visits.insert("message_threads", **thread(2, NOON + timedelta(hours=9)))
    assert visits.counts() == (7, 7, 0, 0)
    before = state(visits.warehouse)
    result = visits.load()
    assert (result.load_id, result.rows_read, result.rows_duplicate) == (None, 3, 3), "two visits and a thread are within the hour"
    assert state(visits.warehouse) == before

    visits.insert("visits", **visit(9, NOON + timedelta(hours=5)))
    visits.run("update message_threads set type = 'sales', updated_at = '2026-03-02' where thread_id = 1")
    assert visits.counts() == (5, 2, 0, 3)
    assert visit_ids(visits) == ["v-0", "v-1", "v-2", "v-3", "v-4", "v-9"]
    versions = "select thread_id, thread_type from raw_logs.message_threads order by updated_at"
    assert query(visits.warehouse, versions) == [("1", "support"), ("2", "support"), ("1", "sales")]
    account = """
        select rows_read, rows_accepted, rows_duplicate from raw_operations.load_files
        where path = 'logs/visits/database/app' order by loaded_at
    """
    assert query(visits.warehouse, account) == [(5, 5, 0), (3, 1, 2)]
    cursors = "select distinct source, max(cursor_at) over (partition by source) from raw_operations.source_cursors order by 1"
    assert query(visits.warehouse, cursors) == [
        ("logs/message_threads/database/app", datetime(2026, 3, 2)),
        ("logs/visits/database/app", datetime(2026, 3, 1, 17)),
    ]


def test_a_row_that_is_committed_late_is_found_within_the_overlap(visits: Application) -> None:
    with closing(psycopg2.connect(visits.settings.dsn)) as slow, slow.cursor() as cursor:
        cursor.execute("insert into visits values ('v-late', 'one', 'u-1', %s)", [NOON - timedelta(minutes=20)])
        visits.insert("visits", **visit(1, NOON))
        assert visits.counts() == (1, 1, 0, 0)
        slow.commit()
    visits.insert("visits", **visit(0, NOON - timedelta(hours=2)))
    assert visits.counts() == (2, 1, 0, 1)
    assert visit_ids(visits) == ["v-1", "v-late"], "what is older than the overlap is not looked at"
    assert visits.counts(overlap=timedelta(hours=3)) == (3, 1, 0, 2)


def test_a_time_ahead_of_the_load_does_not_hide_what_comes_before_it(visits: Application) -> None:
    ahead = datetime.now(UTC) + timedelta(hours=20)
    visits.insert("visits", **visit(1, ahead))
    assert visits.counts() == (1, 1, 0, 0)
    visits.insert("visits", **visit(2, ahead - timedelta(hours=19)))
    assert visits.counts() == (2, 1, 0, 1)


def test_changes_without_updated_at_are_found_by_reading_the_whole_table(visits: Application) -> None:
    visits.run("alter table message_threads drop column updated_at")
    row = thread(1, NOON)
    del row["updated_at"]
    visits.insert("message_threads", **row)
    visits.load()
    visits.run("update message_threads set type = 'sales'")
    result = visits.load()
    assert (result.rows_read, result.rows_accepted) == (1, 1)
    assert "message_threads has no updated_at that is a time: it is read as a whole each time." in result.notices
    assert visits.counts() == (1, 0, 0, 1)


def test_a_deleted_row_is_noted_once_and_so_is_its_return(visits: Application) -> None:
    visits.run(*(f"insert into visits values ('v-{number}', 'one', 'u-1', '2026-03-01 12:00+00')" for number in range(3)))

    def load() -> LoadResult:
        return visits.load(deletes=("visits",))

    def gone() -> list[str]:
        found = """
            select visit_id from raw_logs.visits join raw_operations.deleted_rows using (file_id, line_no)
            group by visit_id having sum(case when is_deleted then 1 else -1 end) > 0 order by visit_id
        """
        return [name for (name,) in query(visits.warehouse, found)]

    load()
    visits.run("create table kept as select * from visits", "delete from visits where visit_id < 'v-2'")
    assert load().load_id is not None
    assert gone() == ["v-0", "v-1"]
    assert load().load_id is None, "nothing is new"
    visits.run("insert into visits select * from kept where visit_id = 'v-1'")
    assert (load().rows_duplicate, gone()) == (2, ["v-0"])
    visits.run("delete from visits where visit_id = 'v-1'")
    load()
    assert gone() == ["v-0", "v-1"]
    assert query(visits.warehouse, "select count(*) from raw_operations.deleted_rows") == [(4,)]
    visits.run("delete from visits")
    assert "visits is empty in its source: no row of it is taken for deleted." in load().notices
    assert gone() == ["v-0", "v-1"]


def test_deletions_are_found_by_hashed_keys_and_on_postgres(visits: Application, postgres_server: str, tmp_path: Path) -> None:
    dsn = fresh_database(postgres_server, f"application_{next(_NUMBERS)}")
    visits.run(
        "create table experiment_exposures (experiment_id text, tenant_id text, variant text, unit_id text, timestamp timestamptz)",
        "insert into experiment_exposures values ('x', 'one', 'a', 'u-1', '2026-03-01 12:00:00.25+00'), "
        "('x', 'one', 'a', 'u-2', '2026-03-01 12:00:00.25+00')",
    )

    def load() -> LoadResult:
        return load_source(
            ApplicationDatabase(replace(visits.settings, deletes=("experiment_exposures",))),
            target="postgres",
            database=tmp_path / "unused",
            postgres_dsn=dsn,
            pseudonym_key=SECRET,
            tenants=ROOT / "seeds/tenants.csv",
            working_folder=tmp_path / "dlt",
        )

    assert load().rows_accepted == 2
    visits.run("delete from experiment_exposures where unit_id = 'u-1'")
    assert load().load_id is not None
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select unit_id, is_deleted from raw_logs.experiment_exposures join raw_operations.deleted_rows using (file_id, line_no)"
        )
        assert cursor.fetchall() == [(keyed_hash(tenant_key(SECRET, "one"), "u-1"), True)]


def test_a_killed_load_moves_no_cursor(visits: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    visits.insert("visits", **visit(1, NOON))
    with monkeypatch.context() as broken:
        broken.setattr("dlt.destinations.impl.duckdb.duck.DuckDbClient.complete_load", _die)
        with pytest.raises(PlumblineError, match="nothing of it is visible"):
            visits.load()
    assert query(visits.warehouse, "select count(*) from raw_operations.source_cursors") == [(0,)]
    assert visits.counts() == (1, 1, 0, 0)
    assert visit_ids(visits) == ["v-1"]


def _die(*_: object) -> None:
    raise ConnectionError


def test_errors_say_what_to_do_and_never_the_password(visits: Application) -> None:
    def refused(kind: type[PlumblineError], *words: str, **settings: Any) -> None:
        with pytest.raises(kind) as raised:
            visits.load(**settings)
        told = raised.value.message + raised.value.remedy
        assert all(word in told for word in words), told
        assert "hunter2" not in told
        assert raised.value.__suppress_context__ or raised.value.__context__ is None or "hunter2" not in str(raised.value.__context__)

    before = state(visits.warehouse)
    address = visits.settings.dsn.partition("@")[2]
    refused(SourceError, "does not answer", dsn="postgresql://postgres:hunter2@127.0.0.1:9/application")
    refused(SettingsError, "refuses the login", dsn=f"postgresql://stranger:hunter2@{address}")
    refused(SettingsError, "connection string", dsn="postgresql://postgres:hunter2@host:port/x")
    refused(SourceError, "has none of the logs", schema="elsewhere")
    refused(SettingsError, "no table page_views", tables={"visits": "page_views"})
    refused(SettingsError, "no log 'page_views'", deletes=("page_views",))
    refused(SettingsError, "experience_profiles", deletes=("experience_profiles",))
    visits.run("create role reader login", "create table checkins (checkin_id text)")
    refused(SettingsError, "may not read table", dsn=visits.settings.dsn.replace("postgres:@", "reader:hunter2@"))
    assert state(visits.warehouse) == before


def test_a_table_of_another_name_and_rows_of_one_tenant(visits: Application) -> None:
    visits.run("create schema site", 'create table site."Page Views" (visit_id int, "personKey" text, timestamp timestamp)')
    visits.run("""insert into site."Page Views" values (7, 'u-1', '2026-03-01 12:00')""")
    result = visits.load(tables={"visits": "site.Page Views"}, tenant="dansora")
    assert result.rows_accepted == 1
    assert any("checkins" in notice and "visits" not in notice for notice in result.notices)
    found = "select tenant_id, visit_id, visited_at, person_key from raw_logs.visits"
    person = keyed_hash(tenant_key(SECRET, "dansora"), "u-1")
    assert query(visits.warehouse, found) == [("dansora", "7", datetime(2026, 3, 1, 12), person)]
