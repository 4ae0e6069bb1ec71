"""From the records of landing files to the rows of raw tables, one batch at a time, in an in-memory DuckDB.

A batch holds records of one route: a table of events or logs, Stripe objects, or exchange rates. Each line has one fate,
accepted, rejected or duplicate, counted under the table that its object belongs to; the parts of a Stripe object share the
fate of its line.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from ingestion import dialects, stripe
from ingestion.contracts import EVENTS, LOGS, PAYMENTS, TABLES, Column, Privacy, Table
from ingestion.extraction import FLATTENED, MACROS, TENANT_SHAPE, literal, rows_query, told_at, unknown_fields
from ingestion.files import OVERSIZED_BYTES, Chunk, Origin
from ingestion.privacy import HASH_MACROS, SUSPICIOUS_JSON, Scrubber, keys, mask_line, secret_id, tenant_key
from ingestion.reasons import Reason
from ingestion.scanner import SUSPICIOUS_TEXT, mask

UNKNOWN = "unknown"
STRIPE = "stripe"
# Levels of nesting: what parses JSON recursively, here or in the warehouse, must not run out of stack.
DEEPEST = 1_000
# Unknown fields of a tenant and table that are told apart in one load: where keys are made of data, there is no end to them.
MOST_FIELDS = 100
LONGEST_NAME = 100
FX_RATES = next(table for table in PAYMENTS if table.name == "fx_rates")

_SCANNED = (Privacy.TOKEN, Privacy.SCANNED)
_HASHED = (Privacy.IDENTIFIER, Privacy.IP, Privacy.PERSON)

Row = dict[str, Any]


def route_of(file: Origin) -> Table | str:
    """The table that a file's records belong to; Stripe objects tell theirs, and `unknown` is none."""
    if file.family == "events":
        return EVENTS
    if file.family == "payments":
        return FX_RATES if "fx_rates" in file.folders else STRIPE
    folder = file.folders[1] if len(file.folders) > 1 else ""
    return next((table for table in LOGS if table.name == folder), UNKNOWN)


@dataclass
class FileVersion:
    """A landing file, or a table or an endpoint, with the content it has now, and what earlier versions of it brought.

    brought         rows by table_name, payload_hash, with their number as rows_left
    quarantined     rejected lines by (reason, field, text)
    """

    file: Origin
    file_id: str
    path: str
    fingerprint: str
    problem: Reason | None
    brought: pa.Table | None = None
    quarantined: Counter[tuple[str, str | None, str]] = field(default_factory=Counter)


