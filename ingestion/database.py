"""The logs of an application, read from its PostgreSQL database.

    source = ApplicationDatabase(DatabaseSettings(name="app", dsn="postgresql://reader:...@db.example.com/app", schema="public"))
    load_source(source, ...)

Every log table of the contract that the schema has is read by dlt's `sql_database`, in Arrow, a row as one JSON text that the server writes
(`row_to_json`): so numbers keep their digits, JSON columns stay JSON, times carry their offset, and what no contract expects
(`infinity`, a date before Christ, a column of another type) is a row in quarantine instead of a load that fails.

Settings
    name        tells this database's rows from others'; the cursors are kept under it
    tables      the table of the source for a log that is called otherwise there: `{"visits": "site.page_visits"}`
    tenant      whose rows they are, for rows without a `tenant_id`
    overlap     how long a transaction may take to commit: so much before the cursor is read again
    deletes     the logs in which rows that are gone are looked for, which reads all keys of the table at each load

A log is read from its cursor on by `updated_at`, or else by its event time. It is read as a whole, each time, where the source has no
such column: without `updated_at` a change of a row could not be told.

Errors are PlumblineErrors without the password; nothing of the load is visible then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from dlt.sources.sql_database import TableLoader
from sqlalchemy.exc import SQLAlchemyError

from ingestion.contracts import LOGS, Column, Family, Privacy, Table
from ingestion.errors import PlumblineError, SettingsError, SourceError
from ingestion.extraction import camel_case
from ingestion.sources import Known, Reading

ROWS_AT_A_TIME = 20_000
CONNECT_SECONDS = 10

_LOGS = {table.name: table for table in LOGS}


@dataclass(frozen=True)
class DatabaseSettings:
    """Where an application's logs are, see above."""

    name: str
    dsn: str
    schema: str = "public"
    tenant: str | None = None
    tables: Mapping[str, str] = field(default_factory=dict)
    overlap: timedelta = timedelta(hours=1)
    deletes: tuple[str, ...] = ()


