"""Admission equals a second implementation on random events of four tenants in four time zones, whatever order they came in.

Tenants change tiers in the days of the events, at the very limits of the tiers and in currencies of their own; moments and ids collide;
events come twice, with other content, late, by both lanes and after the clock. The limits are a few a day, so that every one is reached.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest
from oracles.admission import Fate, Limit, Tenant, counts, is_meant, judge, tier_on
from project import dbt, fresh_database
from raw import copy_to_postgres, create_raw, insert
from revenue.stripe_rows import Account, Item
from tables import differences, duckdb_marts, postgres_marts

CLOCK = datetime(2026, 3, 20, 12)
FIRST = datetime(2026, 3, 1)
REALTIME = frozenset({"subscription.created", "subscription.cancelled", "payment.failed"})
TENANTS = {
    "us": Tenant(
        "America/New_York",
        "few",
        (
            (date(2026, 3, 2), Decimal("499.99")),
            (date(2026, 3, 5), Decimal("500")),
            (date(2026, 3, 9), Decimal("1999.99")),
            (date(2026, 3, 12), Decimal("2000")),
            (date(2026, 3, 16), Decimal("0")),
        ),
    ),
    # 400 euros are 500 dollars; with 1,500 dollars beside them, 2,000.
    "eu": Tenant("Europe/Berlin", "core", ((date(2026, 3, 4), Decimal("500")), (date(2026, 3, 11), Decimal("2000")))),
    # Begun in the evening of 2 March, UTC: on 3 March in Tokyo.
    "jp": Tenant("Asia/Tokyo", "few", ((date(2026, 3, 3), Decimal("10000")),)),
    "free": Tenant("UTC", None),
}
CURRENCIES = {"us": "USD", "eu": "EUR", "jp": "JPY", "free": "USD"}
LIMITS = (
    Limit("few", "T1", "user.registered", daily_limit=2),
    Limit("few", "T1", "feature.*.used", daily_limit=3),
    Limit("few", "T1", "feature.ma*.used", daily_limit=1),
    Limit("few", "T1", "subscription.created", daily_limit=0),
    Limit("few", "T1", "default", daily_limit=4),
    Limit("few", "T2", "user.registered", daily_limit=3),
    Limit("few", "T2", "snake_case", daily_limit=0),
    Limit("few", "T2", "feature.*.used", daily_limit=1, sampling_rate="0.5"),
    Limit("few", "T3", "feature.*.used", sampling_rate="0.1"),
    Limit("few", "T3", "api.*.called", sampling_rate="0.05"),
    Limit("few", "T4", "*.viewed", sampling_rate="0.3"),
    Limit("core", "T1", "default", is_enabled=False),
    Limit("core", "T1", "user.registered", daily_limit=2),
    Limit("core", "T2", "default", is_enabled=False),
    Limit("core", "T2", "user.registered"),
    Limit("core", "T2", "feature.*.*", sampling_rate="1"),
    Limit("core", "T3", "*.*.used", daily_limit=2),
)
TYPES = (
    *("user.registered", "page.viewed", "feature.used", "feature.map.used", "feature.export.used", "feature.map.view.used"),
    *("api.called", "api.scores.called", "snake_case", "snakeXcase", "subscription.created", "payment.failed"),
)
MARTS = ("dim_tenants", "dim_tenant_tiers", "fct_events", "rpt_event_quota_daily")


def payments() -> Account:
    """The subscriptions behind the tenants' MRR, and rates for every day."""
    account = Account()
    account.start("us", "c", "2026-03-02 15:00", Item(49999))
    for at, amount in (("2026-03-05 15:00", 50000), ("2026-03-09 15:00", 199999), ("2026-03-12 15:00", 200000)):
        account.update("us", "c", at, Item(amount))
    account.end("us", "c", "2026-03-16 15:00", Item(200000))
    account.start("eu", "c", "2026-03-04 15:00", Item(40000, currency="eur"))
    account.start("eu", "d", "2026-03-11 15:00", Item(150000, currency="usd"))
    account.start("jp", "c", "2026-03-02 20:00", Item(1_000_000, currency="jpy"))
    for day in range(1, 22):
        account.rate("EUR", f"2026-03-{day:02}", "1.25")
        account.rate("JPY", f"2026-03-{day:02}", "0.01")
    return account


