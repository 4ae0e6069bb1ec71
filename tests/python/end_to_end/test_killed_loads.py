"""Loads that are killed: the short form of `make crashes`."""

from __future__ import annotations

import random

import pytest
from crashes import PLACES, Trials


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def trials(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trials:
    server = request.getfixturevalue("postgres_server") if request.param == "postgres" else None
    return Trials(tmp_path_factory.mktemp(request.param), server)


def test_a_killed_load_shows_nothing_half_done_and_the_next_one_completes_it(trials: Trials) -> None:
    """Eight kills, one after the other in two trials: between a job's commit and dlt's note of it, and wherever chance leads."""
    chance = random.Random(8)
    for start in ("nothing", "loaded"):
        doubled = chance.choice([trap for trap in trials.traps[start] if (trap.phase, trap.moment) == ("dlt's note of a job", "before")])
        others = [trap for trap in trials.traps[start] if trap.call == 1]
        trials.run(start, [doubled, *chance.sample(others, 3)])
    assert trials.report.kills.total() + trials.report.survived == 8


def test_every_place_is_reached(trials: Trials) -> None:
    """A place that no load comes to any more would never be tested."""
    reached = {(trap.phase, trap.target) for traps in trials.traps.values() for trap in traps}
    assert reached == {(place.phase, place.target) for place in PLACES if place.engine in (None, trials.engine)}
