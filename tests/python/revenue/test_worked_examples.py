"""The worked examples of docs/metrics/revenue.md, from raw Stripe rows through dbt. Each example is a tenant of its own
(unregistered: UTC, US dollars, weeks from Monday), and one build computes them all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from project import dbt
from raw import create_raw
from revenue.stripe_rows import Account, Discount, Item

AS_OF = "2026-04-01T00:00:00"
MARCH = date(2026, 3, 1)

Query = Callable[..., list[tuple[Any, ...]]]


def opening_and_intervals(account: Account) -> None:
    for number in range(100):
        account.start("w1", f"w1_month_{number}", "2026-01-10", Item(10000))
    for number in range(50):
        account.start("w1", f"w1_year_{number}", "2026-01-10", Item(60000, interval="year"))

    account.start("w3", "w3_week", "2026-01-10", Item(2500, 3, "week"))
    account.start("w3", "w3_two_weeks", "2026-01-10", Item(5000, 1, "week", 2))
    account.start("w3", "w3_day", "2026-01-10", Item(100, 1, "day"))
    account.start("w3", "w3_three_months", "2026-01-10", Item(30000, 1, "month", 3))
    account.start("w3", "w3_two_years", "2026-01-10", Item(240000, 1, "year", 2))
    account.start("w3", "w3_yen", "2026-01-10", Item(1200, 1, "year", currency="jpy"))
    account.rate("JPY", "2026-01-10", "0.0067")
    for day in range(11, 32):
        account.rate("JPY", f"2026-01-{day}", "0.0067")
    for month, days in ((2, 28), (3, 31)):
        for day in range(1, days + 1):
            account.rate("JPY", f"2026-{month:02}-{day:02}", "0.0067")
    account.rate("JPY", "2026-04-01", "0.0067")


def lifecycle(account: Account) -> None:
    gold, silver = Item(50000, 4, "year", name="gold"), Item(3000, 2, name="silver")
    account.start("w2", "w2", "2025-01-10", gold, period_ends_at=datetime(2026, 1, 10))
    account.update("w2", "w2", "2025-03-05", gold, silver, period_ends_at=datetime(2026, 1, 10))
    account.update("w2", "w2", "2025-06-05", gold, period_ends_at=datetime(2026, 1, 10))
    # Notice in October; the subscription ends with its period, and no event says so.
    account.update("w2", "w2", "2025-10-01", gold, period_ends_at=datetime(2026, 1, 10), is_cancel_at_period_end=True)
    account.state("w2", "sub_w2_again", "w2", "2026-03-10", [Item(5000, 3)], change="created", started_at=datetime(2026, 3, 10))


def discounts(account: Account) -> None:
    started, in_three_months = datetime(2025, 11, 1), datetime(2026, 2, 1)
    tenth = Discount("tenth", "repeating", percent_off=10, started_at=started, ends_at=in_three_months)
    year = {"period_started_at": started, "period_ends_at": datetime(2026, 11, 1)}
    account.start("w4", "w4_year", started, Item(12000, interval="year"), discounts=[tenth], **year)
    account.update("w4", "w4_year", in_three_months, Item(12000, interval="year"), **year)
    account.start("w4", "w4_month", started, Item(1000), discounts=[tenth], period_started_at=started, period_ends_at=datetime(2025, 12, 1))
    account.update("w4", "w4_month", in_three_months, Item(1000), period_started_at=in_three_months, period_ends_at=datetime(2026, 3, 1))

    def off(name: str, **terms: Any) -> Discount:
        return Discount(name, "forever", started_at=started, **terms)

    ten, five = off("ten", percent_off=10), off("five", amount_off=500)
    account.start("w4", "w4_ten_then_five", started, Item(10000), discounts=[ten, five])
    account.start("w4", "w4_five_then_ten", started, Item(10000), discounts=[five, ten])
    account.start("w4", "w4_free", started, Item(2000), discounts=[off("thirty", amount_off=3000)])
    account.start("w4", "w4_two_items", started, Item(2000, name="a"), Item(1500, name="b"), discounts=[off("seven", amount_off=700)])
    account.start("w4", "w4_once", started, Item(2000), discounts=[Discount("once", "once", percent_off=50, started_at=started)])


def exchange_rates(account: Account) -> None:
    """1,000 + 100 + 50 - 40 - 60 - 5 of exchange rates = 1,045."""
    for name, amount in (("keeps", 740), ("grows", 40), ("shrinks", 60), ("leaves", 60)):
        account.start("w5", f"w5_{name}", "2026-02-10", Item(amount * 100))
    account.start("w5", "w5_euro", "2026-02-10", Item(10000, currency="eur"))
    for day in ("2026-02-10", "2026-02-17", "2026-02-24", "2026-02-28"):
        account.rate("EUR", day, "1.00")
    for day in ("2026-03-07", "2026-03-14", "2026-03-21", "2026-03-28", "2026-04-01"):
        account.rate("EUR", day, "0.95")
    account.start("w5", "w5_new", "2026-03-05", Item(10000))
    account.update("w5", "w5_grows", "2026-03-05", Item(9000))
    account.update("w5", "w5_shrinks", "2026-03-05", Item(2000))
    account.end("w5", "w5_leaves", "2026-03-05", Item(6000))


def churned_revenue(account: Account) -> None:
    account.start("w6", "w6_leaves", "2026-01-10", Item(12000, interval="year"))
    account.start("w6", "w6_shrinks", "2026-01-10", Item(5000))
    account.end("w6", "w6_leaves", "2026-03-10", Item(12000, interval="year"))
    account.update("w6", "w6_shrinks", "2026-03-10", Item(2500))


def churn_rates(account: Account) -> None:
    for name, amount in (("leaves", 10), ("shrinks", 20), ("grows", 30), ("stays", 40)):
        account.start("w8", f"w8_{name}", "2026-01-10", Item(amount * 100))
    account.end("w8", "w8_leaves", "2026-03-10", Item(1000))
    account.update("w8", "w8_shrinks", "2026-03-10", Item(1000))
    account.update("w8", "w8_grows", "2026-03-10", Item(4000))


def lifetime_value(account: Account) -> None:
    for number in range(110):
        account.start("w9", f"w9_{number:03}", "2026-01-10", Item(50000))
    for number in range(10):
        account.end("w9", f"w9_{number:03}", "2026-03-10", Item(50000))


def full_month(account: Account) -> None:
    for name, amount in (("c1", 100), ("c2", 50), ("c4", 40), ("c8", 25)):
        account.start("w10", name, "2026-02-01", Item(amount * 100))
    c3 = Item(120000, interval="year")
    account.start("w10", "c3", "2025-07-18", c3, period_ends_at=datetime(2026, 7, 18))
    account.start("w10", "c7", "2026-02-01", Item(2000))
    account.state("w10", "sub_c7_second", "c7", "2026-02-01", [Item(1500)], change="created", started_at=datetime(2026, 2, 1))
    account.start("w10", "c6", "2025-12-01", Item(3000))
    account.end("w10", "c6", "2026-01-20", Item(3000))
    account.start(
        "w10", "c5", "2026-02-25 09:00", Item(6000), status="trialing",
        trial_started_at=datetime(2026, 2, 25, 9), trial_ends_at=datetime(2026, 3, 11, 9),
    )  # fmt: skip

    account.start("w10", "c9", "2026-03-03", Item(1000))
    account.update("w10", "c3", "2026-03-05", c3, period_ends_at=datetime(2026, 7, 18), is_cancel_at_period_end=True)
    account.end("w10", "c4", "2026-03-09", Item(4000))
    account.update("w10", "c1", "2026-03-10", Item(10000), status="past_due")
    account.update("w10", "c2", "2026-03-12", Item(8000))
    account.add(
        "charges", tenant_id="w10", charge_id="ch_c8", customer_id="c8", status="succeeded", currency="usd", amount=2500,
        amount_refunded=2500, created_at=datetime(2026, 3, 1), state_at=datetime(2026, 3, 14),
        stripe_event_id="evt_c8", stripe_event_type="charge.refunded",
    )  # fmt: skip
    account.state("w10", "sub_c6_again", "c6", "2026-03-15", [Item(3000)], change="created", started_at=datetime(2026, 3, 15))
    account.update("w10", "c2", "2026-03-20", Item(7000))
    account.state(
        "w10", "sub_c7_second", "c7", "2026-03-22", [Item(1500)], change="deleted", status="canceled", ended_at=datetime(2026, 3, 22)
    )
    account.end("w10", "c9", "2026-03-28", Item(1000))


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Query:
    database = tmp_path_factory.mktemp("revenue") / "warehouse.duckdb"
    create_raw(database)
    account = Account()
    for example in (
        opening_and_intervals, lifecycle, discounts, exchange_rates, churned_revenue, churn_rates, lifetime_value, full_month,
    ):  # fmt: skip
        example(account)
    account.insert(database)
    dbt("build", "--select", "+group:revenue", "--indirect-selection", "buildable", database=database, as_of=AS_OF)
    connection = duckdb.connect(str(database), read_only=True)

    def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return connection.execute(statement, list(parameters)).fetchall()

    return run


def march(query: Query, tenant: str, currency: str = "USD", *, is_reporting: bool = False) -> dict[str, Any]:
    columns = [name for (name,) in query("select column_name from information_schema.columns where table_name = 'rpt_revenue_aggregates'")]
    [row] = query(
        f"select {', '.join(columns)} from marts.rpt_revenue_aggregates "
        "where tenant_id = ? and currency = ? and is_reporting_currency = ? and period_type = 'month' and period_start = ?",
        tenant,
        currency,
        is_reporting,
        MARCH,
    )
    return dict(zip(columns, row, strict=True))


def movements(query: Query, tenant: str) -> list[tuple[Any, ...]]:
    return query(
        "select customer_id, movement_date, movement_type, mrr_change_amount, reason from marts.fct_mrr_movements "
        "where tenant_id = ? order by movement_date, customer_id",
        tenant,
    )


def balances(query: Query, tenant: str) -> dict[str, Decimal]:
    return dict(query("select customer_id, mrr_amount from marts.fct_mrr_daily where tenant_id = ? and valid_to is null", tenant))


def test_w1_months_and_years(query: Query) -> None:
    result = march(query, "w1")
    assert (result["mrr_amount"], result["arr_amount"], result["active_customers"]) == (Decimal(12500), Decimal(150000), 150)


def test_w2_lifecycle(query: Query) -> None:
    assert movements(query, "w2") == [
        ("w2", date(2025, 1, 10), "new", Decimal("166.666667"), "subscription_added"),
        ("w2", date(2025, 3, 5), "expansion", Decimal("60"), "subscription_added"),
        ("w2", date(2025, 6, 5), "contraction", Decimal("-60"), "subscription_ended"),
        ("w2", date(2026, 1, 10), "churn", Decimal("-166.666667"), "churn_voluntary"),
        ("w2", date(2026, 3, 10), "reactivation", Decimal("150"), "subscription_added"),
    ]
    assert march(query, "w2")["mrr_amount"] == Decimal(150)


def test_w3_intervals(query: Query) -> None:
    assert balances(query, "w3") == {
        "w3_week": Decimal("325.000000"),
        "w3_two_weeks": Decimal("108.333333"),
        "w3_day": Decimal("30.416667"),
        "w3_three_months": Decimal(100),
        "w3_two_years": Decimal(100),
        "w3_yen": Decimal(100),
    }
    assert march(query, "w3", "JPY")["mrr_amount"] == Decimal(100)
    assert march(query, "w3", is_reporting=True)["mrr_amount"] == Decimal("664.420000")


def test_w4_discounts(query: Query) -> None:
    assert balances(query, "w4") == {
        "w4_year": Decimal(9),
        "w4_month": Decimal(10),
        "w4_ten_then_five": Decimal(85),
        "w4_five_then_ten": Decimal("85.5"),
        "w4_two_items": Decimal(28),
        "w4_once": Decimal(20),
    }
    assert [row for row in movements(query, "w4") if row[1] > date(2025, 11, 1)] == [
        ("w4_month", date(2026, 2, 1), "expansion", Decimal(1), "discount_expired"),
    ]


def test_w4_a_discount_of_more_than_the_price_leaves_nothing(query: Query) -> None:
    assert query("select mrr_amount, list_mrr_amount from marts.fct_subscription_item_periods where customer_id = 'w4_free'") == [
        (Decimal(0), Decimal(20))
    ]


def test_w4_an_amount_off_is_shared_by_the_items(query: Query) -> None:
    assert query("select mrr_amount from marts.fct_subscription_item_periods where customer_id = 'w4_two_items' order by 1") == [
        (Decimal(12),),
        (Decimal(16),),
    ]


def test_w5_exchange_rates_are_a_line_of_their_own(query: Query) -> None:
    result = march(query, "w5", is_reporting=True)
    assert result["opening_mrr_amount"] == Decimal(1000)
    assert result["new_mrr_amount"] == Decimal(100)
    assert result["expansion_mrr_amount"] == Decimal(50)
    assert result["contraction_mrr_amount"] == Decimal(40)
    assert result["churned_mrr_amount"] == Decimal(60)
    assert result["fx_mrr_amount"] == Decimal(-5)
    assert result["mrr_amount"] == Decimal(1045)
    assert march(query, "w5", "EUR")["fx_mrr_amount"] == 0


def test_w6_churned_revenue(query: Query) -> None:
    result = march(query, "w6")
    assert result["churned_mrr_amount"] == Decimal(10)
    assert result["churned_mrr_amount"] + result["contraction_mrr_amount"] == Decimal(35)


def test_w8_churn_rates(query: Query) -> None:
    result = march(query, "w8")
    assert (result["gross_mrr_churn_rate"], result["net_mrr_churn_rate"]) == (Decimal("0.2"), Decimal("0.1"))


def test_w9_lifetime_value_divides_once(query: Query) -> None:
    result = march(query, "w9")
    assert (result["arpa_amount"], result["ltv_amount"]) == (Decimal(500), Decimal(5500))
    assert result["customer_churn_rate"] == Decimal("0.0909090909")


W10 = {
    "opening_mrr_amount": 350, "new_mrr_amount": 70, "reactivation_mrr_amount": 30, "expansion_mrr_amount": 30,
    "contraction_mrr_amount": 25, "churned_mrr_amount": 50, "mrr_amount": 405, "arr_amount": 4860, "active_customers": 7,
    "arpa_amount": "57.857143", "net_revenue_retention": "0.9", "gross_revenue_retention": "0.8428571429", "retained_mrr_amount": 315,
    "preserved_mrr_amount": 295,
    "lost_customers": 1, "opening_customers": 6, "customer_churn_rate": "0.1666666667", "churned_customers": 2,
    "gross_mrr_churn_rate": "0.2142857143", "net_mrr_churn_rate": "0.0428571429", "quick_ratio": "1.7333333333",
    "new_customers": 2, "reactivated_customers": 1, "trials_converted": 1, "trials_started": 0, "total_revenue_amount": 0,
}  # fmt: skip


@pytest.mark.parametrize(("column", "expected"), W10.items())
def test_w10_full_month(query: Query, column: str, expected: int | str) -> None:
    assert march(query, "w10")[column] == Decimal(expected)


def test_w10_movements(query: Query) -> None:
    assert [row for row in movements(query, "w10") if row[1] >= MARCH] == [
        ("c9", date(2026, 3, 3), "new", Decimal(10), "subscription_added"),
        ("c4", date(2026, 3, 9), "churn", Decimal(-40), "churn_voluntary"),
        ("c5", date(2026, 3, 11), "new", Decimal(60), "trial_converted"),
        ("c2", date(2026, 3, 12), "expansion", Decimal(30), "plan_change"),
        ("c6", date(2026, 3, 15), "reactivation", Decimal(30), "subscription_added"),
        ("c2", date(2026, 3, 20), "contraction", Decimal(-10), "plan_change"),
        ("c7", date(2026, 3, 22), "contraction", Decimal(-15), "subscription_ended"),
        ("c9", date(2026, 3, 28), "churn", Decimal(-10), "churn_voluntary"),
    ]
