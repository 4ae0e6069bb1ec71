"""Persons equal a union-find, key for key and event for event: random graphs, chains, circles, links after the fact; on both engines.

Each tenant is a graph of its own. Users, visitors and addresses take their ids from one series of numbers, so that many are known as
two kinds of key; links name keys that no event knows, themselves, and each other in circles.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from oracles.identity import Key, person_of, persons
from project import dbt, fresh_database
from raw import copy_to_postgres, create_raw, insert

START = datetime(2026, 3, 1)
CHAIN = 10_000
TENANTS = 150
BUILD = ("run", "--select", "+bridge_person_identities", "+int_events_identified")
CHECKS = (
    *("test", "--exclude", "resource_type:unit_test", "--select", "assert_linked_keys_are_one_person"),
    *("bridge_person_identities", "int_identities_linked", "int_identities_merged"),
)

Row = dict[str, Any]


class Rows:
    """Raw rows of a test, numbered from the first on."""

    def __init__(self, first: int = 0) -> None:
        self.first = first
        self.events: list[Row] = []
        self.profiles: list[Row] = []

    def event(
        self, tenant_id: str, minute: int, user: str | None, visitor: str | None, ip: str | None = None, kind: str = "page.viewed"
    ) -> None:
        moment = START + timedelta(minutes=minute)
        self.events.append(
            {
                "tenant_id": tenant_id,
                "event_id": f"e{self.first + len(self.events)}",
                "event_type": kind,
                "user_id": user,
                "anonymous_id": visitor,
                "ip_hash": ip,
                "occurred_at": moment,
                "received_at": moment,
            }
        )

    def alias(self, tenant_id: str, minute: int, user: str, previous: str) -> None:
        self.event(tenant_id, minute, user, previous, kind="user.aliased")

    def profile(self, tenant_id: str, person_type: str, key: str, linked: Sequence[str] | None, minute: int = 0) -> None:
        self.profiles.append(
            {
                "tenant_id": tenant_id,
                "person_type": person_type,
                "person_key": key,
                "linked_keys": linked,
                "updated_at": START + timedelta(minutes=minute),
            }
        )


def random_graph(rows: Rows, tenant_id: str, chance: random.Random) -> None:
    size = chance.choice((3, 6, 12, 40))

    def name() -> str:
        return f"k{chance.randrange(size)}"

    for _ in range(chance.randint(2, 2 * size)):
        minute = chance.randrange(10)
        user, visitor = chance.choice(((name(), name()), (name(), None), (None, name()), (None, None)))
        rows.event(tenant_id, minute, user, visitor, name() if chance.random() < 0.5 or not (user or visitor) else None)
    for _ in range(chance.randint(0, size)):
        rows.alias(tenant_id, chance.randrange(10), name(), name())
    for key in dict.fromkeys(name() for _ in range(chance.randint(0, size // 2))):
        linked = [chance.choice((name(), name(), f"unknown{chance.randrange(3)}")) for _ in range(chance.randrange(4))]
        rows.profile(tenant_id, chance.choice(("user", "user", "ip")), key, linked if chance.random() < 0.9 else None, chance.randrange(10))


def all_rows() -> Rows:
    rows = Rows()
    chance = random.Random(5)
    for number in range(TENANTS):
        random_graph(rows, f"graph-{number:03}", chance)
    # A chain in the worst order for labels that travel, one in none, and a circle with a device at each user.
    for number in range(CHAIN):
        rows.alias("chain", CHAIN - number, f"{number + 1:05}", f"{number:05}")
    order = [f"{number}" for number in chance.sample(range(10**6), 3_000)]
    for one, other in pairwise(order):
        rows.profile("scattered", "user", one, [other])
    rows.profile("scattered", "user", order[-1], None)
    for number in range(500):
        rows.event("circle", 500 - number, f"u{number}", f"d{number}")
        rows.alias("circle", 1_000, f"u{number}", f"u{(number + 1) % 500}")
    return rows


def write(database: Path, rows: Rows, load: str = "1") -> None:
    insert(database, "raw_events.events", rows.events, load_id=f"1767225600.{load}", file_id=f"events-{load}")
    profiles = [
        {**profile, "linked_keys": None if profile["linked_keys"] is None else json.dumps(profile["linked_keys"])}
        for profile in rows.profiles
    ]
    insert(database, "raw_logs.experience_profiles", profiles, load_id=f"1767225600.{load}", file_id=f"profiles-{load}")


def expected(rows: Rows) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str | None]]:
    """The persons by linked key, and by event."""
    events: dict[str, list[Row]] = defaultdict(list)
    profiles: dict[str, list[Row]] = defaultdict(list)
    for event in rows.events:
        events[event["tenant_id"]].append(event)
    for profile in rows.profiles:
        profiles[profile["tenant_id"]].append(profile)
    keys: dict[tuple[str, str], str] = {}
    people: dict[tuple[str, str], str | None] = {}
    for tenant_id in {*events, *profiles}:
        linked: dict[Key, str] = persons(events[tenant_id], profiles[tenant_id])
        keys |= {(tenant_id, f"{kind}:{name}"): person for (kind, name), person in linked.items()}
        people |= {(tenant_id, event["event_id"]): person_of(event, linked) for event in events[tenant_id]}
    return keys, people


def found(rows: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
    return {(tenant_id, key): person for tenant_id, key, person in rows}


ROWS = all_rows()
KEYS = "select tenant_id, identity_key, person_id from {}.bridge_person_identities"
PEOPLE = "select tenant_id, event_id, person_id from intermediate.int_events_identified"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("identity") / "identity.duckdb"
    create_raw(database)
    dbt("seed", database=database)
    write(database, ROWS)
    dbt(*BUILD, database=database)
    dbt(*CHECKS, database=database)
    return database


@pytest.fixture(scope="module")
def warehouse(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


def test_keys_and_events_have_the_persons_of_the_oracle(warehouse: duckdb.DuckDBPyConnection) -> None:
    keys, people = expected(ROWS)
    assert found(warehouse.execute(KEYS.format("marts")).fetchall()) == keys
    assert found(warehouse.execute(PEOPLE).fetchall()) == people


def test_the_rows_reach_the_edges() -> None:
    keys, _ = expected(ROWS)
    kinds = {key.partition(":")[0] for _, key in keys}
    assert kinds == {"user", "anonymous", "ip"}
    sizes: dict[tuple[str, str], int] = defaultdict(int)
    for (tenant_id, _), person in keys.items():
        sizes[tenant_id, person] += 1
    assert max(sizes.values()) == CHAIN
    assert sum(tenant_id.startswith("graph") and size > 5 for (tenant_id, _), size in sizes.items()) > 20


def test_a_chain_of_ten_thousand_keys_is_its_user_seen_first(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = warehouse.execute(
        "select count(*), count(distinct person_id), min(person_id) from marts.bridge_person_identities where tenant_id = 'chain'"
    )
    assert row.fetchone() == (CHAIN, 1, f"{CHAIN:05}")


def late_links() -> Iterator[Rows]:
    """Loads, one after another: four keys apart, a device's user, an alias and a profile, and an earlier event."""
    apart = Rows()
    apart.event("t", 5, None, "phone")
    apart.event("t", 6, "eve", None)
    apart.event("t", 4, "ada", "tablet")
    apart.event("t", 7, None, None, "home")
    yield apart
    together = Rows(first=4)
    together.event("t", 9, "eve", "phone")
    yield together
    linked = Rows(first=5)
    linked.alias("t", 20, "eve", "ada")
    linked.profile("t", "user", "eve", ["home"])
    yield linked
    earlier = Rows(first=6)
    earlier.event("t", 1, "eve", None)
    yield earlier


