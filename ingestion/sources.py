"""Live sources: what a family is loaded from beside files, an API or the database of an application.

A source gives `Reading`s. Each is one table or endpoint as it is now: a virtual file, whose records take the way of a file's
records through contract, privacy, quarantine and accounting.

Exactly once
    cursor      how far a reading came: the latest moment that its accepted rows tell, never past the load's own beginning. It is
                committed in the package of the rows (`source_cursors`), so that a load that died has moved nothing.
    overlap     a source reads again what is a little older than its cursor, since rows may become visible late. What an earlier
                reading brought is recognised by its content and counted as a duplicate.
    deletions   a source may tell the keys of all rows that it has now. Raw rows whose key is not among them are noted in
                `deleted_rows`, and again when the key is back; staging leaves out those that are gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import duckdb
import numpy as np
import pyarrow as pa

from ingestion.contracts import Column, Family, Table
from ingestion.files import Chunk, Origin
from ingestion.privacy import keyed_hash, mask_path
from ingestion.processing import FileVersion, Processor, Row
from ingestion.warehouse import Cursor, Warehouse, arrow_schema

# Called with what was done, how much there is in all (0: unknown), and with what.
Progress = Callable[[int, int, str], None]
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]

# Where nothing is new, this is noted again after so long, so that it can be told how recently a source was read.
NOTED_AGAIN_AFTER = timedelta(days=1)


@dataclass
class Reading:
    """A table or an endpoint as it is read now.

    path        where a file with these records would lie, such as `logs/visits/database/app`
    records     JSON texts, in pieces that fit in memory
    since       rows that were known before this moment are not read; None when all are
    tables      the tables that the records belong to; empty when they tell that themselves
    repeats     whether what an earlier reading brought may come again, to be left out
    all_keys    the keys of all rows that are there now, as JSON texts; None when deletions are not looked for
    """

    path: str
    records: Iterator[pa.LargeStringArray]
    since: datetime | None = None
    tables: tuple[Table, ...] = ()
    repeats: bool = True
    all_keys: Callable[[], Iterator[pa.LargeStringArray]] | None = None


@dataclass(frozen=True)
class Known:
    """What a source may ask before it reads.

    cursor      how far a path was read; None when it never was
    loaded_at   when this load began, naive UTC
    accounts    the payment accounts of seeds/tenants.csv, with their tenants
    """

    cursor: Callable[[str], Cursor | None]
    loaded_at: datetime
    accounts: Mapping[str, str]


class Source(Protocol):
    """Something live that a family can be loaded from."""

    @property
    def family(self) -> Family: ...

    @property
    def notices(self) -> list[str]:
        """What people have to be told of the reading, a sentence each."""

    def readings(self, known: Known) -> Iterator[Reading]:
        """The readings, one after the other: each is read to its end before the next. Raises PlumblineError."""


def texts_of(records: Iterable[str]) -> pa.LargeStringArray:
    return pa.array(records, type=pa.large_string())


@dataclass
class Feed:
    """The records of a source for one load, and what is to be noted of them."""

    source: Source
    warehouse: Warehouse
    secret: str
    known: Known
    progress: Progress | None
    _readings: dict[int, Reading] = field(default_factory=dict)

    def chunks(self, processor: Processor) -> Iterator[tuple[int, Chunk]]:
        """The records, each piece with the number of its reading."""
        rows = 0
        for reading in self.source.readings(self.known):
            version = self._version(reading)
            number = processor.add_file(version)
            self._readings[number] = reading
            digest = hashlib.sha256()
            first = 1
            for texts in reading.records:
                digest.update(_bytes(texts))
                yield number, Chunk(texts, first)
                first += len(texts)
                rows += len(texts)
                if self.progress:
                    self.progress(rows, 0, version.path)
            version.fingerprint = digest.hexdigest()

    def _version(self, reading: Reading) -> FileVersion:
        family = self.source.family
        version = FileVersion(Origin(family, reading.path, None), "", mask_path(reading.path, self.secret), "", None)
        earlier = 0
        if self._known_cursor(reading):
            earlier, brought, quarantined = self.warehouse.earlier_readings(family, version.path, reading.tables, reading.since)
            if reading.repeats:
                version.brought, version.quarantined = brought, quarantined
        version.file_id = keyed_hash(self.secret.encode(), f"{reading.path}\n{earlier}")[:32]
        return version

    def notes(self, processor: Processor) -> Iterator[tuple[str, list[Row]]]:
        """The bookkeeping of the load, by table; nothing when nothing is new."""
        deleted = [row for reading in self._readings.values() for row in self._deletions(reading)]
        cursors = [self._cursor(number, processor) for number in self._readings]
        is_noted = all(self._is_noted(reading) for reading in self._readings.values())
        if is_noted and not deleted and not any(tally.accepted or tally.rejected for tally in processor.tallies.values()):
            return
        yield "load_files", [row for row in processor.load_files() if row["rows_read"]]
        yield "pii_findings", processor.pii_findings()
        yield "source_cursors", cursors
        yield "deleted_rows", deleted

    def _is_noted(self, reading: Reading) -> bool:
        cursor = self._known_cursor(reading)
        return cursor is not None and self.known.loaded_at - cursor.loaded_at < NOTED_AGAIN_AFTER

    def _known_cursor(self, reading: Reading) -> Cursor | None:
        return self.known.cursor(reading.path)

    def _cursor(self, number: int, processor: Processor) -> Row:
        reading = self._readings[number]
        before = self._known_cursor(reading)
        told = [tally.last_at for (file_no, _), tally in processor.tallies.items() if file_no == number]
        moments = [min(at, self.known.loaded_at) for at in told if at]
        if before and before.at:
            moments.append(before.at)
        return {
            "source": processor.files[number].path,
            "cursor_at": max(moments, default=None),
            "loaded_at": self.known.loaded_at,
        }

    def _deletions(self, reading: Reading) -> Iterator[Row]:
        """The raw rows that are to be marked as deleted, or as there again."""
        if reading.all_keys is None or self._known_cursor(reading) is None:
            return
        (table,) = reading.tables
        present = self._present(table, reading.path, reading.all_keys())
        if not len(present):
            # An empty table is more likely a mistake than the end of everything.
            self.source.notices.append(f"{table.name} is empty in its source: no row of it is taken for deleted.")
            return
        columns = [table.column(name) for name in ("tenant_id", *table.key)]
        with self.warehouse.rows_of(table, mask_path(reading.path, self.secret)) as batches:
            for rows in batches:
                keys = [dict(zip(("tenant_id", *table.key), row[3:], strict=True)) for row in rows]
                is_present = np.isin(_hashes(pa.Table.from_pylist(keys, schema=arrow_schema(columns)), columns), present)
                for (file_id, line_no, is_deleted, tenant, *_), is_there in zip(rows, is_present, strict=True):
                    if is_deleted == is_there:
                        yield {
                            "tenant_id": tenant,
                            "family": table.family,
                            "table_name": table.name,
                            "file_id": file_id,
                            "line_no": line_no,
                            "is_deleted": not is_there,
                            "loaded_at": self.known.loaded_at,
                        }

    def _present(self, table: Table, path: str, keys: Iterable[pa.LargeStringArray]) -> Hashes:
        """The keys that are in the source now, as they would be stored, each as a hash of eight bytes. They take the way of all rows
        through a contract that knows nothing but the key; a row whose key the contract refuses was refused before."""
        keys_only = replace(
            table, columns=tuple(column for column in table.columns if column.name in table.key), event_time=None, version=None
        )
        columns = [table.column(name) for name in ("tenant_id", *table.key)]
        processor = Processor(self.secret, self.known.loaded_at, self.known.accounts)
        found = [np.array([], dtype=np.uint64)]
        try:
            number = processor.add_file(FileVersion(Origin(table.family, path, None), "", path, "", None))
            first = 1
            for texts in keys:
                for name, rows in processor.process(keys_only, [(number, Chunk(texts, first))]):
                    if name == table.name:
                        found.append(_hashes(rows, columns))
                first += len(texts)
        finally:
            processor.close()
        return np.concatenate(found)


def _bytes(texts: pa.LargeStringArray) -> memoryview:
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(content or b"")[ends[0] : ends[-1]] if len(texts) else memoryview(b"")


def _hashes(rows: pa.Table, columns: Iterable[Column]) -> Hashes:
    """A hash of eight bytes for the key of each row."""
    key = ", ".join(f"coalesce(cast({column.name} as varchar), '')" for column in columns)
    with duckdb.connect() as connection:
        connection.register("given", rows)
        hashes: Any = connection.execute(f"select hash(concat_ws(chr(31), {key})) as key from given").fetchnumpy()["key"]
    return np.asarray(hashes, dtype=np.uint64)