@dataclass
class Tally:
    """The fate of a file's lines under one table."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicate: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass
class UnknownField:
    """A field that the contract does not name: in how many rows it was, and in which file first."""

    path: str
    rows: int = 0


class Processor:
    """Processes batches of one load. `tallies` by (file number, table), `findings` by (file number, tenant, table, column, class)
    `unknown_fields` by (tenant, table) and name, and `tenants` grow with each batch."""

    def __init__(self, secret: str, loaded_at: datetime, accounts: Mapping[str, str]) -> None:
        self._secret = secret
        self._loaded_at = loaded_at
        self.files: list[FileVersion] = []
        self.tallies: defaultdict[tuple[int, str], Tally] = defaultdict(Tally)
        self.findings: Counter[tuple[int, str, str, str, str]] = Counter()
        self.unknown_fields: dict[tuple[str, str], dict[str, UnknownField]] = defaultdict(dict)
        self.tenants: set[str] = set()
        self._connection = duckdb.connect(config={"threads": 2})
        for setting in ("set TimeZone = 'UTC'", "set temp_directory = ''", "set preserve_insertion_order = true"):
            self._connection.execute(setting)
        for macro in (*MACROS, *dialects.MACROS, FLATTENED, *HASH_MACROS):
            self._connection.execute(macro)
        self._connection.execute(f"set variable latest = timestamp '{loaded_at + timedelta(days=1)}'")
        self._connection.create_function("depth", _depth, ["VARCHAR"], "BIGINT")
        self._connection.execute("create table accounts (account varchar, tenant varchar)")
        for account, tenant in accounts.items():
            self._connection.execute("insert into accounts values (?, ?)", [account, tenant])
        self._connection.execute("create table sender_fields (dialect varchar, field varchar, sender_field varchar)")
        self._connection.executemany("insert into sender_fields values (?, ?, ?)", dialects.sender_fields())
        self._connection.execute("create table brought (file_no integer, table_name varchar, payload_hash varchar, rows_left bigint)")

    def close(self) -> None:
        self._connection.close()

    def add_file(self, version: FileVersion) -> int:
        """Make a file known; returns its number."""
        number = len(self.files)
        self.files.append(version)
        if version.brought is not None:
            self._connection.register("given", version.brought)
            self._connection.execute("insert into brought select ?, table_name, payload_hash, rows_left from given", [number])
            self._connection.unregister("given")
        return number

    def process(self, route: Table | str, batch: Sequence[tuple[int, Chunk]]) -> Iterator[tuple[str, pa.Table]]:
        """The rows of a batch, by the name of their table; `rejected_rows` among them."""
        self._read_lines(batch)
        rejected: list[Row] = [
            {"file_no": number, "line_no": damage.record, "problem": str(damage.reason), "text": damage.text, "table_name": _name(route)}
            for number, chunk in batch
            for damage in chunk.damages
        ]
        for row in rejected:
            self.tallies[row["file_no"], row["table_name"]].read += 1
        rejected += self._rows(
            f"select file_no, line_no, problem, text, {literal(_name(route))} as table_name from flaws join lines using (file_no, line_no)"
        )
        self._count_read("flaws", _name(route))
        if route == STRIPE:
            yield from self._process_stripe(rejected)
        elif isinstance(route, Table):
            if route is EVENTS:
                self._translate()
            native_lines = "native_lines" if route is EVENTS else "sound_lines"
            self._connection.execute(
                "create or replace temp view objects as select * exclude (text), text as doc, cast(null as varchar) as parent, "
                f"cast(null as bigint) as position from {native_lines}"
            )
            yield from self._process_table(route, (), rejected)
        else:
            unknown = f"select file_no, line_no, '{Reason.UNKNOWN_TABLE}' as problem, text, '{UNKNOWN}' as table_name from sound_lines"
            rejected += self._rows(unknown)
            self._count_read("sound_lines", UNKNOWN)
        if rows := self._quarantine(rejected):
            yield "rejected_rows", pa.Table.from_pylist(rows)

    def _rows(self, query: str) -> list[Row]:
        rows: list[Row] = self._connection.execute(query).to_arrow_table().to_pylist()
        return rows

    def _read_lines(self, batch: Sequence[tuple[int, Chunk]]) -> None:
        """Makes `files`, those of the batch, `lines`, their records that are not blank, and `flaws`, those among them that are no
        objects. The texts stay where they were read: only what is found in them is written to tables."""
        numbers = sorted({number for number, _ in batch})
        file_ids = pa.array([self.files[number].file_id for number in numbers], pa.string())
        self._connection.register("files", pa.table({"file_no": pa.array(numbers, pa.int32()), "file_id": file_ids}))
        texts = pa.concat_tables([self._texts(number, chunk) for number, chunk in batch])
        # In small pieces, which the threads share.
        self._connection.register("input", pa.Table.from_batches(texts.to_batches(max_chunksize=16_384), texts.schema))
        self._connection.execute("create or replace temp view lines as select * from input where regexp_matches(text, '\\S')")
        self._connection.execute(
            f"""
            create or replace temp table flaws as
            select
                file_no, line_no,
                case
                    when strlen(text) > {OVERSIZED_BYTES} then '{Reason.OVERSIZED_ROW}'
                    when strlen(text) > {2 * DEEPEST} and depth(text) > {DEEPEST} then '{Reason.NESTED_TOO_DEEP}'
                    when not json_valid(text) then '{Reason.MALFORMED_JSON}'
                    when not regexp_matches(text, '^\\s*\\{{') then '{Reason.NOT_AN_OBJECT}'
                end as problem
            from lines
            where problem is not null
            """
        )
        self._connection.execute(f"create or replace temp view sound_lines as select * from lines where {_is_not_in('flaws')}")

    def _texts(self, number: int, chunk: Chunk) -> pa.Table:
        texts = chunk.records
        if isinstance(texts, pa.Table):
            # Under a name that no column has: `records` is a column of some logs.
            self._connection.register("rows of a file", texts)
            query = 'select cast(to_json("rows of a file") as varchar) as text from "rows of a file"'
            texts = self._connection.execute(query).to_arrow_table()["text"]
            self._connection.unregister("rows of a file")
        columns = {
            "file_no": pa.array(np.full(len(texts), number, dtype=np.int32)),
            "line_no": pa.array(chunk.numbers),
            "tenant": pa.repeat(pa.scalar(self.files[number].file.tenant, pa.string()), len(texts)),
            "text": texts.cast(pa.large_string()),
        }
        return pa.table(columns)

    def _count_read(self, lines: str, table_name: str) -> None:
        for number, count in self._connection.execute(f"select file_no, count(*) from {lines} group by file_no").fetchall():
            self.tallies[number, table_name].read += count

    def _process_stripe(self, rejected: list[Row]) -> Iterator[tuple[str, pa.Table]]:
        self._connection.execute("create or replace temp table unwrapped as " + stripe.objects_query("sound_lines", "accounts"))
        rejected += self._rows(
            "select file_no, line_no, u.problem, text, 'unknown' as table_name, u.tenant as tenant_id "
            "from unwrapped as u join lines using (file_no, line_no) where u.problem is not null"
        )
        self._count_read("(select * from unwrapped where problem is not null)", UNKNOWN)
        present = self._connection.execute("select distinct table_name from unwrapped where problem is null order by all").fetchall()
        for (name,) in present:
            table = next(table for table in PAYMENTS if table.name == name)
            self._connection.execute(
                "create or replace temp view objects as "
                f"select * exclude (problem, table_name) from unwrapped where problem is null and table_name = '{name}'"
            )
            yield from self._process_table(table, stripe.PART_TABLES.get(name, ()), rejected)

    def _process_table(self, table: Table, parts: tuple[Table, ...], rejected: list[Row]) -> Iterator[tuple[str, pa.Table]]:
        execute = self._connection.execute
        execute(f"create or replace temp table typed_{table.name} as {rows_query(table, 'objects')}")
        self._count_read(f"typed_{table.name}", table.name)
        for part in parts:
            exploded = f"({stripe.parts_query(part, 'objects')})"
            execute(f"create or replace temp table typed_{part.name} as {rows_query(part, exploded)}")
        if table is EVENTS:
            self._flatten_metrics()
            self._name_sender_fields()
        self._refuse_personal_tenants((table, *parts))
        problems = " union all ".join(
            f"select file_no, line_no, problem, tenant_id, {rank} as rank from typed_{each.name} where problem is not null"
            for rank, each in enumerate((table, *parts))
        )
        execute(
            "create or replace temp table problems as "
            f"select file_no, line_no, arg_min(problem, rank) as problem, arg_min(tenant_id, rank) as tenant_id from ({problems}) "
            "group by file_no, line_no"
        )
        rejected += self._rows(
            f"select file_no, line_no, p.problem, text, {literal(table.name)} as table_name, p.tenant_id "
            "from problems as p join lines using (file_no, line_no)"
        )
        for each in (*parts, table):
            self._pseudonymise(each)
            self._scrub(each)
            self._secure(each)
            self._hash(each, parts if each is table else ())
        self._find_duplicates(table)
        self._tally(table)
        for each in (table, *parts):
            rows = execute(self._output_query(each)).to_arrow_table()
            if rows.num_rows:
                yield each.name, rows
                self._note_unknown_fields(each)

    def _translate(self) -> None:
        """Makes `native_lines`: the events, those of other dialects as native ones."""
        execute = self._connection.execute
        execute(
            "create or replace temp table hinted_lines as "
            f"select file_no, line_no, tenant, text from sound_lines where regexp_matches(text, {dialects.HINT})"
        )
        native = f"select file_no, line_no, tenant, text, '{dialects.NATIVE}' as dialect from sound_lines"
        if execute("select 1 from hinted_lines limit 1").fetchone():
            execute(f"create or replace temp table recognised_lines as {dialects.recognised_query('hinted_lines')}")
            execute(f"create or replace temp table foreign_lines as {dialects.native_query('recognised_lines')}")
            native += f" where {_is_not_in('foreign_lines')}"
            native += " union all select file_no, line_no, tenant, doc, dialect from foreign_lines"
        execute(f"create or replace temp view native_lines as {native}")

    def _name_sender_fields(self) -> None:
        """A problem of an event is told in the words of its sender."""
        self._connection.execute(
            "update typed_events set problem = split_part(problem, ':', 1) || ':' || s.sender_field from sender_fields as s "
            "where problem is not null and typed_events.dialect = s.dialect and split_part(problem, ':', 2) = s.field"
        )

    def _flatten_metrics(self) -> None:
        """Metrics are numbers by name: an object among them is lifted to their level, one object in each pass."""
        changed = 1
        while changed:
            update = "update typed_events set metrics = flattened(metrics) where contains(metrics, ':{') and metrics <> flattened(metrics)"
            (changed,) = self._connection.execute(update).fetchone() or (0,)

    def _refuse_personal_tenants(self, tables: Sequence[Table]) -> None:
        """A tenant's id is stored as it is: one that holds an address or a number of somebody is no tenant's id."""
        for table in tables:
            found = self._connection.execute(f"select distinct tenant_id from typed_{table.name} where problem is null").fetchall()
            self.tenants.update(tenant for (tenant,) in found if not mask(tenant)[1])
            for (tenant,) in found:
                if mask(tenant)[1]:
                    self._connection.execute(
                        f"update typed_{table.name} set problem = '{Reason.UNKNOWN_TENANT}:tenant_id' where tenant_id = ?", [tenant]
                    )

    def _pseudonymise(self, table: Table) -> None:
        """Makes `pseudonyms_<table>`: each identifier, address and list of identifiers among its rows, once, with its hash, or those of
        the list's elements. An address belongs to a month."""
        selects = [
            f"select tenant_id, {_month_of(column, table)} as month, {column.name} as value, {column.type == 'json'} as is_list "
            f"from typed_{table.name} as t where problem is null and {column.name} is not null"
            for column in _pseudonymous(table)
        ]
        if not selects:
            return
        self._connection.execute(f"create or replace temp table identifiers as select distinct * from ({' union all '.join(selects)})")
        wanted = self._connection.execute(
            "select tenant_id, month from identifiers union select tenant_id, null from identifiers order by all"
        ).fetchall()
        self._connection.register("keys", keys(self._secret, wanted))
        own, persons = (f"keyed_hash({key}.inner_pad, {key}.outer_pad, %s)" for key in ("own", "person"))
        listed = (
            "list_transform(json_extract_string(value, '$[*]'), "
            f"lambda word: case when is_address(word) then {own % 'word'} else {persons % 'word'} end)"
        )
        self._connection.execute(
            f"""
            create or replace temp table pseudonyms_{table.name} as
            select
                i.tenant_id, i.month, i.value,
                case when is_list then cast(to_json({listed}) as varchar) else {own % "value"} end as pseudonym
            from identifiers as i
            join keys as own on own.tenant_id = i.tenant_id and own.month is not distinct from i.month
            join keys as person on person.tenant_id = i.tenant_id and person.month is null
            """
        )

    def _secure(self, table: Table) -> None:
        """Identifiers and addresses become hashes, free text its length. A view, like what is built on it: the rows are written once,
        when they are typed."""

        def stored(column: Column) -> str:
            if column.privacy in _HASHED:
                return f"hashed_{column.name}.pseudonym as {column.name}"
            if column.privacy is Privacy.FREE_TEXT:
                return f"length(t.{column.name}) as {column.name}_length"
            return f"t.{column.name}"

        columns = ", ".join(stored(column) for column in table.columns if column.privacy is not Privacy.DIRECT)
        joins = " ".join(
            f"left join pseudonyms_{table.name} as hashed_{column.name} on hashed_{column.name}.tenant_id = t.tenant_id "
            f"and hashed_{column.name}.value = t.{column.name} "
            f"and hashed_{column.name}.month is not distinct from {_month_of(column, table)}"
            for column in _pseudonymous(table)
        )
        self._connection.execute(
            f"""
            create or replace temp view secured_{table.name} as
            select t.file_no, t.line_no, t.position, t.tenant_id, {columns}, t.extra
            from typed_{table.name} as t
            anti join problems on problems.file_no = t.file_no and problems.line_no = t.line_no
            {joins}
            """
        )

    def _scrub(self, table: Table) -> None:
        """Apply the exact rules of privacy to the rows whose texts may hold something."""
        columns = {name: table.column(name) for name in (*_words(table), *_documents(table))}
        suspicions = " or ".join(
            f"regexp_matches(concat_ws('|', {', '.join(searched)}), {literal(pattern)})"
            for searched, pattern in ((_words(table), SUSPICIOUS_TEXT), (_documents(table), SUSPICIOUS_JSON))
            if searched
        )
        suspicious = self._rows(
            f"select rowid as row_no, file_no, tenant_id, {', '.join(columns)} from typed_{table.name} "
            f"anti join problems using (file_no, line_no) where {suspicions}"
        )
        if not suspicious:
            return
        scrubbers: dict[tuple[int, str], Scrubber] = {}
        for row in suspicious:
            owner = (row["file_no"], row["tenant_id"])
            scrubber = scrubbers.setdefault(owner, Scrubber(tenant_key(self._secret, row["tenant_id"])))
            for name, column in columns.items():
                if row[name] is not None:
                    row[name] = _scrubbed(column, row[name], scrubber)
        for (file_no, tenant), scrubber in scrubbers.items():
            for (name, class_), count in scrubber.findings.items():
                self.findings[file_no, tenant, table.name, name, class_] += count
        schema = pa.schema({"row_no": pa.int64(), **dict.fromkeys(columns, pa.string())})
        self._connection.register("given", pa.Table.from_pylist(suspicious, schema=schema))
        changes = ", ".join(f"{name} = given.{name}" for name in columns)
        self._connection.execute(f"update typed_{table.name} set {changes} from given where typed_{table.name}.rowid = given.row_no")
        self._connection.unregister("given")

    def _hash(self, table: Table, parts: Sequence[Table]) -> None:
        """Add `payload_hash`, over all that is stored of a row and of its parts. When it was received says nothing of its content.
        The hash is computed where it is read, mostly once."""
        names = [column.name for column in _stored(table) if column.name != "received_at"]
        content = ", chr(31), ".join(f"s.{name}" for name in names)
        below, join = "", ""
        if parts:
            hashes = " union all ".join(
                f"select file_no, line_no, {rank} as rank, position, payload_hash from hashed_{part.name}"
                for rank, part in enumerate(parts)
            )
            below = ", chr(31), parts.hashes"
            join = f"""
                left join (
                    select file_no, line_no, string_agg(payload_hash, ',' order by rank, position) as hashes from ({hashes}) group by all
                ) as parts on parts.file_no = s.file_no and parts.line_no = s.line_no
            """
        self._connection.execute(
            f"create or replace temp view hashed_{table.name} as select s.*, md5(concat({content}{below})) as payload_hash "
            f"from secured_{table.name} as s {join}"
        )

    def _find_duplicates(self, table: Table) -> None:
        """Lines that an earlier version of the same file brought: as many of a kind as it brought, the first ones."""
        self._connection.execute(
            f"""
            create or replace temp table duplicates as
            with counted as (
                select h.file_no, h.line_no, h.payload_hash, b.rows_left,
                    row_number() over (partition by h.file_no, h.payload_hash order by h.line_no) as occurrence
                from hashed_{table.name} as h
                join brought as b on b.file_no = h.file_no and b.table_name = '{table.name}' and b.payload_hash = h.payload_hash
            )
            select file_no, line_no, payload_hash from counted where occurrence <= rows_left
            """
        )
        self._connection.execute(
            f"""
            update brought set rows_left = rows_left - used.count
            from (select file_no, payload_hash, count(*) as count from duplicates group by all) as used
            where brought.file_no = used.file_no and brought.table_name = '{table.name}' and brought.payload_hash = used.payload_hash
            """
        )

    def _tally(self, table: Table) -> None:
        at = told_at(table) or "cast(null as timestamp)"
        query = f"""
            select
                t.file_no, count(*) filter (d.line_no is null), count(d.line_no),
                min({at}) filter (d.line_no is null), max({at}) filter (d.line_no is null)
            from typed_{table.name} as t
            anti join problems as p on p.file_no = t.file_no and p.line_no = t.line_no
            left join duplicates as d on d.file_no = t.file_no and d.line_no = t.line_no
            group by t.file_no
        """
        for number, accepted, duplicate, first_at, last_at in self._connection.execute(query).fetchall():
            tally = self.tallies[number, table.name]
            tally.accepted += accepted
            tally.duplicate += duplicate
            tally.first_at = min((at for at in (tally.first_at, first_at) if at), default=None)
            tally.last_at = max((at for at in (tally.last_at, last_at) if at), default=None)

    def _note_unknown_fields(self, table: Table) -> None:
        """Count the fields that went into `extra`, where their names are masked already."""
        query = f"""
            with fields as (
                select file_no, tenant_id, unnest({unknown_fields(table)}) as field
                from typed_{table.name} as t
                anti join problems as p on p.file_no = t.file_no and p.line_no = t.line_no
                anti join duplicates as d on d.file_no = t.file_no and d.line_no = t.line_no
                where extra is not null
            )
            select min(file_no), tenant_id, field, count(*) from fields group by tenant_id, field order by count(*) desc, field
        """
        for number, tenant, key, count in self._connection.execute(query).fetchall():
            noted = self.unknown_fields[tenant, table.name]
            name = key[:LONGEST_NAME]
            shown = name if name in noted or len(noted) < MOST_FIELDS else "[more]"
            noted.setdefault(shown, UnknownField(self.files[number].path)).rows += count

    def _output_query(self, table: Table) -> str:
        loaded_at = f"cast('{self._loaded_at.isoformat()}' as timestamp)"
        special = {
            "file_id": "f.file_id",
            "loaded_at": f"{loaded_at} as loaded_at",
            "event_id": "coalesce(h.event_id, h.payload_hash) as event_id",
        }
        if table.family != "events":
            del special["event_id"]
        columns = [special.get(column.name, f"h.{column.name}") for column in table.stored_columns if column.name != "_dlt_load_id"]
        return f"""
            select {", ".join(columns)}
            from hashed_{table.name} as h
            join files as f using (file_no)
            anti join duplicates as d on d.file_no = h.file_no and d.line_no = h.line_no
            order by h.file_no, h.line_no, h.position
        """

    def _quarantine(self, rejected: list[Row]) -> list[Row]:
        """Rejected lines as rows for people: masked, and without those that an earlier version of the file brought."""
        rows = []
        for row in rejected:
            number, table_name = row["file_no"], row["table_name"]
            version = self.files[number]
            reason, _, input_field = row["problem"].partition(":")
            text = mask_line(row["text"])
            tally = self.tallies[number, table_name]
            known = (reason, input_field or None, text)
            if version.quarantined[known] > 0:
                version.quarantined[known] -= 1
                tally.duplicate += 1
                continue
            tally.rejected += 1
            rows.append(
                {
                    "tenant_id": _tenant_or_none(row.get("tenant_id") or version.file.tenant),
                    "family": version.file.family,
                    "table_name": table_name,
                    "file_id": version.file_id,
                    "path": version.path,
                    "line_no": row["line_no"],
                    "reason_code": reason,
                    "field": input_field or None,
                    "raw_text": text,
                    "loaded_at": self._loaded_at,
                }
            )
        return rows

    def load_files(self) -> list[Row]:
        """The account of every file and table so far."""
        accounted = {number for number, _ in self.tallies}
        tallies = self.tallies | {
            (number, _name(route_of(version.file))): Tally() for number, version in enumerate(self.files) if number not in accounted
        }
        return [
            {
                "family": self.files[number].file.family,
                "table_name": table_name,
                "file_id": self.files[number].file_id,
                "path": self.files[number].path,
                "stamp": self.files[number].file.stamp,
                "fingerprint": self.files[number].fingerprint,
                "rows_read": tally.read,
                "rows_accepted": tally.accepted,
                "rows_rejected": tally.rejected,
                "rows_duplicate": tally.duplicate,
                "min_event_at": tally.first_at,
                "max_event_at": tally.last_at,
                "error": self.files[number].problem,
                "key_id": secret_id(self._secret),
                "loaded_at": self._loaded_at,
            }
            for (number, table_name), tally in sorted(tallies.items())
        ]

    def unknown_field_rows(self) -> list[Row]:
        """The unknown fields so far."""
        return [
            {
                "tenant_id": tenant,
                "family": next(table.family for table in TABLES if table.name == table_name),
                "table_name": table_name,
                "field": name,
                "rows_with_it": field.rows,
                "path": field.path,
                "loaded_at": self._loaded_at,
            }
            for (tenant, table_name), fields in sorted(self.unknown_fields.items())
            for name, field in sorted(fields.items())
        ]

    def pii_findings(self) -> list[Row]:
        """What was found and removed so far."""
        return [
            {
                "tenant_id": tenant,
                "family": self.files[number].file.family,
                "table_name": table_name,
                "column_name": column,
                "pii_class": class_,
                "findings": count,
                "file_id": self.files[number].file_id,
                "loaded_at": self._loaded_at,
            }
            for (number, tenant, table_name, column, class_), count in sorted(self.findings.items())
        ]