def test_links_that_arrive_late_give_history_to_its_person(tmp_path: Path) -> None:
    """Link by link, each with a build: increments, no full refresh."""
    database = tmp_path / "late.duckdb"
    create_raw(database)
    dbt("seed", database=database)
    rows = Rows()
    people = []
    for number, new in enumerate(late_links()):
        rows.events += new.events
        rows.profiles += new.profiles
        write(database, new, str(number))
        dbt(*BUILD, database=database)
        with duckdb.connect(str(database), read_only=True) as connection:
            people.append(
                [
                    person
                    for (person,) in connection.execute(
                        "select person_id from intermediate.int_events_identified order by event_id"
                    ).fetchall()
                ]
            )
            assert found(connection.execute(PEOPLE).fetchall()) == expected(rows)[1]
    assert people == [
        ["anonymous:phone", "eve", "ada", "ip:home"],
        ["eve", "eve", "ada", "ip:home", "eve"],
        # ada was seen before eve.
        ["ada"] * 6,
        ["eve"] * 7,
    ]
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select count(distinct refreshed_in) from raw_operations.model_states").fetchone() == (1,)


def test_an_address_is_never_joined_with_its_hash_of_another_month(warehouse: duckdb.DuckDBPyConnection) -> None:
    joined = warehouse.execute(
        "select * from intermediate.int_identities_merged where identity_key like 'ip:%' or person_id like 'ip:%' "
        "union all select tenant_id, identity_key, person_id from marts.bridge_person_identities where person_id like '%:%'"
    )
    assert joined.fetchall() == []


def test_postgres_gives_the_same_persons(database: Path, postgres_server: str, tmp_path: Path) -> None:
    dsn = fresh_database(postgres_server, "identity")
    copy_to_postgres(database, dsn)
    unused = tmp_path / "unused.duckdb"
    dbt("seed", database=unused, postgres_dsn=dsn)
    dbt(*BUILD, database=unused, postgres_dsn=dsn)
    keys, people = expected(ROWS)
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute(KEYS.format("marts_build"))
        assert found(cursor.fetchall()) == keys
        cursor.execute(PEOPLE)
        assert found(cursor.fetchall()) == people