class ApplicationDatabase:
    """A PostgreSQL database as a live source of logs. Raises SettingsError where the settings name what is not there."""

    family: Family = "logs"

    def __init__(self, settings: DatabaseSettings) -> None:
        self.notices: list[str] = []
        self._settings = settings
        for name in (*settings.tables, *settings.deletes):
            if name not in _LOGS:
                raise SettingsError(f"There is no log {name!r}.", f"The settings of database {settings.name} may name: {', '.join(_LOGS)}.")
        for name in settings.deletes:
            if any(_LOGS[name].column(key).privacy is Privacy.PERSON for key in _LOGS[name].key):
                raise SettingsError(
                    f"Deletions from {name} cannot be told: its key is a person, maybe an address, which has another hash each month.",
                    f"Take {name} out of the deletes of database {settings.name}.",
                )
        try:
            url = sa.make_url(settings.dsn).set(drivername="postgresql+psycopg2")
            # The password of a mistaken URL may stand anywhere in it.
        except (SQLAlchemyError, ValueError):
            raise SettingsError(
                f"The connection string of database {settings.name} is none.",
                "Write it as postgresql://user:password@host:port/database.",
            ) from None
        options = {"connect_timeout": CONNECT_SECONDS, "options": "-c timezone=utc"}
        self._engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=options)

    def readings(self, known: Known) -> Iterator[Reading]:
        """A reading for each log that the database has."""
        tables = self._tables()
        absent = [name for name in _LOGS if name not in tables]
        if absent:
            self.notices.append(f"Not in {self._settings.name}: {', '.join(absent)}.")
        for name, source in tables.items():
            yield self._reading(_LOGS[name], source, known)

    def _tables(self) -> dict[str, sa.Table]:
        """The tables (or views) of the source by the log that they hold."""
        places = {name: self._settings.tables.get(name, name) for name in _LOGS}
        metadata = sa.MetaData()
        try:
            inspector = sa.inspect(self._engine)
            found: dict[str | None, set[str]] = {}
            tables = {}
            for name, place in places.items():
                *given, table = place.split(".")
                schema = given[0] if given else self._settings.schema
                if schema not in found:
                    found[schema] = {*inspector.get_table_names(schema), *inspector.get_view_names(schema)}
                if table in found[schema]:
                    tables[name] = sa.Table(table, metadata, schema=schema, autoload_with=self._engine, resolve_fks=False)
                elif name in self._settings.tables:
                    raise SettingsError(
                        f"Database {self._settings.name} has no table {place}, which is to hold the log {name}.",
                        "Correct its name in the settings, and check that the user may see it.",
                    )
        except SQLAlchemyError as error:
            raise self._explained(error) from None
        if not tables:
            raise SourceError(
                f"Schema {self._settings.schema} of database {self._settings.name} has none of the logs.",
                "Name the right schema, or the tables that hold the logs, in the settings; docs/live_sources.md tells how.",
            )
        return tables

    def _reading(self, table: Table, source: sa.Table, known: Known) -> Reading:
        owner = f"/tenant={self._settings.tenant}" if self._settings.tenant else ""
        path = f"logs/{table.name}/database{owner}/{self._settings.name}"
        cursor = known.cursor(path)
        moments = self._moments(table, source)
        since = cursor.at - self._settings.overlap if cursor and cursor.at and moments else None
        row = source.alias("source_row")
        query = sa.select(sa.cast(sa.func.row_to_json(row.table_valued()), sa.Text).label("record"))
        if since:
            query = query.where(_from(since, [row.c[moment.name] for moment in moments]))
        return Reading(
            path=path,
            records=self._records(source, query),
            since=since,
            tables=(table,),
            all_keys=(lambda: self._keys(table, source)) if table.name in self._settings.deletes else None,
        )

    def _moments(self, table: Table, source: sa.Table) -> list[sa.Column[Any]]:
        """The columns that place a row in time: its version, else its event. None where a change could not be told from them."""
        version = _column(source, table.column(table.version)) if table.version else None
        event_time = _column(source, table.column(table.event_time)) if table.event_time and not table.plans_ahead else None
        moments = [moment for moment in (version, event_time) if moment is not None]
        is_tellable = moments and (version is not None or not table.version)
        if not is_tellable or not all(isinstance(moment.type, sa.DateTime | sa.Date) for moment in moments):
            wanted = table.version or table.event_time
            self.notices.append(f"{table.name} has no {wanted} that is a time: it is read as a whole each time.")
            return []
        return moments[:1] if not moments[0].nullable else moments

    def _keys(self, table: Table, source: sa.Table) -> Iterator[pa.LargeStringArray]:
        fields: list[Any] = []
        for name in ("tenant_id", *table.key):
            column = _column(source, table.column(name))
            if column is not None:
                fields += [sa.literal(_field(table.column(name))), column]
            elif name != "tenant_id":
                raise SettingsError(
                    f"Deletions from {table.name} cannot be told: the table has no {_field(table.column(name))}.",
                    f"Take {table.name} out of the deletes of database {self._settings.name}.",
                )
        return self._records(source, sa.select(sa.cast(sa.func.json_build_object(*fields), sa.Text).label("record")))

    def _records(self, source: sa.Table, query: sa.Select[Any]) -> Iterator[pa.LargeStringArray]:
        """The texts of a query of one column, some rows at a time."""
        # The loader itself, not the resource around it: a resource sets contexts of dlt while it is read, and it is read inside of
        # the pipeline, which sets its own.
        loader = TableLoader(
            self._engine, "pyarrow", source, {}, chunk_size=ROWS_AT_A_TIME, query_adapter_callback=lambda _select, _table: query
        )
        try:
            for rows in loader.load_rows():
                yield rows["record"].combine_chunks().cast(pa.large_string())
        except SQLAlchemyError as error:
            raise self._explained(error, source) from None

    def _explained(self, error: Exception, source: sa.Table | None = None) -> PlumblineError:
        """What PostgreSQL says, as a sentence that holds neither password nor rows."""
        cause: BaseException | None = error
        text, code = "", None
        while cause is not None:
            text = f"{text} {cause}"
            code = code or getattr(cause, "pgcode", None)
            cause = cause.__cause__ or cause.__context__
        name = self._settings.name
        if code == "42501":
            place = f"table {source.name}" if source is not None else f"schema {self._settings.schema}"
            return SettingsError(
                f"The user may not read {place} of database {name}.", "Grant the user usage of the schema and select on it."
            )
        if source is not None:
            return SourceError(f"Reading table {source.name} of database {name} broke off; nothing of it is loaded.", "Load again.")
        if re.search(r"authentication failed|no password supplied|role .* does not exist|no pg_hba.conf entry", text):
            return SettingsError(f"Database {name} refuses the login.", "Check the user and the password of its connection string.")
        return SourceError(
            f"Database {name} does not answer.", "Check that it runs and that its connection string names its host, port and database."
        )


def _field(column: Column) -> str:
    """What the input calls a column."""
    return (column.paths or (column.name,))[0]


def _column(source: sa.Table, column: Column) -> sa.Column[Any] | None:
    """The column of the source that is read as a column of the contract."""
    names = [spelling for path in column.paths or (column.name,) for spelling in (path, camel_case(path))]
    return next((source.c[name] for name in names if name in source.c), None)


def _from(since: datetime, moments: list[sa.ColumnElement[Any]]) -> sa.ColumnElement[bool]:
    """That the first moment which is known is not before `since`; rows that know none are read each time."""
    first, *rest = moments
    unknown = sa.and_(first.is_(None), _from(since, rest)) if rest else first.is_(None)
    return sa.or_(first >= since, unknown)
