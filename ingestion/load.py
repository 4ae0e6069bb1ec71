"""Load what is new in a landing area into the raw tables.

    results = load(("events", "payments", "logs"), landing="landing", target="duckdb", database=Path("warehouse/plumbline.duckdb"),
                   postgres_dsn=None, pseudonym_key=secret, progress=None)

Each family is one dlt pipeline and one load package, which becomes visible as a whole: a row counts once its package is in the
dataset's `_dlt_loads`. The landing files are the only truth; before anything is read, the rows of packages that never
completed are deleted and dlt's working folder is emptied, so that a load that died at any point leaves nothing, and the next
one brings all of its files. Exactly once needs no merge then.

Errors are `PlumblineError`s: nothing of the family that failed is visible, families before it are complete.
"""

from __future__ import annotations

import csv
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import duckdb
import psycopg2.extensions
import pyarrow as pa

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt
from dlt.common.destination.exceptions import DestinationException
from dlt.common.schema.typing import TColumnSchema
from dlt.common.schema.utils import new_table
from dlt.pipeline.exceptions import PipelineStepFailed

from ingestion.contracts import Column, Family, Table
from ingestion.errors import InputError, PlumblineError, SettingsError, WarehouseError
from ingestion.files import CHUNK_BYTES, Chunk, Inspection, LandingFile, chunks, inspect, list_files
from ingestion.privacy import mask_path, secret_id
from ingestion.processing import FileVersion, Processor, route_of
from ingestion.warehouse import FAMILIES, Warehouse, declared_tables

Progress = Callable[[int, int, str], None]

TENANTS = Path(__file__).resolve().parents[1] / "seeds" / "tenants.csv"
WORKING_FOLDER = Path(".plumbline/dlt")
SHORTEST_KEY = 32
_FILES_AHEAD = 4


@dataclass(frozen=True)
class LoadResult:
    """What the load of one family did. `load_id` is None when there was nothing new."""

    family: Family
    load_id: str | None = None
    files_read: int = 0
    files_unchanged: int = 0
    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    unregistered_tenants: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """The counts, for people."""
        return {
            "family": self.family,
            "new files": self.files_read,
            "unchanged files": self.files_unchanged,
            "rows read": self.rows_read,
            "accepted": self.rows_accepted,
            "rejected": self.rows_rejected,
            "duplicate": self.rows_duplicate,
        }


def load(
    families: Sequence[str],
    *,
    landing: str | Path,
    target: str,
    database: Path,
    postgres_dsn: str | None,
    pseudonym_key: str,
    progress: Progress | None = None,
    tenants: Path = TENANTS,
    working_folder: Path = Path(".plumbline/dlt"),
) -> list[LoadResult]:
    """Load the families' new files; one result for each. Every raw table exists afterwards, those of other families too.

    progress        called with (bytes done, bytes in all, what) while files are read
    tenants         the registered tenants and their payment accounts
    working_folder  where dlt works; nothing in it is needed afterwards
    """
    if len(pseudonym_key or "") < SHORTEST_KEY:
        raise SettingsError(
            f"The pseudonym key is missing or shorter than {SHORTEST_KEY} characters.",
            "Set PLUMBLINE_PSEUDONYM_KEY to a secret, for instance the output of `openssl rand -hex 32`, and keep it.",
        )
    folder = Path(landing)
    wanted = [family for family in FAMILIES if family in families]
    files = {family: list_files(folder, family) for family in _existing(folder, wanted)}
    if not any(files.values()):
        raise InputError(
            f"There are no files to load in {folder}.",
            f"Put files below {', '.join(f'{folder / family}/' for family in wanted)}, or name another landing folder with --from.",
        )
    warehouse = Warehouse(target, Path(database), postgres_dsn)
    registry = _read_registry(tenants)
    with warehouse.only_load():
        results = []
        for family in FAMILIES:
            result = _FamilyLoad(family, warehouse, pseudonym_key, registry, working_folder, progress).run(files.get(family, []))
            if family in wanted:
                results.append(result)
        warehouse.create_views()
    return results


def _existing(landing: Path, families: Iterable[Family]) -> list[Family]:
    if not landing.is_dir():
        raise InputError(f"There is no landing folder {landing}.", "Name the folder of the raw files with --from or PLUMBLINE_LANDING.")
    return [family for family in families if (landing / family).is_dir()]


@dataclass(frozen=True)
class _Registry:
    """What seeds/tenants.csv tells: the tenants, and whose payment account is whose."""

    tenants: frozenset[str]
    accounts: dict[str, str]


def _read_registry(path: Path) -> _Registry:
    if not path.is_file():
        raise SettingsError(f"There is no list of tenants at {path}.", "Run from the project's root, where seeds/tenants.csv is.")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    accounts = {row["stripe_account"]: row["tenant_id"] for row in rows if row.get("stripe_account")}
    return _Registry(frozenset(row["tenant_id"] for row in rows), accounts)


