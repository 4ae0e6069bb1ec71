"""The worked examples of docs/metrics/behaviour.md, from raw rows through dbt: a tenant for each, one build for all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from behaviour.warehouses import build, write_funnels
from oracles.funnels import Funnel
from raw import create_raw, insert

DAY = datetime(2026, 3, 2)
CLOCK = datetime(2026, 5, 1)
HOUR = 3_600
INTERVALS = {
    (81, 263): ("0.255289", "0.366210"),
    (15, 148): ("0.062386", "0.160487"),
    (0, 20): ("0", "0.161125"),
    (1, 29): ("0.006113", "0.171755"),
}
FUNNELS: dict[str | None, list[Funnel]] = {
    "w17": [Funnel("window", ("A", "B", "C"), HOUR)],
    "w17_order": [Funnel("order", ("A", "B", "C", "D", "E"), HOUR)],
    "w17_strict": [Funnel("strict", ("A", "B", "C", "D", "E"), HOUR, mode="strict")],
    "w17_any": [Funnel("any", ("A", "B", "C", "D", "E"), HOUR, mode="any")],
    "w17_exclusion": [Funnel("exclusion", ("A", "B"), HOUR, frozenset({"A"}))],
    **{f"w14_{trials}": [Funnel("share", ("A", "B"), HOUR)] for _, trials in INTERVALS},
}


def at(clock_time: str, day: datetime = DAY) -> datetime:
    hours, minutes = clock_time.split(":")
    return day + timedelta(hours=int(hours), minutes=int(minutes))


def did(tenant_id: str, person: str | None, moments: Iterable[tuple[str, datetime]]) -> list[dict[str, Any]]:
    """Events of one person, numbered in the order given."""
    return [
        {
            "tenant_id": tenant_id,
            "event_id": f"{person}-{number}-{event_type}",
            "event_type": event_type,
            "user_id": person,
            "occurred_at": moment,
            "received_at": moment,
        }
        for number, (event_type, moment) in enumerate(moments)
    ]


def events() -> list[dict[str, Any]]:
    rows = did("w17", "p", [("A", at("13:00")), ("A", at("13:30")), ("B", at("13:45")), ("C", at("14:15"))])
    for letters in ("ABCDE", "ABFCDE", "ABDCDE", "ABCE", "EDCBA"):
        for tenant_id in ("w17_order", "w17_strict", "w17_any"):
            rows += did(tenant_id, letters, [(letter, at(f"13:{number:02}")) for number, letter in enumerate(letters)])
    # All at one moment, in an order of ids that is not the order of the steps.
    rows += did("w17_order", "one_moment", [(letter, at("13:00")) for letter in "EDCBA"])
    rows += did("w17_exclusion", "p", [(letter, at(f"13:{number:02}")) for number, letter in enumerate("AAAB")])
    visits = ("13:00", "13:10", "13:50", "14:10", "14:25")
    rows += did("w18", "gap", [("page.viewed", at(moment)) for moment in visits])
    rows += did("w18", "midnight", [("page.viewed", at(moment)) for moment in ("23:30", "23:50", "24:05", "24:10")])
    rows += did("w18", "thirty", [("page.viewed", at(moment)) for moment in ("10:00", "10:30", "10:59")])
    # Between two events 40 minutes apart, a server's event does not bridge the gap.
    rows += did("w18", "server", [("page.viewed", at("10:00")), ("payment.failed", at("10:20")), ("page.viewed", at("10:40"))])
    # Every 20 minutes for two days: the event at exactly 24 hours opens the second session.
    rows += did("w18", "long", [("page.viewed", DAY + timedelta(minutes=20 * number)) for number in range(145)])
    for successes, trials in INTERVALS:
        for person in range(trials):
            steps = [("A", at("10:00")), ("B", at("10:05"))] if person < successes else [("A", at("10:00"))]
            rows += did(f"w14_{trials}", f"p{person}", steps)
    for person in range(10):
        months = [0, *([1] if person < 8 else []), *([2, 3] if 1 <= person < 8 else [])]
        moments = [("user.registered" if month == 0 else "user.login", datetime(2026, 1 + month, 10)) for month in months]
        rows += did("w12", f"p{person}", moments)
    # A tenth of the published sizes: 500 of 1,000, 400 of 500, and 10 of 700 in a week that runs.
    for week, (size, back) in enumerate([(10, 5), (5, 4), (7, 1)]):
        for person in range(size):
            visits_at = [datetime(2026, 2, 25) + timedelta(weeks=week)]
            visits_at += [visits_at[0] + timedelta(weeks=7)] if person < back else []
            rows += did("w15", f"{week}-{person}", [("page.viewed", moment) for moment in visits_at])
    for tenant_id, first, second in (
        ("w16_hour", at("17:59"), at("41:00")),
        ("w16_night", at("20:00"), at("30:00")),
        ("w16_month", datetime(2026, 2, 25), datetime(2026, 3, 3)),
    ):
        rows += did(tenant_id, "p", [("page.viewed", first), ("page.viewed", second)])
    rows += did("duplicates", "p", [("page.viewed", at("10:00")), ("page.viewed", at("11:00"))])
    return rows


def payments() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    customers, charges = [], []
    for person, amounts in {"p0": (7_000, 600, 0, 0), "p1": (3_000, 7_000, 7_000, 7_300)}.items():
        customers.append({"tenant_id": "w12", "customer_id": f"c_{person}", "user_id": person, "state_at": DAY})
        for month, amount in enumerate(amounts):
            moment = datetime(2026, 1 + month, 15)
            charges.append(
                {
                    "tenant_id": "w12",
                    "charge_id": f"{person}_{month}",
                    "customer_id": f"c_{person}",
                    "status": "succeeded",
                    "currency": "usd",
                    "amount": amount,
                    "created_at": moment,
                    "state_at": moment,
                }
            )
    return customers, charges


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    database: Path = tmp_path_factory.mktemp("behaviour") / "examples.duckdb"
    create_raw(database)
    insert(database, "raw_events.events", events())
    conflicting, repeated = did("duplicates", "p", [("user.login", at("10:00")), ("page.viewed", at("11:00"))])
    accepted_ids = {"event_id": "p-0-page.viewed"}, {"event_id": "p-1-page.viewed", "payload_hash": "same"}
    # Received before the row that was loaded first, but by a load that never completed: not there.
    unfinished = {**conflicting, **accepted_ids[0], "received_at": DAY}
    insert(database, "raw_events.events", [unfinished], load_id="9", file_id="unfinished", is_complete=False)
    insert(database, "raw_events.events", [{**conflicting, **accepted_ids[0], "received_at": at("12:00")}], load_id="2", file_id="again")
    insert(database, "raw_events.events", [{**repeated, **accepted_ids[1], "received_at": at("12:00")}], load_id="3", file_id="same")
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update raw_events.events set payload_hash = 'same' where tenant_id = 'duplicates' and event_id = 'p-1-page.viewed'"
        )
    customers, charges = payments()
    insert(database, "raw_payments.customers", customers)
    insert(database, "raw_payments.charges", charges)
    write_funnels(database, FUNNELS)
    build(database, CLOCK.isoformat())
    return duckdb.connect(str(database), read_only=True)


def test_w12_a_cohort_of_ten(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select month_number, cohort_size, retained_users, retention_rate, revenue_amount, ltv_amount, currency, is_complete "
        "from marts.rpt_user_cohorts where tenant_id = 'w12' and cohort_month = '2026-01-01' order by month_number"
    ).fetchall()
    assert rows == [
        (0, 10, 10, Decimal(1), Decimal(100), Decimal("10.0"), "USD", True),
        (1, 10, 8, Decimal("0.8"), Decimal(76), Decimal("17.6"), "USD", True),
        (2, 10, 7, Decimal("0.7"), Decimal(70), Decimal("24.6"), "USD", True),
        (3, 10, 7, Decimal("0.7"), Decimal(73), Decimal("31.9"), "USD", True),
        (4, 10, 0, None, Decimal(0), Decimal("31.9"), "USD", False),
    ]


def test_w12_compared_with_itself_alone(marts: duckdb.DuckDBPyConnection) -> None:
    rows = marts.execute(
        "select month_number, retention_rate, average_retention_rate, previous_cohort_month, ltv_amount, average_ltv_amount "
        "from marts.rpt_cohort_compare where tenant_id = 'w12' order by month_number"
    ).fetchall()
    rates, ltv = ("1", "0.8", "0.7", "0.7"), ("10", "17.6", "24.6", "31.9")
    assert rows == [
        (month, Decimal(rate), Decimal(rate), None, Decimal(amount), Decimal(amount))
        for month, (rate, amount) in enumerate(zip(rates, ltv, strict=True))
    ]


def retained(marts: duckdb.DuckDBPyConnection, tenant_id: str, period_type: str, mode: str = "on") -> dict[str, list[int]]:
    """By clock, the numbers of the periods in which anybody of the tenant was there."""
    rows = marts.execute(
        "select clock, list(period_number order by period_number) from marts.rpt_retention "
        "where tenant_id = ? and period_type = ? and mode = ? and retained_users > 0 group by clock",
        [tenant_id, period_type, mode],
    ).fetchall()
    return dict(rows)


def test_w15_averages_are_pooled(marts: duckdb.DuckDBPyConnection) -> None:
    cells = marts.execute(
        "select cohort_size, retained_users, retention_rate, is_complete from marts.rpt_retention where tenant_id = 'w15' "
        "and period_type = 'week' and period_number = 7 and mode = 'on' and clock = 'calendar' order by cohort_start"
    ).fetchall()
    assert cells == [(10, 5, Decimal("0.5"), True), (5, 4, Decimal("0.8"), True), (7, 1, None, False)]
    average = marts.execute(
        "select cohorts, cohort_users, retained_users, retention_rate from marts.rpt_retention_averages where tenant_id = 'w15' "
        "and period_type = 'week' and period_number = 7 and mode = 'on' and clock = 'calendar'"
    ).fetchall()
    assert average == [(2, 15, 9, Decimal("0.6"))]


@pytest.mark.parametrize(
    ("tenant_id", "period_type", "calendar", "rolling"),
    [("w16_hour", "day", [0, 1], [0]), ("w16_night", "day", [0, 1], [0]), ("w16_month", "month", [0, 1], [0])],
)
def test_w16_windows(marts: duckdb.DuckDBPyConnection, tenant_id: str, period_type: str, calendar: list[int], rolling: list[int]) -> None:
    assert retained(marts, tenant_id, period_type) == {"calendar": calendar, "rolling": rolling}


@pytest.mark.parametrize(("successes", "trials"), INTERVALS)
def test_w14_wilson(marts: duckdb.DuckDBPyConnection, successes: int, trials: int) -> None:
    row = marts.execute(
        "select entered, reached, round(wilson_low, 6), round(wilson_high, 6), is_small_sample from marts.rpt_funnel_conversion "
        "where tenant_id = ? and period_type = 'all' and step_order = 2",
        [f"w14_{trials}"],
    ).fetchone()
    low, high = INTERVALS[successes, trials]
    assert row == (trials, successes, Decimal(low), Decimal(high), trials < 30)


def test_w17_the_first_entry_starts_the_clock(marts: duckdb.DuckDBPyConnection) -> None:
    steps = marts.execute(
        "select step_order, reached, median_seconds_from_previous from marts.rpt_funnel_conversion "
        "where tenant_id = 'w17' and period_type = 'all' order by step_order"
    ).fetchall()
    assert steps == [(1, 1, None), (2, 1, 45 * 60.0), (3, 0, None)]


def test_w17_order(marts: duckdb.DuckDBPyConnection) -> None:
    reached = marts.execute("select person_id, last_step_order from marts.fct_funnel_attempts where tenant_id = 'w17_order'").fetchall()
    assert dict(reached) == {"ABCDE": 5, "ABFCDE": 5, "ABDCDE": 5, "ABCE": 3, "EDCBA": 1, "one_moment": 5}


def test_w17_strict(marts: duckdb.DuckDBPyConnection) -> None:
    reached = marts.execute("select person_id, last_step_order from marts.fct_funnel_attempts where tenant_id = 'w17_strict'").fetchall()
    assert dict(reached) == {"ABCDE": 5, "ABFCDE": 2, "ABDCDE": 2, "ABCE": 3, "EDCBA": 1}


def test_w17_any_order(marts: duckdb.DuckDBPyConnection) -> None:
    reached = marts.execute(
        "select person_id, last_step_order from marts.fct_funnel_attempts where tenant_id = 'w17_any' and attempt_number = 1"
    ).fetchall()
    assert dict(reached) == {"ABCDE": 5, "ABFCDE": 5, "ABDCDE": 5, "ABCE": 4, "EDCBA": 5}


def test_w17_optimized_takes_the_latest_entry_before_the_second_step(marts: duckdb.DuckDBPyConnection) -> None:
    steps = marts.execute(
        "select step_order, reached, median_seconds_from_first from marts.rpt_funnel_breakdown "
        "where tenant_id = 'w17' and counting = 'optimized' and dimension = 'all' and period_type = 'all' order by step_order"
    ).fetchall()
    assert steps == [(1, 1, None), (2, 1, 15 * 60.0), (3, 1, 45 * 60.0)]


def test_w17_totals(marts: duckdb.DuckDBPyConnection) -> None:
    counted = marts.execute(
        "select counting, entered, reached from marts.rpt_funnel_breakdown "
        "where tenant_id = 'w17_exclusion' and dimension = 'all' and period_type = 'all' and is_last_step"
    ).fetchall()
    assert set(counted) == {("first", 1, 0), ("totals", 2, 1), ("optimized", 1, 1)}


def test_w17_exclusion(marts: duckdb.DuckDBPyConnection) -> None:
    attempts = marts.execute(
        "select attempt_number, entered_at, outcome, ended_at from marts.fct_funnel_attempts where tenant_id = 'w17_exclusion' order by 1"
    ).fetchall()
    assert attempts == [(1, at("13:00"), "dropped", at("13:01")), (2, at("13:02"), "converted", at("13:03"))]


@pytest.mark.parametrize(
    ("person", "minutes"),
    [
        ("gap", [10, 35]),
        ("midnight", [40]),
        ("thirty", [0, 29]),
        ("server", [0, 0]),
        ("long", [23 * 60 + 40, 23 * 60 + 40, 0]),
    ],
)
def test_w18_sessions(marts: duckdb.DuckDBPyConnection, person: str, minutes: list[int]) -> None:
    found = marts.execute(
        "select duration_seconds / 60 from marts.fct_sessions where tenant_id = 'w18' and person_id = ? order by started_at", [person]
    ).fetchall()
    assert [duration for (duration,) in found] == minutes


def test_duplicates_end_in_staging_and_conflicts_are_listed(marts: duckdb.DuckDBPyConnection) -> None:
    kept = marts.execute("select event_id, event_type from marts.fct_events where tenant_id = 'duplicates' order by 1").fetchall()
    assert kept == [("p-0-page.viewed", "page.viewed"), ("p-1-page.viewed", "page.viewed")]
    rejected = marts.execute("select tenant_id, event_id, reason_code, file_id, path, line_no from marts.fct_rejected_events").fetchall()
    assert rejected == [("duplicates", "p-0-page.viewed", "conflicting_duplicate", "again", "events/again", 1)]
