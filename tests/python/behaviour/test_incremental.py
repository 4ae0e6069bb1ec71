"""Incremental equals full refresh: after every step of a random history each table that dbt made is the same, row for row.

The tests try one warehouse of 100 histories; PLUMBLINE_HISTORIES tells how many more (`make histories`).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from behaviour.histories import History, postgres_differences, stored_differences
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from project import dbt, fresh_database
from raw import copy_to_postgres, refill_postgres

TENANTS = 100
WAREHOUSES = int(os.environ.get("PLUMBLINE_HISTORIES", "0"))
BEHAVIOUR = ("--select", "+path:models/marts/behaviour")
STALE = ("stg_events__events", "int_identities_linked", "int_events_identified", "int_events_sessionized", "fct_events", "fct_sessions")

# What a step does before the build that is compared: nothing, or a build of a few models only, as one that failed leaves it behind.
PARTIAL = st.lists(st.sampled_from(STALE), max_size=3, unique=True)


@settings(
    max_examples=max(WAREHOUSES, 1),
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate) if WAREHOUSES else (Phase.explicit,),
    suppress_health_check=list(HealthCheck),
)
@example(seed=2026, steps=[[], ["stg_events__events", "fct_events"], [], ["int_events_identified"]])
@given(seed=st.integers(min_value=0, max_value=10**9), steps=st.lists(PARTIAL, min_size=3, max_size=5))
def test_an_increment_equals_a_full_refresh(seed: int, steps: list[list[str]]) -> None:
    with TemporaryDirectory() as folder:
        history = History(Path(folder), seed, TENANTS)
        anew = Path(folder) / "anew.duckdb"
        for number, partial in enumerate(steps):
            history.step()
            if number and partial:
                history.run("--select", *partial)
                history.step()
            history.run(*BEHAVIOUR)
            shutil.copy(history.database, anew)
            history.run_anew(*BEHAVIOUR, database=anew)
            assert stored_differences(history.database, anew) == {}, f"seed {seed}, step {number} of {steps}"
        assert history.full_builds() == 1, "increments were full builds"


def test_an_increment_equals_a_full_refresh_on_postgresql(postgres_server: str, tmp_path: Path) -> None:
    """A smaller form: 20 histories of three steps."""
    history = History(tmp_path, seed=7, tenants=20)
    dsn = fresh_database(postgres_server, "histories")
    copy_to_postgres(history.database, dsn)
    dbt("seed", database=history.database, postgres_dsn=dsn)
    for partial in ([], ["stg_events__events", "int_events_sessionized"], []):
        history.step()
        refill_postgres(history.database, dsn, ["seeds.tenants", "seeds.event_limits"])
        if partial:
            history.run("--select", *partial, postgres_dsn=dsn)
            history.step()
            refill_postgres(history.database, dsn)
        history.run(*BEHAVIOUR, postgres_dsn=dsn)
        anew = fresh_database(postgres_server, "histories_anew", template="histories")
        history.run_anew(*BEHAVIOUR, database=history.database, postgres_dsn=anew)
        assert postgres_differences(dsn, anew) == {}
