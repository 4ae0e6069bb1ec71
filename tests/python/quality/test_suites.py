"""The declared suites: they name what exists, and nothing personal can be told by them."""

from __future__ import annotations

import pytest

from ingestion.contracts import TABLES
from quality.declarations import Suite
from quality.measures import population_stability_index
from quality.suites import OWN, SUITES

ALL = [suite for suites in SUITES.values() for suite in suites]


def test_every_table_has_a_suite() -> None:
    assert {(suite.family, suite.table_name) for suite in ALL if suite.table} == {(table.family, table.name) for table in TABLES}
    assert set(OWN) <= {table.name for table in TABLES}


@pytest.mark.parametrize("suite", [suite for suite in ALL if suite.table], ids=lambda suite: f"{suite.family}.{suite.table_name}")
def test_a_suite_names_stored_columns_and_each_expectation_once(suite: Suite) -> None:
    assert suite.table
    stored = {column.name for column in suite.table.stored_columns}
    assert [expectation.name for expectation in suite.expectations if not set(expectation.columns) <= stored] == []
    names = [expectation.name for expectation in suite.expectations]
    assert len(names) == len(set(names))


def test_what_the_contract_says_is_expected() -> None:
    requests = next(suite for suite in ALL if suite.table_name == "ai_model_requests")
    found = {expectation.name: (expectation.severity, expectation.arguments) for expectation in requests.expectations}
    assert found["request_id is there"] == ("fail", {"column": "request_id"})
    assert found["input_tokens is in its range"] == (
        "fail",
        {"column": "input_tokens", "min_value": 0, "max_value": None, "mostly": 1},
    )
    messages = next(suite for suite in ALL if suite.table_name == "raw_message")
    words = next(expectation for expectation in messages.expectations if expectation.name == "direction is one of its words")
    assert words.arguments["value_set"] == ["inbound", "outbound"]


# The worked examples of drift: published inputs, and results to six decimals.
@pytest.mark.parametrize(
    ("expected", "observed", "index"),
    [
        ([40, 30, 30], [35, 25, 40], 0.044561),
        ([25, 25, 25, 25], [40, 30, 20, 10], 0.228217),
        ([25, 25, 25, 25], [50, 30, 20, 0], 2.148789),
    ],
)
def test_the_change_of_a_mix_is_the_population_stability_index(expected: list[int], observed: list[int], index: float) -> None:
    def counts(numbers: list[int]) -> dict[str, int]:
        return {str(place): number for place, number in enumerate(numbers) if number}

    assert population_stability_index(counts(expected), counts(observed)) == pytest.approx(index, abs=5e-7)