def _is_not_in(lines: str) -> str:
    """The condition that a line is not among some few others. Not an anti join: the engine does not know how many lines an Arrow
    table holds, and would build its hash table, on one thread, of the wrong side."""
    return f"(file_no, line_no) not in (select (file_no, line_no) from {lines})"


# Tokens that name another row without ending in `_id`.
_REFERENCES = ("in_reply_to",)


def _depth(text: str) -> int:
    """How deep the brackets of a text are nested, those inside of its strings too, which may hold JSON."""
    letters = np.frombuffer(text.encode(), dtype=np.uint8) & 0xDF  # [ and { are one letter so, ] and } another
    return int(np.cumsum((letters == 0x5B).astype(np.int64) - (letters == 0x5D)).max())


def _name(route: Table | str) -> str:
    """The table under which lines are counted that never became an object."""
    return route.name if isinstance(route, Table) else UNKNOWN


def _stored(table: Table) -> list[Column]:
    """The stored columns that hold content, not bookkeeping."""
    return [
        column for column in table.stored_columns if column.name not in ("payload_hash", "file_id", "line_no", "loaded_at", "_dlt_load_id")
    ]


def _words(table: Table) -> tuple[str, ...]:
    """The texts that are searched for personal data; a column of listed values cannot hold any."""
    return tuple(column.name for column in table.columns if column.type == "text" and column.privacy in _SCANNED and not column.accepted)


