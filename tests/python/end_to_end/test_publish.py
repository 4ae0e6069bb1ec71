"""People see a build at once and whole, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import psycopg2
import pytest
from conftest import TEST_KEY
from project import Plumbline, fresh_database
from raw import create_raw, insert

EVENT = {
    "tenant_id": "t",
    "event_type": "page.viewed",
    "user_id": "u",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Plumbline:
    """A warehouse with one event, built and published."""
    plumbline = Plumbline(tmp_path_factory.mktemp("template"), key=TEST_KEY)
    plumbline.database.parent.mkdir()
    create_raw(plumbline.database)
    insert(plumbline.database, "raw_events.events", [{**EVENT, "event_id": "e1", "occurred_at": "2026-03-01 10:00"}])
    plumbline.run("build", "--select", "+dim_tenants")
    publish_partial_build(plumbline)
    return plumbline


@pytest.fixture
def small(template: Plumbline, tmp_path: Path) -> Plumbline:
    """A copy of the template, to break."""
    shutil.copytree(template.database.parent, tmp_path / "warehouse")
    return Plumbline(tmp_path, key=TEST_KEY)


def publish_partial_build(plumbline: Plumbline) -> None:
    """Publish the few models that these tests build; a full build is what the other tests make."""
    with duckdb.connect(str(plumbline.database)) as connection:
        connection.execute("update raw_operations.builds set is_full = true")
    plumbline.run("publish")


def tenants(published: Path) -> list[str]:
    with duckdb.connect(str(published), read_only=True) as connection:
        return [row[0] for row in connection.execute("select tenant_id from marts.dim_tenants where not is_registered").fetchall()]


def test_a_partial_build_is_not_published(small: Plumbline) -> None:
    before = small.published.stat().st_ino
    printed = small.run("build", "--select", "dim_tenants")
    assert "partial build is not published" in printed.replace("\n", " ")
    assert small.published.stat().st_ino == before
    refused = small.attempt("publish")
    assert refused.returncode == 7
    assert "partial" in refused.stderr


def test_a_failed_build_leaves_the_published_copy_untouched(small: Plumbline) -> None:
    before = small.published.read_bytes()
    # Two rows of one load for the same file and table break the grain of the load files.
    with duckdb.connect(str(small.database)) as connection:
        connection.execute("insert into raw_events.load_files select * from raw_events.load_files")
    failed = small.attempt("build")
    assert failed.returncode == 6
    assert "grain_stg_operations__load_files" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert small.published.read_bytes() == before
    assert small.attempt("publish").returncode == 7


def test_a_reader_that_holds_the_published_copy_open_is_not_disturbed(small: Plumbline) -> None:
    with duckdb.connect(str(small.published), read_only=True) as reader:
        reader.execute("select 1 from marts.dim_tenants")
        second = {**EVENT, "tenant_id": "t2", "event_id": "e2", "occurred_at": "2026-03-02 10:00"}
        insert(small.database, "raw_events.events", [second], load_id="1767225601.0", file_id="another file")
        small.run("build", "--select", "+dim_tenants")
        publish_partial_build(small)
        held = reader.execute("select tenant_id from marts.dim_tenants where not is_registered").fetchall()
    assert held == [("t",)]
    assert sorted(tenants(small.published)) == ["t", "t2"]


def test_the_published_file_is_read_only_and_opens_in_older_readers(small: Plumbline) -> None:
    assert small.published.stat().st_mode & 0o222 == 0
    with duckdb.connect() as connection:
        connection.execute(f"attach '{small.published}' as published (read_only)")
        tags = connection.execute("select tags from duckdb_databases() where database_name = 'published'").fetchall()[0][0]
    # Readers from 1.0 on know this storage version.
    assert tags["storage_version"] == "v1.0.0+"


def test_nothing_is_left_beside_the_published_file(small: Plumbline) -> None:
    assert sorted(path.name for path in small.database.parent.iterdir()) == ["plumbline.duckdb", "plumbline.published.duckdb"]


def test_postgres_swaps_the_schema_while_a_reader_is_in_a_transaction(built_postgres: Plumbline) -> None:
    assert built_postgres.postgres_dsn
    reader = psycopg2.connect(built_postgres.postgres_dsn)
    try:
        with reader.cursor() as cursor:
            cursor.execute("select count(*) from marts.dim_tenants")
            before = cursor.fetchone()
            built_postgres.run("publish")
            cursor.execute("select count(*) from marts.dim_tenants")
            assert cursor.fetchone() == before
    finally:
        reader.close()


def test_an_unbuilt_warehouse_is_not_published(tmp_path: Path, postgres_server: str) -> None:
    create = Plumbline(tmp_path, key=TEST_KEY)
    create.database.parent.mkdir()
    create_raw(create.database)
    refused = create.attempt("publish")
    assert refused.returncode == 7
    assert "never been built" in refused.stderr
    empty = Plumbline(tmp_path, key=TEST_KEY, postgres_dsn=fresh_database(postgres_server, "unbuilt"))
    assert empty.attempt("publish").returncode == 7
    shutil.rmtree(create.database.parent)
    assert create.attempt("publish").returncode == 5
