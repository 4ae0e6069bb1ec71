"""Warehouses of made-up rows for the tests of behaviour: raw tables, funnels of the test's own, one dbt build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from oracles.funnels import Funnel
from project import dbt

REPORTS = (
    "+fct_sessions",
    "+rpt_active_users",
    "+rpt_cohort_compare",
    "+rpt_retention_averages",
    "+rpt_retention_brackets",
    "+rpt_growth",
    "+rpt_funnel_conversion",
    "+rpt_funnel_user_progress",
    "+fct_rejected_events",
)


def write_funnels(database: Path, funnels: Mapping[str | None, Sequence[Funnel]]) -> None:
    """The table of seeds/funnel_steps.csv with other funnels; those under None are every tenant's."""
    rows = [
        (
            funnel.name,
            tenant_id,
            order,
            f"step_{order}",
            event_type,
            funnel.mode,
            funnel.window_seconds,
            " ".join(sorted(funnel.excluded_after(order))) or None,
            funnel.hold_constant,
        )
        for tenant_id, own in funnels.items()
        for funnel in own
        for order, event_type in enumerate(funnel.steps, start=1)
    ]
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema seeds")
        connection.execute(
            "create table seeds.funnel_steps (funnel_name varchar, tenant_id varchar, step_order integer, step_name varchar, "
            "event_type varchar, mode varchar, window_seconds integer, excluded_event_types varchar, hold_constant varchar)"
        )
        connection.executemany("insert into seeds.funnel_steps values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def build(database: Path, as_of: str, postgres_dsn: str | None = None) -> None:
    """Build and test the behaviour marts over the raw rows and the funnels of the database; on PostgreSQL where a DSN is given."""
    dbt(
        *("build", "--select", *REPORTS, "--exclude", "funnel_steps", "resource_type:unit_test", "--indirect-selection", "buildable"),
        database=database,
        postgres_dsn=postgres_dsn,
        as_of=as_of,
    )