def random_events(seed: int) -> list[dict[str, Any]]:
    """Received rows without their loads; a repetition is received later than what it repeats, and at a moment of its own."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []
    for tenant_id in TENANTS:
        for number in range(1_500):
            occurred_at = FIRST + timedelta(minutes=30 * chance.randrange(48 * 21))
            event_id = "".join(chance.choices("aAbBzZ019-_", k=7)) + f"{number:x}"
            row = {
                "tenant_id": tenant_id,
                "event_id": event_id,
                "event_type": chance.choice(TYPES),
                "user_id": f"u{number}",
                "occurred_at": occurred_at,
                "received_at": occurred_at + timedelta(seconds=len(rows)),
                "payload_hash": event_id,
            }
            rows.append(row)
            if chance.random() < 0.05:
                rows.append({**row, "received_at": occurred_at + timedelta(days=1, seconds=len(rows))})
            if chance.random() < 0.05:
                other = {
                    "event_type": chance.choice(TYPES),
                    "occurred_at": occurred_at - timedelta(hours=9),
                    "payload_hash": event_id + "!",
                }
                rows.append({**row, **other, "received_at": occurred_at + timedelta(days=2, seconds=len(rows))})
    return rows


def in_files(rows: Sequence[dict[str, Any]], seed: int, lane: str, loads: int) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The rows in a random order and in files of several loads, by (load, file)."""
    chance = random.Random(seed)
    files: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in chance.sample(rows, len(rows)):
        load_id = f"{lane}-{chance.randrange(loads)}"
        file_id = f"{load_id}-{chance.randrange(3)}"
        own = files[load_id, file_id]
        own.append({**row, "load_id": load_id, "file_id": file_id, "line_no": len(own) + 1, "lane": lane})
    return files


EVENTS = random_events(3)
REVENUE = [row for row in EVENTS if row["event_type"] in REALTIME]
# Two thirds of the revenue events came by the realtime lane, half of these have come by the batch lane too.
PENDING_IDS = set(sorted({row["event_id"] for row in REVENUE})[::3])
PENDING = [row for row in REVENUE if row["event_id"] in PENDING_IDS]
BATCH = in_files([row for row in EVENTS if row not in PENDING], 1, "batch", 4)
AHEAD = in_files(PENDING + [row for row in REVENUE if row not in PENDING][::2], 2, "realtime", 3)
REJECTED = 7


