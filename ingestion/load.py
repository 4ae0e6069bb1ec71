"""Load what is new in a landing area, or in a live source, into the raw tables.

    results = load(("events", "payments", "logs"), landing="landing", target="duckdb", database=Path("warehouse/plumbline.duckdb"),
                   postgres_dsn=None, pseudonym_key=secret, progress=None)
    result = load_source(source, target="duckdb", ...)      # see ingestion/sources.py

Each family is one dlt pipeline and one load package, which becomes visible as a whole: a row counts once its package is in the
dataset's `_dlt_loads`. The landing files (or the source) are the only truth; before anything is read, the rows of packages that
never completed are deleted and dlt's working folder is emptied, so that a load that died at any point leaves nothing, and the
next one brings all that it would have brought. Exactly once needs no merge then. The realtime lane of the events
(`ingestion/lanes.py`) is a load of its own, which may run beside another.

Errors are `PlumblineError`s: nothing of the family that failed is visible, families before it are complete.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.connections import Patience
from ingestion.contracts import Family, Table
from ingestion.errors import InputError, SettingsError
from ingestion.files import CHUNK_BYTES, Chunk, Inspection, LandingFile, chunks, inspect, list_files
from ingestion.landing import S3Access, open_landing
from ingestion.lanes import RealtimeLane, read_realtime_types
from ingestion.privacy import keyed_hash, mask_path, secret_id
from ingestion.processing import FileVersion, Processor, Row, route_of
from ingestion.sources import Feed, Known, Progress, Source
from ingestion.warehouse import DATASETS, FAMILIES, REALTIME, Dataset, Lane, Warehouse, arrow_schema, declared_tables, lane_of

TENANTS = Path(__file__).resolve().parents[1] / "seeds" / "tenants.csv"
WORKING_FOLDER = Path(".plumbline/dlt")
SHORTEST_KEY = 32
# Files that are read ahead of their turn: so many of any size, and more while they are small.
_FILES_AHEAD = 4
_BYTES_AHEAD = 8 << 20


@dataclass(frozen=True)
class LoadResult:
    """What the load of one family did. `load_id` is None when there was nothing new. Of a live source, `files_read` counts the tables
    or endpoints read, and none is unchanged (None). `notices` are sentences for people."""

    family: Family
    lane: Lane = "batch"
    load_id: str | None = None
    files_read: int = 0
    files_unchanged: int | None = 0
    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    unregistered_tenants: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """The counts, for people."""
        is_live = self.files_unchanged is None
        files = {"read": self.files_read} if is_live else {"new files": self.files_read, "unchanged files": self.files_unchanged}
        return {
            "family": self.family if self.lane == "batch" else f"{self.family}, {self.lane}",
            **files,
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
    s3: S3Access | None = None,
    lane: Lane = "batch",
    patience: Patience | None = None,
    progress: Progress | None = None,
    tenants: Path = TENANTS,
    working_folder: Path = WORKING_FOLDER,
) -> list[LoadResult]:
    """Load the families' new files; one result for each. Every raw table exists afterwards, those of other families too.

    landing         a folder's path, or the URL of a place in an object store
    s3              how to reach an s3:// one; None leaves it to the usual AWS settings
    lane            realtime: only the events whose types seeds/event_lanes.csv names, beside a load that may be running
    patience        how long to wait for a DuckDB file that another process has open; not at all without it
    progress        called with (bytes done, bytes in all, what) while files are read
    tenants         the registered tenants and their payment accounts
    working_folder  where dlt works; nothing in it is needed afterwards
    """
    _require_key(pseudonym_key)
    wanted = [family for family in FAMILIES if family in families]
    area = open_landing(landing, s3)
    files = {family: list_files(area, family) for family in wanted}
    if not any(files.values()):
        raise InputError(
            f"There are no files to load in {area.name}.",
            f"Put files below its {', '.join(f'{family}/' for family in wanted)}, or name another landing area with --from.",
        )
    warehouse = Warehouse(target, Path(database), postgres_dsn, patience or Patience())
    loader = _Loader(warehouse, pseudonym_key, _read_registry(tenants), working_folder, progress)
    if lane == "realtime":
        with warehouse.only_load(lane):
            return [loader.load(REALTIME, files["events"], area.readers)]
    results = loader.load_all(files, area.readers)
    return [results[family] for family in wanted]


def load_source(
    source: Source,
    *,
    target: str,
    database: Path,
    postgres_dsn: str | None,
    pseudonym_key: str,
    patience: Patience | None = None,
    progress: Progress | None = None,
    tenants: Path = TENANTS,
    working_folder: Path = WORKING_FOLDER,
) -> LoadResult:
    """Load what is new in a live source; every raw table exists afterwards. The arguments are those of `load`."""
    _require_key(pseudonym_key)
    warehouse = Warehouse(target, Path(database), postgres_dsn, patience or Patience())
    loader = _Loader(warehouse, pseudonym_key, _read_registry(tenants), working_folder, progress)
    return loader.load_all({}, 1, source)[source.family]


def _require_key(pseudonym_key: str) -> None:
    if len(pseudonym_key or "") < SHORTEST_KEY:
        raise SettingsError(
            f"The pseudonym key is missing or shorter than {SHORTEST_KEY} characters.",
            "Set PLUMBLINE_PSEUDONYM_KEY to a secret, for instance the output of `openssl rand -hex 32`, and keep it.",
        )


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


@dataclass(frozen=True)
class _Loader:
    """Loads into the datasets of one warehouse."""

    warehouse: Warehouse
    secret: str
    registry: _Registry
    working_folder: Path
    progress: Progress | None

    def load(self, dataset: Dataset, files: Sequence[LandingFile] = (), readers: int = 1, source: Source | None = None) -> LoadResult:
        """Load what is new of the files, `readers` of which are read at once, or of the source."""
        load = _DatasetLoad(dataset, self.warehouse, self.secret, self.registry, self.working_folder, self.progress)
        return load.run(files, readers, source)

    def load_all(
        self, files: Mapping[Family, Sequence[LandingFile]], readers: int, source: Source | None = None
    ) -> dict[Family, LoadResult]:
        """Load the files of each family, and the source into its own; make what every warehouse has."""
        with self.warehouse.only_load("batch"):
            results = {
                family: self.load(family, files.get(family, ()), readers, source if source and source.family == family else None)
                for family in FAMILIES
            }
            if not self.warehouse.is_complete(REALTIME):
                with self.warehouse.only_load("realtime"):
                    self.load(REALTIME)
            self.warehouse.create_views()
        return results


class _DatasetLoad:
    """The load of one family's files, or of a live source, into a dataset of it."""

    def __init__(
        self, dataset: Dataset, warehouse: Warehouse, secret: str, registry: _Registry, working_folder: Path, progress: Progress | None
    ) -> None:
        self._dataset = dataset
        self._family = DATASETS[dataset]
        self._realtime = RealtimeLane(read_realtime_types()) if dataset == REALTIME else None
        self._warehouse = warehouse
        self._secret = secret
        self._registry = registry
        self._working_folder = working_folder
        self._progress = progress
        self._loaded_at = datetime.now(UTC).replace(tzinfo=None)
        self._seen: dict[str, dict[str, str]] = {}  # path: {file_id: stamp}
        self._restamped: dict[str, str] = {}  # file_id: stamp

    def run(self, files: Sequence[LandingFile], readers: int, source: Source | None) -> LoadResult:
        is_complete = self._warehouse.prepare(self._dataset)
        self._recall_files(self._dataset)
        if self._realtime:
            # What the batch lane has brought is nothing new to any lane.
            self._recall_files(self._family)
        changed = [file for file in files if file.stamp not in self._seen.get(mask_path(file.path, self._secret), {}).values()]
        processor = Processor(self._secret, self._loaded_at, self._registry.accounts)
        if source:
            feed = self._feed(source)
            items = self._items(feed.chunks(processor), processor, feed.notes)
        else:
            items = self._items(self._new_chunks(changed, readers, processor), processor, self._notes)
        # Whether anything is new shows when the first file that is not known by its content appears.
        first = next(items, None)
        load_id = None
        if first is not None or not is_complete:
            # dlt takes seconds to import: only a load of something new pays for it.
            from ingestion.pipeline import load_package

            load_id = load_package(self._dataset, _chain(first, items), self._warehouse, self._working_folder)
        self._warehouse.restamp(self._dataset, self._restamped)
        accounts = self._accounts(processor)
        return LoadResult(
            self._family,
            lane_of(self._dataset),
            load_id,
            files_read=len(processor.files),
            files_unchanged=None if source else len(files) - len(processor.files),
            rows_read=sum(account["rows_read"] for account in accounts),
            rows_accepted=sum(account["rows_accepted"] for account in accounts),
            rows_rejected=sum(account["rows_rejected"] for account in accounts),
            rows_duplicate=sum(account["rows_duplicate"] for account in accounts),
            unregistered_tenants=tuple(sorted(processor.tenants - self._registry.tenants - {"*"})),
            notices=tuple(source.notices) if source else (),
        )

    def _recall_files(self, dataset: Dataset) -> None:
        """Know the file versions that completed loads brought into a dataset."""
        if self._warehouse.key_ids(dataset) - {secret_id(self._secret)}:
            raise SettingsError(
                "This warehouse was loaded with another pseudonym key: the same people would get other pseudonyms.",
                "Set PLUMBLINE_PSEUDONYM_KEY to the key of the earlier loads, or load into a new warehouse.",
            )
        for path, file_id, stamp in self._warehouse.loaded_files(dataset):
            self._seen.setdefault(path, {})[file_id] = stamp

    def _feed(self, source: Source) -> Feed:
        cursors = self._warehouse.cursors(self._family)
        known = Known(lambda path: cursors.get(mask_path(path, self._secret)), self._loaded_at, self._registry.accounts)
        return Feed(source, self._warehouse, self._secret, known, self._progress)

    def _accounts(self, processor: Processor) -> list[Row]:
        """The account of each file, as far as this lane takes lines from it."""
        accounts = processor.load_files()
        return self._realtime.accounts(accounts) if self._realtime else accounts

    def _notes(self, processor: Processor) -> Iterator[tuple[str, list[Row]]]:
        """What is to be noted of landing files. Of what the realtime lane masks or does not know, the batch lane tells."""
        yield "load_files", self._accounts(processor)
        if not self._realtime:
            yield "unknown_fields", processor.unknown_field_rows()
            yield "pii_findings", processor.pii_findings()

    def _items(
        self, new_chunks: Iterator[tuple[int, Chunk]], processor: Processor, notes: Callable[[Processor], Iterable[tuple[str, list[Row]]]]
    ) -> Iterator[tuple[str, pa.Table]]:
        """The rows of all chunks by table, and what is to be noted of them at the end."""
        problem = ""
        with closing(processor):
            try:
                for route, batch in _batches(new_chunks, processor):
                    rows = processor.process(route, batch)
                    yield from self._realtime.rows(rows) if self._realtime else rows
            except (duckdb.Error, pa.ArrowException) as error:
                problem = type(error).__name__
            if problem:
                # Raised apart from the engine's error, which may hold the row that it is about: dlt keeps what it is told.
                raise InputError(
                    f"The {self._family} could not be read, in or before {processor.files[-1].path} ({problem}); nothing is loaded.",
                    "Move that file out of the landing folder (or mend that table of the source), then load again.",
                )
            for table, noted in notes(processor):
                if noted:
                    yield table, pa.Table.from_pylist(noted, schema=arrow_schema(declared_tables(self._dataset)[table]))

    def _new_chunks(self, files: Sequence[LandingFile], readers: int, processor: Processor) -> Iterator[tuple[int, Chunk]]:
        """The chunks of the files whose content is new, while the next files are being inspected."""
        total = sum(file.size for file in files)
        done = 0
        for file, inspection in _inspected(files, readers):
            path = mask_path(file.path, self._secret)
            file_id = keyed_hash(self._secret.encode(), f"{file.path}\n{inspection.fingerprint}")[:32]
            earlier = self._seen.get(path, {})
            if file_id not in earlier:
                version = FileVersion(file, file_id, path, inspection.fingerprint, inspection.problem)
                if earlier:
                    version.brought = self._warehouse.brought(self._dataset, list(earlier))
                    version.quarantined = self._warehouse.quarantined(self._dataset, list(earlier))
                number = processor.add_file(version)
                found = chunks(file, inspection)
                for chunk in self._realtime.chosen(found) if self._realtime else found:
                    yield number, chunk
            else:
                self._restamped[file_id] = file.stamp
            done += file.size
            if self._progress:
                self._progress(done, total, self._family)


def _inspected(files: Sequence[LandingFile], readers: int) -> Iterator[tuple[LandingFile, Inspection]]:
    """Each file with its inspection, a few files ahead: reading runs beside the database's work. What is ahead is held in memory:
    many small files may be, but few large ones."""
    with ThreadPoolExecutor(max_workers=readers) as pool:
        waiting: deque[tuple[LandingFile, Future[Inspection]]] = deque()
        size = 0
        try:
            for file in files:
                while len(waiting) > _FILES_AHEAD and (len(waiting) >= 2 * readers or size + file.size > _BYTES_AHEAD):
                    ready, future = waiting.popleft()
                    size -= ready.size
                    yield ready, future.result()
                waiting.append((file, pool.submit(inspect, file)))
                size += file.size
            while waiting:
                ready, future = waiting.popleft()
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
