"""The main job on demo data: raw files in, tested and published marts out, equal on both engines."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import TEST_KEY
from project import Plumbline
from tables import differences, duckdb_marts, postgres_marts

PROMISED = {
    "dim_tenants",
    "dim_customers",
    "dim_users",
    "fct_events",
    "fct_sessions",
    "fct_mrr_movements",
    "fct_mrr_daily",
    "fct_payments",
    "rpt_revenue_aggregates",
    "rpt_active_users",
    "rpt_user_cohorts",
    "rpt_lifecycle",
    "rpt_retention",
    "rpt_funnel_conversion",
    "fct_assessments",
    "fct_ocean_scores",
    "rpt_ocean_distributions",
    "rpt_assessment_summary",
    "fct_ai_requests",
    "rpt_ai_performance",
    "rpt_tournament_aggregates",
    "rpt_executive_daily",
    "rpt_tenant_kpis",
}


def test_every_promised_mart_is_published_with_rows(warehouse: Path) -> None:
    marts = duckdb_marts(warehouse)
    assert set(marts) >= PROMISED
    assert [name for name in sorted(PROMISED) if not marts[name][1]] == []


def test_duckdb_and_postgres_publish_the_same_rows(warehouse: Path, built_postgres: Plumbline) -> None:
    assert built_postgres.postgres_dsn
    on_duckdb, on_postgres = duckdb_marts(warehouse), postgres_marts(built_postgres.postgres_dsn)
    assert set(on_duckdb) == set(on_postgres)
    found = {name: differences(on_duckdb[name], on_postgres[name])[:3] for name in on_duckdb}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_second_load_and_build_of_the_same_files_changes_no_row(landing: Path, built: Plumbline, tmp_path: Path) -> None:
    again = Plumbline(tmp_path, key=TEST_KEY)
    shutil.copytree(built.database.parent, again.database.parent)
    before = duckdb_marts(again.published)
    again.run("load", "--from", str(landing))
    again.run("build")
    after = duckdb_marts(again.published)
    assert {name: differences(before[name], after[name], 0.0)[:3] for name in before if before[name] != after[name]} == {}


def test_without_one_tenants_files_the_other_tenants_rows_stay_the_same(landing: Path, built: Plumbline, tmp_path: Path) -> None:
    removed = "clausewise"
    smaller = tmp_path / "landing"
    shutil.copytree(landing, smaller, ignore=shutil.ignore_patterns(f"tenant={removed}"))
    clock = built_clock(built)
    alone = Plumbline(tmp_path, key=TEST_KEY)
    alone.run("load", "--from", str(smaller))
    # Both builds tell the time by the same clock: what is removed may have held the latest row.
    alone.run("build", "--as-of", clock)
    everything = Plumbline(tmp_path / "all", key=TEST_KEY)
    shutil.copytree(built.database.parent, everything.database.parent)
    everything.run("build", "--as-of", clock)
    others = f"tenant_id <> '{removed}'"
    before, after = duckdb_marts(everything.published, others), duckdb_marts(alone.published, others)
    assert {name: differences(before[name], after[name])[:3] for name in before if differences(before[name], after[name])} == {}
    with duckdb.connect(str(alone.published), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.fct_events where tenant_id = ?", [removed]).fetchall() == [(0,)]


def built_clock(built: Plumbline) -> str:
    """The clock of a build, to the second."""
    with duckdb.connect(str(built.database), read_only=True) as connection:
        return str(connection.execute("select strftime(as_of_at, '%Y-%m-%dT%H:%M:%S') from intermediate.int_clock_set").fetchall()[0][0])


def test_status_tells_a_person_why_rows_were_rejected(built: Plumbline) -> None:
    printed = built.run("status")
    assert "Rejected rows, by reason" in printed
    assert "malformed_json" in printed
    assert "Published:" in printed
    builds = printed.partition("Last builds")[2]
    assert re.search(r"build +yes +\d+ +0 +0", builds)


def test_kpis_name_every_tenant(built: Plumbline) -> None:
    records = json.loads(built.run("kpis", "--json"))
    assert {record["currency"] for record in records} == {"USD", "EUR", "GBP", "JPY"}
    assert all(float(record["mrr_amount"]) > 0 for record in records)


@pytest.mark.parametrize("plumbline", ["built", "built_postgres"])
def test_descriptions_are_persisted_into_the_database(plumbline: str, request: pytest.FixtureRequest) -> None:
    run: Plumbline = request.getfixturevalue(plumbline)
    if run.postgres_dsn:
        import psycopg2

        connection = psycopg2.connect(run.postgres_dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                "where n.nspname = 'marts' and c.relkind = 'r' and obj_description(c.oid) is null"
            )
            silent = cursor.fetchall()
        connection.close()
    else:
        with duckdb.connect(str(run.published), read_only=True) as reader:
            silent = (
                reader.execute("select table_name from duckdb_tables() where schema_name = 'marts' and comment is null").fetchall()
                + reader.execute(
                    "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
                ).fetchall()
            )
    assert silent == []