def warehouse(folder: Path, batch: dict[Any, Any], realtime: dict[Any, Any]) -> Path:
    """A built warehouse of those files."""
    database = folder / "warehouse.duckdb"
    create_raw(database)
    payments().insert(database)
    for schema, files in (("raw_events", batch), ("raw_events_realtime", realtime)):
        for (load_id, file_id), rows in files.items():
            raw = [{name: value for name, value in row.items() if name not in ("load_id", "lane")} for row in rows]
            insert(database, f"{schema}.events", raw, load_id=load_id, file_id=file_id)
    load_id, file_id = min(batch)
    with duckdb.connect(str(database)) as connection:
        for line in range(REJECTED):
            connection.execute(
                "insert into raw_events.rejected_rows by name select 'jp' as tenant_id, 'events' as family, 'events' as table_name, "
                "? as file_id, ? as path, ? as line_no, 'malformed_json' as reason_code, timestamp '2026-03-20 16:00' as loaded_at, "
                "? as _dlt_load_id",
                [file_id, f"events/{file_id}", 100_000 + line, load_id],
            )
        connection.execute(
            "update raw_events.load_files set rows_read = rows_read + $1, rows_rejected = rows_rejected + $1 where file_id = $2",
            [REJECTED, file_id],
        )
        connection.execute("create schema seeds")
        connection.execute(
            "create table seeds.tenants (tenant_id varchar, registration_number integer, tenant_name varchar, time_zone varchar, "
            "reporting_currency varchar, week_start varchar, fiscal_start_month integer, stripe_account varchar, admission_policy varchar)"
        )
        for number, (tenant_id, tenant) in enumerate(TENANTS.items()):
            connection.execute(
                "insert into seeds.tenants values (?, ?, ?, ?, ?, 'monday', 1, ?, ?)",
                [tenant_id, number, tenant_id, tenant.time_zone, CURRENCIES[tenant_id], f"acct_{tenant_id}", tenant.policy],
            )
        connection.execute(
            "create table seeds.event_limits (admission_policy varchar, tier varchar, event_type_pattern varchar, is_enabled boolean, "
            "daily_limit integer, sampling_rate decimal(7, 6))"
        )
        connection.executemany(
            "insert into seeds.event_limits values (?, ?, ?, ?, ?, ?)",
            [[each.policy, each.tier, each.pattern, each.is_enabled, each.daily_limit, each.sampling_rate] for each in LIMITS],
        )
    build(database)
    return database


def build(database: Path, postgres_dsn: str | None = None) -> None:
    """Build the marts and run their tests, the identities among them."""
    selected = [f"+{name}" for name in (*MARTS, "fct_load_files")]
    dbt(
        *("build", "--select", *selected, "--exclude", "tenants", "event_limits", "resource_type:unit_test"),
        *("--indirect-selection", "buildable"),
        database=database,
        postgres_dsn=postgres_dsn,
        as_of=CLOCK.isoformat(),
    )


@pytest.fixture(scope="module")
def fates() -> list[Fate]:
    rows = [row for files in (BATCH, AHEAD) for own in files.values() for row in own]
    return judge(rows, TENANTS, LIMITS, REALTIME, CLOCK)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warehouse(tmp_path_factory.mktemp("admission"), BATCH, AHEAD)


