"""Load what is new in a landing area, or in a live source, into the raw tables.

    results = load(("events", "payments", "logs"), landing="landing", target="duckdb", database=Path("warehouse/plumbline.duckdb"),
                   postgres_dsn=None, pseudonym_key=secret, progress=None)
    result = load_source(source, target="duckdb", ...)      # see ingestion/sources.py

Each family is one dlt pipeline and one load package, which becomes visible as a whole: a row counts once its package is in the
dataset's `_dlt_loads`. The landing files (or the source) are the only truth; before anything is read, the rows of packages that
never completed are deleted and dlt's working folder is emptied, so that a load that died at any point leaves nothing, and the
next one brings all that it would have brought. Exactly once needs no merge then.

Errors are `PlumblineError`s: nothing of the family that failed is visible, families before it are complete.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.contracts import Family, Table
from ingestion.errors import InputError, SettingsError
from ingestion.files import CHUNK_BYTES, Chunk, Inspection, LandingFile, chunks, inspect, list_files
from ingestion.privacy import mask_path, secret_id
from ingestion.processing import FileVersion, Processor, Row, route_of
from ingestion.sources import Feed, Known, Progress, Source
from ingestion.warehouse import FAMILIES, Warehouse, arrow_schema, declared_tables

TENANTS = Path(__file__).resolve().parents[1] / "seeds" / "tenants.csv"
WORKING_FOLDER = Path(".plumbline/dlt")
SHORTEST_KEY = 32
_FILES_AHEAD = 4


@dataclass(frozen=True)
class LoadResult:
    """What the load of one family did. `load_id` is None when there was nothing new. Of a live source, `files_read` counts the tables
    or endpoints read, and none is unchanged (None). `notices` are sentences for people."""

    family: Family
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
            "family": self.family,
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
    progress: Progress | None = None,
    tenants: Path = TENANTS,
    working_folder: Path = WORKING_FOLDER,
) -> list[LoadResult]:
    """Load the families' new files; one result for each. Every raw table exists afterwards, those of other families too.

    progress        called with (bytes done, bytes in all, what) while files are read
    tenants         the registered tenants and their payment accounts
    working_folder  where dlt works; nothing in it is needed afterwards
    """
    _require_key(pseudonym_key)
    folder = Path(landing)
    wanted = [family for family in FAMILIES if family in families]
    files = {family: list_files(folder, family) for family in _existing(folder, wanted)}
    if not any(files.values()):
        raise InputError(
            f"There are no files to load in {folder}.",
            f"Put files below {', '.join(f'{folder / family}/' for family in wanted)}, or name another landing folder with --from.",
        )
    warehouse = Warehouse(target, Path(database), postgres_dsn)
    results = _load(warehouse, pseudonym_key, _read_registry(tenants), working_folder, progress, files)
    return [results[family] for family in wanted]


def load_source(
    source: Source,
    *,
    target: str,
    database: Path,
    postgres_dsn: str | None,
    pseudonym_key: str,
    progress: Progress | None = None,
    tenants: Path = TENANTS,
    working_folder: Path = WORKING_FOLDER,
) -> LoadResult:
    """Load what is new in a live source; every raw table exists afterwards. The arguments are those of `load`."""
    _require_key(pseudonym_key)
    warehouse = Warehouse(target, Path(database), postgres_dsn)
    return _load(warehouse, pseudonym_key, _read_registry(tenants), working_folder, progress, {}, source)[source.family]


def _require_key(pseudonym_key: str) -> None:
    if len(pseudonym_key or "") < SHORTEST_KEY:
        raise SettingsError(
            f"The pseudonym key is missing or shorter than {SHORTEST_KEY} characters.",
            "Set PLUMBLINE_PSEUDONYM_KEY to a secret, for instance the output of `openssl rand -hex 32`, and keep it.",
        )


def _load(
    warehouse: Warehouse,
    pseudonym_key: str,
    registry: _Registry,
    working_folder: Path,
    progress: Progress | None,
    files: Mapping[Family, Sequence[LandingFile]],
    source: Source | None = None,
) -> dict[Family, LoadResult]:
    """Load the files of each family, and the source into its own."""
    with warehouse.only_load():
        results = {}
        for family in FAMILIES:
            family_load = _FamilyLoad(family, warehouse, pseudonym_key, registry, working_folder, progress)
            results[family] = family_load.run(files.get(family, ()), source if source and source.family == family else None)
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
    """The load of one family's files, or of a live source, into its dataset."""

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

    def run(self, files: Sequence[LandingFile], source: Source | None = None) -> LoadResult:
        is_complete = self._warehouse.prepare(self._family)
        if self._warehouse.key_ids(self._family) - {secret_id(self._secret)}:
            raise SettingsError(
                "This warehouse was loaded with another pseudonym key: the same people would get other pseudonyms.",
                "Set PLUMBLINE_PSEUDONYM_KEY to the key of the earlier loads, or load into a new warehouse.",
            )
        for path, file_id, stamp in self._warehouse.loaded_files(self._family):
            self._seen.setdefault(path, {})[file_id] = stamp
        changed = [file for file in files if file.stamp not in self._seen.get(mask_path(file.path, self._secret), {}).values()]
        processor = Processor(self._secret, self._loaded_at, self._registry.accounts)
        if source:
            feed = self._feed(source)
            items = self._items(feed.chunks(processor), processor, feed.notes)
        else:
            items = self._items(self._new_chunks(changed, processor), processor, _notes)
        # Whether anything is new shows when the first file that is not known by its content appears.
        first = next(items, None)
        load_id = None
        if first is not None or not is_complete:
            # dlt takes seconds to import: only a load of something new pays for it.
            from ingestion.pipeline import load_package

            load_id = load_package(self._family, _chain(first, items), self._warehouse, self._working_folder)
        tallies = processor.tallies.values()
        return LoadResult(
            self._family,
            load_id,
            files_read=len(processor.files),
            files_unchanged=None if source else len(files) - len(processor.files),
            rows_read=sum(tally.read for tally in tallies),
            rows_accepted=sum(tally.accepted for tally in tallies),
            rows_rejected=sum(tally.rejected for tally in tallies),
            rows_duplicate=sum(tally.duplicate for tally in tallies),
            unregistered_tenants=tuple(sorted(processor.tenants - self._registry.tenants - {"*"})),
            notices=tuple(source.notices) if source else (),
        )

    def _feed(self, source: Source) -> Feed:
        cursors = self._warehouse.cursors(self._family)
        known = Known(lambda path: cursors.get(mask_path(path, self._secret)), self._loaded_at, self._registry.accounts)
        return Feed(source, self._warehouse, self._secret, known, self._progress)

    def _items(
        self, new_chunks: Iterator[tuple[int, Chunk]], processor: Processor, notes: Callable[[Processor], Iterable[tuple[str, list[Row]]]]
    ) -> Iterator[tuple[str, pa.Table]]:
        """The rows of all chunks by table, and what is to be noted of them at the end."""
        problem = ""
        with closing(processor):
            try:
                for route, batch in _batches(new_chunks, processor):
                    yield from processor.process(route, batch)
            except (duckdb.Error, pa.ArrowException) as error:
                problem = type(error).__name__
            if problem:
                # Raised apart from the engine's error, which may hold the row that it is about: dlt keeps what it is told.
                raise InputError(
                    f"The {self._family} could not be read, in or before {processor.files[-1].path} ({problem}); nothing is loaded.",
                    "Move that file out of the landing folder (or mend that table of the source), then load again.",
                )
            for table, rows in notes(processor):
                if rows:
                    yield table, pa.Table.from_pylist(rows, schema=arrow_schema(declared_tables(self._family)[table]))

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


def _notes(processor: Processor) -> Iterator[tuple[str, list[Row]]]:
    """What is to be noted of landing files."""
    yield "load_files", processor.load_files()
    yield "pii_findings", processor.pii_findings()


def _chain(first: tuple[str, pa.Table] | None, rest: Iterator[tuple[str, pa.Table]]) -> Iterator[tuple[str, pa.Table]]:
    if first is not None:
        yield first
    yield from rest
