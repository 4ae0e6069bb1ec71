"""Random histories of loads, step by step, in a warehouse of raw tables: what arrives when, and what happens to it afterwards.

A warehouse holds many tenants, each with people and events of its own: tenants do not touch each other, so that each is a history.
A step brings some of what has not come yet (old and new events in any order, some of it again, some with other content, some by
the realtime lane first), sometimes a file that repeats an earlier one and goes on, a load that was killed, and the one that undoes it;
it links keys of people, erases people, changes what a tenant pays (and so its limits) long ago, and moves the clock on, or back.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
from project import dbt
from raw import create_raw, insert
from revenue.stripe_rows import Account, Item

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo")
START = datetime(2026, 2, 20)
DAYS = 50
EVENT_TYPES = (
    *("page.viewed", "page.viewed", "user.registered", "user.login", "assessment.started", "assessment.completed"),
    *("feature.used", "feature.upload.used", "feature.analysis.used", "screen.viewed", "message_send", "system.ping"),
    *("subscription.created", "payment.failed"),
)
REALTIME = frozenset({"subscription.created", "payment.failed"})
SEEDS: dict[str, list[tuple[Any, ...]]] = {
    "event_limits": [
        ("few", "T1", "page.viewed", True, 2, None),
        ("few", "T1", "default", True, 4, None),
        ("few", "T2", "feature.*", True, None, "0.5"),
        ("few", "T2", "user.login", False, None, None),
        ("few", "T3", "page.viewed", True, 1, "0.5"),
    ],
    "funnel_steps": [
        ("subscription", None, 1, "a", "page.viewed", "ordered", 2_592_000, None, None),
        ("subscription", None, 2, "b", "page.viewed", "ordered", 2_592_000, "payment.failed", None),
        ("subscription", None, 3, "c", "subscription.created", "ordered", 2_592_000, None, None),
        ("visit", None, 1, "a", "user.login", "strict", 3_600, None, "session_id"),
        ("visit", None, 2, "b", "page.viewed", "strict", 3_600, None, "session_id"),
        ("trial", None, 1, "a", "feature.used", "any", 86_400, "payment.failed", "organization_id"),
        ("trial", None, 2, "b", "assessment.started", "any", 86_400, "payment.failed", "organization_id"),
        ("trial", None, 3, "c", "assessment.started", "any", 86_400, "payment.failed", "organization_id"),
    ],
}

Row = dict[str, Any]


class History:
    """The random history of one warehouse; the same seed gives the same."""

    def __init__(self, folder: Path, seed: int, tenants: int) -> None:
        self.database = folder / "warehouse.duckdb"
        self.chance = random.Random(seed)
        self.clock = START + timedelta(days=12)
        self.loads = 0
        self.unfinished: tuple[str, list[Row]] | None = None
        self.arrived: list[Row] = []
        self.tenants = [f"tenant-{number:02}" for number in range(tenants)]
        self.waiting = [row for tenant_id in self.tenants for row in self._events(tenant_id)]
        # A tenant of which nothing is heard until some step.
        self.silent = {tenant_id: self.chance.choice((0, 0, 0, 1, 2)) for tenant_id in self.tenants}
        create_raw(self.database)
        dbt("seed", database=self.database)
        self._register()

    def _register(self) -> None:
        """Zones, weeks and limits of the tenants; some are not registered."""
        registered: list[tuple[Any, ...]] = [
            (
                tenant_id,
                number,
                tenant_id,
                self.chance.choice(ZONES),
                "USD",
                self.chance.choice(("monday", "sunday")),
                self.chance.choice((1, 4)),
                f"acct_{tenant_id}",
                self.chance.choice(("few", None)),
            )
            for number, tenant_id in enumerate(self.tenants)
            if number % 5
        ]
        self.limited = [row[0] for row in registered if row[-1]]
        with duckdb.connect(str(self.database)) as connection:
            for table, rows in [("tenants", registered), *SEEDS.items()]:
                connection.execute(f"delete from seeds.{table}")
                connection.executemany(f"insert into seeds.{table} values ({', '.join('?' * len(rows[0]))})", rows)

    def _events(self, tenant_id: str) -> list[Row]:
        """Everything that ever happens at a tenant: bursts of events on a coarse grid, so that moments coincide and gaps are exact."""
        chance = self.chance
        rows: list[Row] = []
        for person in range(chance.randint(2, 6)):
            user = f"u{person}"
            devices = [f"v{person}", f"v{chance.randrange(6)}"]
            for _ in range(chance.randint(1, 5)):
                moment = START + timedelta(minutes=10 * chance.randrange(6 * 24 * DAYS))
                is_signed_in = chance.random() < 0.5
                for _ in range(chance.randint(1, 6)):
                    number = len(rows)
                    event_type = chance.choice(EVENT_TYPES)
                    rows.append(
                        {
                            "tenant_id": tenant_id,
                            "event_id": f"{chance.randrange(10**6):06}-{number}",
                            "event_type": event_type,
                            "user_id": user if is_signed_in or chance.random() < 0.1 else None,
                            "anonymous_id": chance.choice(devices) if chance.random() < 0.8 else None,
                            "ip_hash": f"ip{person}" if chance.random() < 0.5 else None,
                            "platform": chance.choice(("web", "mobile", None)),
                            "country": chance.choice(("DE", "JP", None)),
                            "feature": event_type.split(".")[1] if event_type.startswith("feature.") else None,
                            "organization_id": chance.choice(("o1", "o2", None)),
                            "session_id": chance.choice(("s1", "s2", None)),
                            "occurred_at": moment,
                            "received_at": moment + timedelta(seconds=chance.choice((0, 5, 90_000))),
                        }
                    )
                    moment += timedelta(minutes=chance.choice((0, 0, 10, 20, 30, 40)))
                if chance.random() < 0.1:
                    previous = f"{chance.choice('uv')}{chance.randrange(6)}"
                    alias = {"event_type": "user.aliased", "user_id": user, "anonymous_id": previous, "event_id": f"alias-{len(rows)}"}
                    rows.append({**rows[-1], **alias})
            if person == 0 and chance.random() < 0.2:
                begin = START + timedelta(minutes=10 * chance.randrange(6 * 24 * 20))
                rows += [
                    {**rows[0], "event_id": f"long-{number}", "user_id": user, "occurred_at": begin + timedelta(minutes=20 * number)}
                    for number in range(chance.randint(70, 160))
                ]
        return [{**row, "payload_hash": row["event_id"]} for row in rows]

    def step(self) -> None:
        """One day in the life of the warehouse: undo what was killed, load once or more, erase, and let time pass."""
        self._undo()
        for _ in range(self.chance.choice((1, 1, 2))):
            self._load()
        if self.chance.random() < 0.4:
            self._link()
        if self.chance.random() < 0.4:
            self._erase()
        if self.limited and self.chance.random() < 0.4:
            self._restate(self.chance.choice(self.limited))
        if self.chance.random() < 0.3:
            self._kill()
        days = self.chance.choice((0, 1, 3, 9, -4))
        self.clock += timedelta(days=days, minutes=10 * self.chance.randrange(144))

    def _load(self) -> None:
        self.loads += 1
        due = [row for row in self.waiting if self.silent[row["tenant_id"]] < self.loads]
        # Most of what has happened by now, and a little of what lies ahead.
        rows = [row for row in due if self.chance.random() < (0.5 if row["occurred_at"] <= self.clock else 0.05)]
        keys = {id(row) for row in rows}
        self.waiting = [row for row in self.waiting if id(row) not in keys]
        again = self.chance.sample(self.arrived, min(len(self.arrived), self.chance.choice((0, 5, 40))))
        conflicting = [
            {
                **row,
                "event_type": self.chance.choice(EVENT_TYPES),
                "occurred_at": row["occurred_at"] - timedelta(hours=self.chance.choice((0, 1, 30))),
                "received_at": row["received_at"] + timedelta(hours=self.chance.choice((-30, 1))),
                "payload_hash": row["payload_hash"] + "!",
            }
            for row in self.chance.sample(self.arrived, min(len(self.arrived), self.chance.choice((0, 3, 20))))
        ]
        ahead = [row for row in rows if row["event_type"] in REALTIME and self.chance.random() < 0.6]
        if ahead:
            self._insert(ahead, lane="events_realtime")
        late = {id(row) for row in ahead if self.chance.random() < 0.5}
        # Those come by the batch lane with a later load.
        self.waiting += [row for row in ahead if id(row) in late]
        batch = [row for row in rows if id(row) not in late] + again + conflicting
        self.chance.shuffle(batch)
        self._insert(batch)
        self.arrived += rows

    def _insert(self, rows: Sequence[Row], lane: str = "events", *, is_complete: bool = True, load_id: str | None = None) -> str:
        load_id = load_id or f"{lane}-{self.chance.randrange(10**6):06}-{self.loads}"
        loaded_at = self.clock + timedelta(minutes=self.loads)
        for file in range(2):
            insert(
                self.database,
                f"raw_{lane}.events",
                rows[file::2],
                load_id=load_id,
                loaded_at=loaded_at,
                file_id=f"{load_id}-{file}",
                is_complete=is_complete,
            )
        return load_id

    def _kill(self) -> None:
        """A load of which some rows are there, and the mark that it is complete is not."""
        rows = self.chance.sample(self.waiting, min(len(self.waiting), 20))
        self.unfinished = (self._insert(rows, is_complete=False), rows)

    def _undo(self) -> None:
        if self.unfinished:
            load_id, _ = self.unfinished
            with duckdb.connect(str(self.database)) as connection:
                for table in ("events", "load_files"):
                    connection.execute(f"delete from raw_events.{table} where _dlt_load_id = ?", [load_id])
            self.unfinished = None

    def _erase(self) -> None:
        """A person's rows leave the raw tables, in every lane and load."""
        tenant_id, user = self.chance.choice(self.tenants), f"u{self.chance.randrange(3)}"
        with duckdb.connect(str(self.database)) as connection:
            for lane in ("events", "events_realtime"):
                connection.execute(f"delete from raw_{lane}.events where tenant_id = ? and user_id = ?", [tenant_id, user])
        self.arrived = [row for row in self.arrived if (row["tenant_id"], row["user_id"]) != (tenant_id, user)]

    def _link(self) -> None:
        """Profiles tell, later than the events, that keys are one person's; the latest version of a profile counts."""
        profiles = [
            {
                "tenant_id": tenant_id,
                "person_type": self.chance.choice(("user", "ip")),
                "person_key": f"{self.chance.choice(('u', 'ip'))}{self.chance.randrange(4)}",
                "linked_keys": json.dumps([f"{self.chance.choice('uv')}{self.chance.randrange(6)}"]),
                "updated_at": self.clock,
            }
            for tenant_id in self.chance.sample(self.tenants, len(self.tenants) // 5)
        ]
        load_id = f"profiles-{self.loads}-{self.chance.randrange(10**6)}"
        insert(self.database, "raw_logs.experience_profiles", profiles, load_id=load_id, loaded_at=self.clock, file_id=load_id)

    def _restate(self, tenant_id: str) -> None:
        """A subscription that is told late: the tenant's tier, and what was admitted, change from its first day on."""
        account = Account()
        name = f"c{self.chance.randrange(10**6)}"
        day = START + timedelta(days=self.chance.randrange(30))
        account.start(tenant_id, name, day, Item(self.chance.choice((1_000, 60_000, 250_000))))
        account.insert(self.database)

    def run(self, *arguments: str, database: Path | None = None, postgres_dsn: str | None = None) -> None:
        """dbt over some models at the history's clock, in its own database or another."""
        dbt("run", *arguments, database=database or self.database, postgres_dsn=postgres_dsn, as_of=self.clock.isoformat(sep=" "))

    def run_anew(self, *arguments: str, database: Path, postgres_dsn: str | None = None) -> None:
        """A full refresh, with one thread and in another time zone than the increments: neither may matter."""
        dbt(
            *("run", *arguments, "--full-refresh"),
            database=database,
            postgres_dsn=postgres_dsn,
            as_of=self.clock.isoformat(sep=" "),
            PLUMBLINE_THREADS="1",
            TZ="Asia/Kolkata",
            PGTZ="Asia/Kolkata",
        )

    def full_builds(self) -> int:
        """In how many builds some incremental model was made anew."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return len(connection.execute("select distinct refreshed_in from raw_operations.model_states").fetchall())


def stored_differences(one: Path, other: Path) -> Mapping[str, int]:
    """How many rows one warehouse has and the other has not, by table that dbt made and where there are any."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_catalog = 'other' "
            "and table_schema in ('staging', 'intermediate', 'marts') and table_type = 'BASE TABLE' order by 1"
        ).fetchall()
        assert len(tables) > 30
        found = {}
        for (table,) in tables:
            sides = (("one", "other"), ("other", "one"))
            counts = [
                connection.execute(f"select count(*) from (from {left}.{table} except all from {right}.{table})").fetchone() or (0,)
                for left, right in sides
            ]
            if rows := sum(count for (count,) in counts):
                found[table] = rows
        return found


def postgres_differences(one: str, other: str) -> Mapping[str, int]:
    """The same of two PostgreSQL databases."""
    ours, theirs = _postgres_tables(one), _postgres_tables(other)
    assert len(theirs) > 30
    found = {name: ((ours[name] - rows) + (rows - ours[name])).total() for name, rows in theirs.items()}
    return {name: rows for name, rows in found.items() if rows}


def _postgres_tables(dsn: str) -> dict[str, Counter[str]]:
    """The rows of every table that dbt made, as texts."""
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema in ('staging', 'intermediate', 'marts_build') and table_type = 'BASE TABLE'"
        )
        tables = {}
        for (name,) in cursor.fetchall():
            cursor.execute(f"select cast(stored as text) from {name} as stored")
            tables[name] = Counter(text for (text,) in cursor.fetchall())
        return tables
