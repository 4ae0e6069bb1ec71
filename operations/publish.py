"""Publish a build: what people read changes all at once, and only after every test has passed.

DuckDB: the marts are copied into a file of their own, which replaces the published file by one rename. A reader that has
the old file open keeps it, whole, until it opens again. PostgreSQL: the marts are copied into a schema of their own, which
takes the name `marts` in one transaction; the schema before it stays as `marts_previous` for readers in mid-query.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg2

from ingestion.connections import Connection, explain_duckdb
from ingestion.errors import PublishError
from operations.settings import Settings
from operations.warehouse import connect
from quality.results import require_valid

# Files of this storage version open in every DuckDB from 1.0 on; see docs/operations.md.
STORAGE_VERSION = "v1.0.0"
READ_ONLY = 0o444
# How long a publication on PostgreSQL waits for open transactions of readers; those that last longer may see some marts of the
# old publication and some of the new.
READERS_SECONDS = 10

# PostgreSQL builds here, so that what people read stands still meanwhile (macros/operations/schemas.sql).
POSTGRES_BUILD_SCHEMA = "marts_build"


def require_passed_build(warehouse: Connection) -> None:
    """Raise PublishError unless the last thing done to the models was a full build without a failure."""
    remedy = "Run `plumbline build`: it publishes when everything has passed."
    if not warehouse.has_table("raw_operations", "builds"):
        raise PublishError("This warehouse has never been built.", remedy)
    last = warehouse.execute("select is_full, failed, skipped from raw_operations.builds order by started_at desc, invocation_id limit 1")
    if not last:
        raise PublishError("This warehouse has never been built.", remedy)
    is_full, failed, skipped = last[0]
    if failed is None:
        raise PublishError("The last build was cut short, and may have left some models new and others old.", remedy)
    if failed or skipped:
        raise PublishError(f"The last build did not pass ({failed} failed, {skipped} skipped).", remedy)
    if not is_full:
        raise PublishError("The last build was a partial one, and its models may not agree with the rest.", remedy)


def publish(settings: Settings) -> str:
    """Make the last build visible; return where people find it. Raises PublishError, ValidationError and WarehouseError."""
    with connect(settings, read_only=settings.target == "duckdb") as warehouse:
        require_passed_build(warehouse)
        require_valid(warehouse)
        if settings.target == "postgres":
            _publish_schema(warehouse)
            return "schema marts"
    _publish_file(settings.database, settings.published)
    return str(settings.published)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _publish_file(working: Path, published: Path) -> None:
    """Copy the marts of `working` into a new file and rename it to `published`."""
    coming = published.with_name(f"{published.name}.{os.getpid()}.coming")
    # What a publication that was killed left behind; one that still runs keeps its own.
    for left in published.parent.glob(f"{published.name}.*.coming*"):
        process = int(left.name.removeprefix(f"{published.name}.").partition(".")[0])
        if process == os.getpid() or not _is_running(process):
            left.unlink()
    try:
        with duckdb.connect() as connection:
            connection.execute(f"attach {_quoted(str(working))} as working (read_only)")
            connection.execute(f"attach {_quoted(str(coming))} as published (storage_version {_quoted(STORAGE_VERSION)})")
            connection.execute("create schema published.marts")
            tables = connection.execute(
                "select table_name, comment from duckdb_tables() where database_name = 'working' and schema_name = 'marts' order by 1"
            ).fetchall()
            for table, comment in tables:
                connection.execute(f'create table published.marts."{table}" as select * from working.marts."{table}"')
                if comment:
                    connection.execute(f'comment on table published.marts."{table}" is {_quoted(comment)}')
            columns = connection.execute(
                "select table_name, column_name, comment from duckdb_columns() "
                "where database_name = 'working' and schema_name = 'marts' and comment is not null"
            ).fetchall()
            for table, column, comment in columns:
                connection.execute(f'comment on column published.marts."{table}"."{column}" is {_quoted(comment)}')
            connection.execute("create schema published.publication")
            connection.execute("create table published.publication.published as select cast($1 as timestamp) as published_at", [_now()])
    except duckdb.Error as error:
        coming.unlink(missing_ok=True)
        raise explain_duckdb(error, working) from error
    coming.chmod(READ_ONLY)
    coming.replace(published)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # It runs, as another user.
        return True
    return True


def _publish_schema(warehouse: Connection) -> None:
    """Copy the marts beside what people read and swap the schemas; the caller's connection commits once."""
    # A reader that still holds a table of the schema before last is waited for, but not for ever.
    warehouse.execute("set local lock_timeout = '60s'")
    try:
        warehouse.execute("drop schema if exists marts_previous cascade")
    except psycopg2.errors.LockNotAvailable as error:
        raise PublishError(
            "A reader has been holding tables of the publication before last for over a minute.",
            "End that session, then run `plumbline publish`.",
        ) from error
    warehouse.execute("drop schema if exists marts_coming cascade")
    warehouse.execute("create schema marts_coming")
    tables = warehouse.execute(
        "select c.relname, obj_description(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = ? and c.relkind = 'r' order by 1",
        (POSTGRES_BUILD_SCHEMA,),
    )
    for table, comment in tables:
        warehouse.execute(f'create table marts_coming."{table}" (like {POSTGRES_BUILD_SCHEMA}."{table}" including all)')
        warehouse.execute(f'insert into marts_coming."{table}" select * from {POSTGRES_BUILD_SCHEMA}."{table}"')
        if comment:
            warehouse.execute(f'comment on table marts_coming."{table}" is {_quoted(comment)}')
        warehouse.execute(f'analyze marts_coming."{table}"')
    warehouse.execute("create schema if not exists marts")
    # Whoever was allowed to read the schema stays allowed.
    grants = warehouse.execute(
        "select distinct grantee, privilege from (select (aclexplode(nspacl)).grantee::regrole::text as grantee, "
        "(aclexplode(nspacl)).privilege_type as privilege, nspowner::regrole::text as owner from pg_namespace where nspname = 'marts') g "
        "where privilege = 'USAGE' and grantee <> owner and grantee <> '-'"
    )
    for grantee, _ in grants:
        warehouse.execute(f"grant usage on schema marts_coming to {grantee}")
        warehouse.execute(f"grant select on all tables in schema marts_coming to {grantee}")
    _wait_for_readers(warehouse)
    warehouse.execute("alter schema marts rename to marts_previous")
    warehouse.execute("alter schema marts_coming rename to marts")
    warehouse.execute("create schema if not exists publication")
    warehouse.execute("create table if not exists publication.published (published_at timestamp)")
    warehouse.execute("delete from publication.published")
    warehouse.execute(f"insert into publication.published values ({_quoted(_now())})")


def _wait_for_readers(warehouse: Connection) -> None:
    """Lock what people read for the moment of the swap: a query looks its tables up one by one, and would otherwise find some in
    the old schema and some in the new. A reader that keeps its transaction open is waited for, but not for ever."""
    tables = warehouse.execute("select format('marts.%I', tablename) from pg_tables where schemaname = 'marts' order by 1")
    deadline = time.monotonic() + READERS_SECONDS
    while tables and time.monotonic() < deadline:
        warehouse.execute("savepoint before_lock")
        try:
            # All or none: to wait for one table with a lock on another would be a deadlock with a query that joins them.
            warehouse.execute(f"lock table {', '.join(name for (name,) in tables)} in access exclusive mode nowait")
        except psycopg2.errors.LockNotAvailable:
            warehouse.execute("rollback to savepoint before_lock")
            time.sleep(0.05)
        else:
            return


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