def _pseudonymous(table: Table) -> tuple[Column, ...]:
    return tuple(column for column in table.columns if column.privacy in _HASHED)


def _month_of(column: Column, table: Table) -> str:
    """The month whose key a value is hashed with: an address has one, a person none, and a list may hold either."""
    month = f"strftime(t.{table.event_time}, '%Y-%m')"
    if column.privacy is Privacy.IDENTIFIER:
        return "cast(null as varchar)"
    if column.privacy is Privacy.IP or column.type == "json":
        return month
    told = f" or t.{column.kind} = 'ip'" if column.kind else ""
    return f"case when is_address(t.{column.name}){told} then {month} end"


def _documents(table: Table) -> tuple[str, ...]:
    return (*(column.name for column in table.columns if column.type == "json" and column.privacy in _SCANNED), "extra")


def _scrubbed(column: Column, value: str, scrubber: Scrubber) -> str:
    if column.type == "json":
        return scrubber.document(column.name, value)
    if column.privacy is Privacy.SCANNED:
        return scrubber.label(column.name, value)
    return scrubber.word(column.name, value, is_id=column.name.endswith("_id") or column.name in _REFERENCES)


def _tenant_or_none(tenant: str | None) -> str | None:
    """A tenant's id as far as it may be shown."""
    is_shown = tenant is not None and re.fullmatch(TENANT_SHAPE, tenant) is not None and not mask(tenant)[1]
    return tenant if is_shown else None
