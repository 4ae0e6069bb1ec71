"""A mistake in seeds/funnel_steps.csv fails the test that is named after it, before anything is computed from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from behaviour.warehouses import write_funnels
from oracles.funnels import Funnel
from project import dbt
from raw import create_raw

GOOD: list[Sequence[Any]] = [
    ("right", None, 1, "one", "a", "ordered", 60, "stop halt", "platform"),
    ("right", None, 2, "two", "b", "ordered", 60, None, "platform"),
    ("right", "t1", 1, "own", "a", "any", 30, "stop", None),
    ("right", "t1", 2, "own", "b", "any", 30, "stop", None),
]
# Steps of a funnel each; what follows is the mistake, by the test that tells of it.
MISTAKES: dict[str, list[Sequence[Any]]] = {
    "funnel_steps_mode_is_ordered_strict_or_any": [("f", None, 1, "one", "a", "sequential", 60, None, None)],
    "funnel_steps_name_an_event_type_and_a_positive_window": [("f", None, 1, "one", "a", "ordered", 0, None, None)],
    "funnel_steps_separate_excluded_types_by_one_blank": [("f", None, 1, "one", "a", "ordered", 60, "stop, halt", None)],
    "funnel_steps_have_one_row_per_step": [
        ("f", "t1", 1, "one", "a", "ordered", 60, None, None),
        ("f", "t1", 1, "two", "b", "ordered", 60, None, None),
        ("f", "t1", 3, "three", "b", "ordered", 60, None, None),
    ],
    "assert_funnel_steps_are_numbered_without_gaps": [
        ("f", None, 1, "one", "a", "ordered", 60, None, None),
        ("f", None, 3, "three", "b", "ordered", 60, None, None),
    ],
    "assert_funnel_steps_share_their_settings": [
        ("f", None, 1, "one", "a", "ordered", 60, None, None),
        ("f", None, 2, "two", "b", "ordered", 61, None, None),
    ],
    "assert_funnels_hold_a_property_of_events": [("f", None, 1, "one", "a", "ordered", 60, None, "colour")],
}
OTHER_SETTINGS: list[Sequence[Any]] = [
    ("modes", None, 1, "one", "a", "ordered", 60, None, None),
    ("modes", None, 2, "two", "b", "strict", 60, None, None),
    ("held", None, 1, "one", "a", "ordered", 60, None, "platform"),
    ("held", None, 2, "two", "b", "ordered", 60, None, None),
    ("unordered", None, 1, "one", "a", "any", 60, "stop", None),
    ("unordered", None, 2, "two", "b", "any", 60, None, None),
]


def failing(database: Path, rows: Sequence[Sequence[Any]]) -> dict[str, int]:
    """How many rows each failing test of the seed returns."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("delete from seeds.funnel_steps")
        connection.executemany("insert into seeds.funnel_steps values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    try:
        dbt("test", "--select", "funnel_steps", database=database)
    except AssertionError as error:
        return {name: int(count) for count, name in re.findall(r"of \d+ FAIL (\d+) (\w+)", str(error))}
    return {}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("seed") / "seed.duckdb"
    create_raw(database)
    write_funnels(database, {None: [Funnel("right", ("a",), 60)]})
    return database


def test_good_funnels_pass(database: Path) -> None:
    assert failing(database, GOOD) == {}


def test_each_mistake_fails_the_test_that_is_named_after_it(database: Path) -> None:
    rows = [(f"wrong_{number}", *row[1:]) for number, steps in enumerate(MISTAKES.values()) for row in steps]
    assert failing(database, [*GOOD, *rows]) == dict.fromkeys(MISTAKES, 1)


def test_the_steps_of_a_funnel_share_mode_property_and_exclusions_of_any_order(database: Path) -> None:
    assert failing(database, [*GOOD, *OTHER_SETTINGS]) == {"assert_funnel_steps_share_their_settings": 3}