class _FamilyLoad:
    """The load of one family's files into its dataset."""

    def __init__(
        self, family: Family, warehouse: Warehouse, secret: str, registry: _Registry, working_folder: Path, progress: Progress | None
    ) -> None:
        self._family = family
        self._warehouse = warehouse
        self._secret = secret
        self._registry = registry
        self._working_folder = working_folder
        self._progress = progress
        self._loaded_at = datetime.now(UTC).replace(tzinfo=None)
        self._seen: dict[str, dict[str, str]] = {}  # path: {file_id: stamp}

    def run(self, files: Sequence[LandingFile]) -> LoadResult:
        is_complete = self._warehouse.prepare(self._family)
        key_id = secret_id(self._secret)
        for path, file_id, stamp, loaded_key_id in self._warehouse.loaded_files(self._family):
            if loaded_key_id != key_id:
                raise SettingsError(
                    "This warehouse was loaded with another pseudonym key: the same people would get other pseudonyms.",
                    "Set PLUMBLINE_PSEUDONYM_KEY to the key of the earlier loads, or load into a new warehouse.",
                )
            self._seen.setdefault(path, {})[file_id] = stamp
        changed = [file for file in files if file.stamp not in self._seen.get(mask_path(file.path, self._secret), {}).values()]
        processor = Processor(self._secret, self._loaded_at, self._registry.accounts)
        try:
            items = self._items(changed, processor)
            # Whether anything is new shows when the first file that is not known by its content appears.
            first = next(items, None)
            if first is None and is_complete:
                return LoadResult(self._family, files_unchanged=len(files))
            load_id = self._run_pipeline(_chain(first, items))
        finally:
            processor.close()
        tallies = processor.tallies.values()
        return LoadResult(
            self._family,
            load_id,
            files_read=len(processor.files),
            files_unchanged=len(files) - len(processor.files),
            rows_read=sum(tally.read for tally in tallies),
            rows_accepted=sum(tally.accepted for tally in tallies),
            rows_rejected=sum(tally.rejected for tally in tallies),
            rows_duplicate=sum(tally.duplicate for tally in tallies),
            unregistered_tenants=tuple(sorted(processor.tenants - self._registry.tenants - {"*"})),
        )

    def _items(self, files: Sequence[LandingFile], processor: Processor) -> Iterator[tuple[str, pa.Table]]:
        """The rows of all new files by table, and what is to be noted of them at the end."""
        problem = ""
        try:
            for route, batch in _batches(self._new_chunks(files, processor), processor):
                yield from processor.process(route, batch)
        except (duckdb.Error, pa.ArrowException) as error:
            problem = type(error).__name__
        if problem:
            # Raised apart from the engine's error, which may hold the row that it is about: dlt keeps what it is told.
            raise InputError(
                f"The {self._family} could not be read, in or before {processor.files[-1].path} ({problem}); nothing of them is loaded.",
                "Move that file out of the landing folder, then load again.",
            )
        if processor.files:
            yield "load_files", self._noted("load_files", processor.load_files())
        if processor.findings:
            yield "pii_findings", self._noted("pii_findings", processor.pii_findings())

    def _noted(self, table: str, rows: list[dict[str, Any]]) -> pa.Table:
        return pa.Table.from_pylist(rows, schema=_arrow_schema(declared_tables(self._family)[table]))

    def _new_chunks(self, files: Sequence[LandingFile], processor: Processor) -> Iterator[tuple[int, Chunk]]:
        """The chunks of the files whose content is new, while the next files are being inspected."""
        total = sum(file.size for file in files)
        done = 0
        for file, inspection in _inspected(files):
            path = mask_path(file.path, self._secret)
            file_id = hashlib.sha256(f"{file.path}\n{inspection.fingerprint}".encode()).hexdigest()[:32]
            earlier = self._seen.get(path, {})
            if file_id not in earlier:
                version = FileVersion(file, file_id, path, inspection.fingerprint, inspection.problem)
                if earlier:
                    version.brought = self._warehouse.brought(self._family, list(earlier))
                    version.quarantined = self._warehouse.quarantined(self._family, list(earlier))
                number = processor.add_file(version)
                for chunk in chunks(file, inspection):
                    yield number, chunk
            done += file.size
            if self._progress:
                self._progress(done, total, self._family)

    def _run_pipeline(self, items: Iterator[tuple[str, pa.Table]]) -> str | None:
        for setting, value in {
            "normalize.parquet_normalizer.add_dlt_load_id": True,
            "data_writer.file_max_items": 500_000,
            "data_writer.buffer_max_items": 100_000,
        }.items():
            dlt.config[setting] = value
        logging.getLogger("dlt").setLevel(logging.CRITICAL)
        schema = dlt.Schema(f"raw_{self._family}")
        tables = declared_tables(self._family)
        for name, columns in tables.items():
            schema.update_table(new_table(name, write_disposition="append", columns=[_hint(column) for column in columns]))

        @dlt.resource(name=self._family)
        def rows() -> Iterator[Any]:
            for name, table in items:
                yield dlt.mark.with_table_name(table.cast(_arrow_schema(tables[name]).empty_table().schema), name)

        @dlt.source(schema=schema)
        def family() -> Any:
            return rows

        pipeline = dlt.pipeline(
            pipeline_name=f"plumbline_{self._family}",
            destination=self._destination(),
            dataset_name=f"raw_{self._family}",
            pipelines_dir=str(self._fresh_folder()),
        )
        try:
            # The steps of pipeline.run, and between them all declared tables are made, also those without rows.
            pipeline.extract(family(), loader_file_format="parquet")
            pipeline.normalize()
            pipeline.sync_schema()
            info = pipeline.load()
            if info is None:
                return None
            info.raise_on_failed_jobs()
        except (PipelineStepFailed, DestinationException) as error:
            raise _explained(error, self._family) from error
        return info.loads_ids[0]

    def _destination(self) -> Any:
        if self._warehouse.target == "duckdb":
            return dlt.destinations.duckdb(credentials=str(self._warehouse.database))
        return dlt.destinations.postgres(credentials=_postgres_url(self._warehouse.postgres_dsn or ""))

    def _fresh_folder(self) -> Path:
        """An empty folder of its own for each warehouse and family."""
        place = self._warehouse.postgres_dsn if self._warehouse.target == "postgres" else str(self._warehouse.database.absolute())
        folder = self._working_folder.absolute() / hashlib.sha256(str(place).encode()).hexdigest()[:12]
        shutil.rmtree(folder / f"plumbline_{self._family}", ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _postgres_url(dsn: str) -> str:
    """The connection string in dlt's form: a URL that always names a host; the folder of a socket goes into its query, where
    libpq prefers it."""
    parts = psycopg2.extensions.parse_dsn(dsn)
    user, password, host = (quote(parts.pop(name, default), safe="") for name, default in (("user", ""), ("password", ""), ("host", "")))
    port, database = parts.pop("port", "5432"), quote(parts.pop("dbname", ""), safe="")
    if host.startswith("%2F"):
        parts["host"], host = unquote(host), "localhost"
    return f"postgresql://{user}:{password}@{host or 'localhost'}:{port}/{database}?{urlencode(parts)}"


def _inspected(files: Sequence[LandingFile]) -> Iterator[tuple[LandingFile, Inspection]]:
    """Each file with its inspection, a few files ahead: decompression runs beside the database's work."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting: list[tuple[LandingFile, Future[Inspection]]] = []
        try:
            for file in files:
                waiting.append((file, pool.submit(inspect, file)))
                if len(waiting) > _FILES_AHEAD:
                    ready, future = waiting.pop(0)
                    yield ready, future.result()
            while waiting:
                ready, future = waiting.pop(0)
                yield ready, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def _batches(items: Iterable[tuple[int, Chunk]], processor: Processor) -> Iterator[tuple[Table | str, list[tuple[int, Chunk]]]]:
    """Chunks of one route together, as many as make about CHUNK_BYTES."""
    batch: list[tuple[int, Chunk]] = []
    size = 0
    current: Table | str = ""
    for number, chunk in items:
        route = route_of(processor.files[number].file)
        if batch and (route != current or size >= CHUNK_BYTES):
            yield current, batch
            batch, size = [], 0
        current = route
        batch.append((number, chunk))
        size += chunk.records.nbytes
    if batch:
        yield current, batch


def _chain(first: tuple[str, pa.Table] | None, rest: Iterator[tuple[str, pa.Table]]) -> Iterator[tuple[str, pa.Table]]:
    if first is not None:
        yield first
    yield from rest


_ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "json": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "decimal": pa.decimal128(38, 12),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}


def _arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """The columns as they are handed to dlt, which adds the load id itself."""
    return pa.schema([(column.name, _ARROW_TYPES[column.type]) for column in columns if column.name != "_dlt_load_id"])


def _hint(column: Column) -> TColumnSchema:
    """The column for dlt: JSON stays text, times are naive UTC, decimals have one precision for all currencies."""
    if column.type == "json":
        return {"name": column.name, "data_type": "text", "nullable": True}
    if column.type == "timestamp":
        return {"name": column.name, "data_type": "timestamp", "timezone": False, "precision": 6, "nullable": True}
    if column.type == "decimal":
        return {"name": column.name, "data_type": "decimal", "precision": 38, "scale": 12, "nullable": True}
    return {"name": column.name, "data_type": column.type, "nullable": column.name != "_dlt_load_id"}


def _explained(error: BaseException, family: str) -> PlumblineError:
    """The error that a user can act on; what a database says may hold the content of rows, so that only its kind is told."""
    cause: BaseException | None = error
    kind = type(error).__name__
    while cause is not None:
        if isinstance(cause, PlumblineError):
            return cause
        kind = type(cause).__name__
        cause = cause.__cause__ or cause.__context__
    return WarehouseError(
        f"The load of {family} did not complete ({kind}); nothing of it is visible.",
        "Check the warehouse's disk space and permissions, then load again: the next load starts clean.",
    )