@pytest.fixture(scope="module")
def marts(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


def test_the_rows_reach_every_rule(fates: list[Fate]) -> None:
    seen = {(fate.row["tenant_id"], fate.tier, fate.limit.pattern, fate.fate) for fate in fates if fate.limit}
    for limit in LIMITS:
        if limit.pattern != "subscription.created":
            own = {
                fate
                for tenant, tier, pattern, fate in seen
                if (TENANTS[tenant].policy, tier, pattern) == (limit.policy, limit.tier, limit.pattern)
            }
            wanted = {"dropped"} if limit.daily_limit is not None else set()
            wanted |= {"sampled_out"} if limit.sampling_rate not in (None, "1") else set()
            wanted |= {"accepted"} if limit.is_enabled and limit.daily_limit != 0 else set()
            assert wanted <= own, limit
    assert {"duplicate", "conflicting", "copied", "not_enabled"} <= {fate.fate for fate in fates}
    assert is_meant("feature.used", "feature.*.used")
    assert not is_meant("feature.map.view.used", "feature.*.used")


def test_tiers(marts: duckdb.DuckDBPyConnection) -> None:
    found = marts.execute("select tenant_id, valid_from, valid_to, tier from marts.dim_tenant_tiers").fetchall()
    days = [CLOCK.date() - timedelta(days=back) for back in range(19)]
    for tenant_id, tenant in TENANTS.items():
        for day in days:
            assert [row[3] for row in found if row[0] == tenant_id and row[1] <= day and (row[2] is None or day < row[2])] == [
                tier_on(day, tenant, CLOCK.date())
            ], (tenant_id, day)
    assert dict(marts.execute("select tenant_id, tier from marts.dim_tenants").fetchall()) == {
        "us": "T1",
        "eu": "T3",
        "jp": "T4",
        "free": "T1",
    }


def test_events(marts: duckdb.DuckDBPyConnection, fates: list[Fate]) -> None:
    found = marts.execute("select tenant_id, event_id, sample_weight from marts.fct_events").fetchall()
    expected = [
        (fate.row["tenant_id"], fate.row["event_id"], round(Decimal(fate.weight.numerator) / fate.weight.denominator, 6))
        for fate in fates
        if fate.fate == "accepted"
    ]
    assert sorted(found) == sorted(expected)


def test_quota_of_every_type_and_day(marts: duckdb.DuckDBPyConnection, fates: list[Fate]) -> None:
    found = {
        tuple(row[:3]): row[3:]
        for row in marts.execute(
            "select tenant_id, event_type, date_day, received, accepted, dropped, sampled_out, rejected, duplicate, not_enabled "
            "from marts.rpt_event_quota_daily"
        ).fetchall()
    }
    expected: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 7)
    places = {"accepted": (1,), "dropped": (2,), "not_enabled": (2, 6), "sampled_out": (3,), "conflicting": (4,), "duplicate": (5,)}
    for (*key, fate), number in counts(fates).items():
        for place in (0, *places[fate]):
            expected[tuple(key)][place] += number
    # Rejected lines: 16:00 UTC is the next day in Tokyo.
    expected["jp", "unknown", date(2026, 3, 21)] = [REJECTED, 0, 0, 0, REJECTED, 0, 0]
    assert found == {key: tuple(numbers) for key, numbers in expected.items()}
    limits = {
        (fate.row["tenant_id"], fate.row["event_type"], fate.day): (fate.tier, fate.limit.daily_limit if fate.limit.is_enabled else 0)
        for fate in fates
        if fate.limit
    }
    told = marts.execute("select tenant_id, event_type, date_day, tier, daily_limit from marts.rpt_event_quota_daily").fetchall()
    by_key = {tuple(row[:3]): tuple(row[3:]) for row in told}
    assert {key: by_key[key] for key in limits} == limits


def test_account_of_every_file(marts: duckdb.DuckDBPyConnection, fates: list[Fate]) -> None:
    found = {
        row[0]: row[1:]
        for row in marts.execute(
            "select file_id, rows_read, rows_accepted, rows_rejected, rows_duplicate, rows_dropped, rows_sampled_out "
            "from marts.fct_load_files where family = 'events'"
        ).fetchall()
    }
    places = {"accepted": 1, "conflicting": 2, "duplicate": 3, "copied": 3, "dropped": 4, "not_enabled": 4, "sampled_out": 5}
    expected: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for fate in fates:
        expected[fate.row["file_id"]][0] += 1
        expected[fate.row["file_id"]][places[fate.fate]] += 1
    for place in (0, 2):
        expected[min(BATCH)[1]][place] += REJECTED
    assert found == {file_id: tuple(numbers) for file_id, numbers in expected.items()}


def test_another_order_of_loads_and_no_realtime_lane_give_the_same(database: Path, tmp_path: Path) -> None:
    other = warehouse(tmp_path, in_files(EVENTS, 4, "batch", 7), {})
    one, another = duckdb_marts(database), duckdb_marts(other)
    assert {name: differences(one[name], another[name])[:3] for name in MARTS} == {name: [] for name in MARTS}


def test_postgres_gives_the_same_rows(database: Path, postgres_server: str, tmp_path: Path) -> None:
    dsn = fresh_database(postgres_server, "admission")
    copy_to_postgres(database, dsn, ["seeds"])
    build(tmp_path / "unused.duckdb", dsn)
    with closing(psycopg2.connect(dsn)) as server, server.cursor() as cursor:
        cursor.execute("alter schema marts_build rename to marts")
        server.commit()
    one, another = duckdb_marts(database), postgres_marts(dsn)
    names = (*MARTS, "fct_load_files")
    assert {name: differences(one[name], another[name])[:3] for name in names} == {name: [] for name in names}
