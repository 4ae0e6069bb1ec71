"""The suites: what the contract of a raw table says already, and what is known of its content beyond that.

To expect more of a table, add to `OWN`; to let a load fail for it, give the expectation `severity=FAIL`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.contracts import TABLES, Family, Table
from ingestion.warehouse import FAMILIES
from quality.declarations import (
    Expectation,
    Severity,
    Suite,
    few_repeats,
    newest_within,
    not_before,
    one_of,
    rejected_share,
    required,
    usual_median,
    usual_mix,
    usual_null_share,
    usual_row_count,
    within,
)

FAIL = Severity.FAIL

_YEAR_SECONDS = 31_536_000
_DAY_MS = 86_400_000
_TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")

# A share outside 0..1 is a percentage, or another number altogether: averages of it would be wrong in silence. A few odd rows are
# the models' to set aside (`implausible_values`); more than one in a hundred is a sender that changed its unit.
OWN: dict[str, tuple[Expectation, ...]] = {
    "events": (
        within("ai_confidence", 0, 1, mostly=0.99, severity=FAIL),
        within("dual_ai_agreement", 0, 1, mostly=0.99, severity=FAIL),
        within("completion_percentage", 0, 100, mostly=0.99, severity=FAIL),
        within("duration_seconds", 0, _YEAR_SECONDS, mostly=0.99),
        *(within(trait, 0, 100, mostly=0.99, severity=FAIL) for trait in _TRAITS),
        not_before("received_at", "occurred_at", mostly=0.95),
        usual_mix("event_type"),
        usual_mix("platform"),
        usual_median("duration_seconds"),
        newest_within(hours=24),
    ),
    "coupons": (within("percent_off", 0, 100, severity=FAIL),),
    "subscriptions": (usual_mix("status"),),
    "subscription_items": (within("quantity", 0, 1_000_000),),
    "charges": (within("amount", 0, None), usual_mix("status"), newest_within(hours=7 * 24)),
    "refunds": (within("amount", 0, None),),
    "disputes": (within("amount", 0, None),),
    "fx_rates": (within("rate_to_usd", 1e-9, 1e4, severity=FAIL),),
    "raw_message": (not_before("delivered_at", "sent_at"), usual_mix("channel"), newest_within(hours=7 * 24)),
    "sync_log": (not_before("finished_at", "started_at"),),
    "ai_model_requests": (
        within("confidence_score", 0, 1, mostly=0.99, severity=FAIL),
        within("latency_ms", 0, _DAY_MS, mostly=0.99),
        within("cost_estimate", 0, 1000, mostly=0.99),
        usual_mix("model_name"),
        usual_mix("is_success"),
        usual_median("latency_ms"),
        newest_within(hours=7 * 24),
    ),
    "message_deliveries": (
        not_before("delivered_at", "created_at"),
        not_before("acknowledged_at", "created_at"),
        usual_mix("delivery_channel"),
    ),
    "experience_profiles": (not_before("last_seen_at", "first_seen_at"),),
    "consent_log": (usual_mix("is_granted"),),
    "report_deliveries": (usual_mix("status"),),
}

# Of all files of a family, lines that no table could be found for included.
_FAMILY = (rejected_share(0.05, Severity.WARN), rejected_share(0.5, FAIL))


def column_set(table: Table) -> Iterator[Expectation]:
    """The raw table has the columns of the contract, and each has its type."""
    declared = [column.name for column in table.stored_columns]
    yield Expectation(
        "columns are those of the contract",
        "columns",
        "expect_column_distinct_values_to_equal_set",
        f"the {len(declared)} columns of {table.schema}.{table.name} in docs/raw_tables.md",
        {"column": "column_name", "value_set": sorted(declared)},
        FAIL,
    )
    yield Expectation(
        "columns have their types",
        "columns",
        "expect_column_pair_values_to_be_equal",
        "the types of docs/raw_tables.md",
        {"column_A": "column_type", "column_B": "declared_type", "ignore_row_if": "either_value_is_missing"},
        FAIL,
    )


def from_contract(table: Table) -> Iterator[Expectation]:
    """What the declaration of a table says of its rows, and of any table's loads."""
    yield from column_set(table)
    own = [column for column in table.stored_columns if column.name != "_dlt_load_id"]
    for column in own:
        if column.required:
            yield required(column.name)
        if column.accepted:
            yield one_of(column.name, column.accepted)
            yield usual_mix(column.name)
        if column.minimum is not None:
            yield within(column.name, column.minimum, None, severity=FAIL)
        if not column.required and column.name != "payload_hash":
            yield usual_null_share(column.name)
    # Lines are counted under the object that they hold, not under the parts that it is taken apart into.
    if table.explode is None:
        yield rejected_share(0.05, Severity.WARN)
    yield usual_row_count()
    # A table of states or versions repeats its keys by design.
    if not (table.object or table.version or table.is_shared):
        yield few_repeats()


def _suite(table: Table) -> Suite:
    own = OWN.get(table.name, ())
    # What is said of a table by hand replaces what the contract says of the same.
    replaced = {expectation.name for expectation in own}
    derived = tuple(expectation for expectation in from_contract(table) if expectation.name not in replaced)
    return Suite(table.family, table, derived + own)


def suites(family: Family) -> list[Suite]:
    """The suites of a family: of all its files, then of each of its tables."""
    return [Suite(family, None, _FAMILY), *(_suite(table) for table in TABLES if table.family == family)]


SUITES: dict[Family, list[Suite]] = {family: suites(family) for family in FAMILIES}
