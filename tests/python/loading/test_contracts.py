"""The contract and what is derived from it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from raw import create_raw, insert

from ingestion import dbt_sources, reference
from ingestion.contracts import TABLES

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("folder", dbt_sources.sources())
def test_dbt_sources_are_what_the_contract_says(folder: str) -> None:
    written = (ROOT / dbt_sources.path_of(folder)).read_text(encoding="utf-8")
    assert written == dbt_sources.render(dbt_sources.sources()[folder]), "run `python -m ingestion.dbt_sources`"


def test_the_list_of_raw_tables_is_what_the_contract_says() -> None:
    assert (ROOT / dbt_sources.RAW_TABLES).read_text(encoding="utf-8") == dbt_sources.raw_tables(), "run `python -m ingestion.dbt_sources`"


def test_the_reference_page_is_what_the_contract_says() -> None:
    assert (ROOT / reference.PAGE).read_text(encoding="utf-8") == reference.render(), "run `python -m ingestion.reference`"


def test_every_key_and_time_is_a_column_of_its_table() -> None:
    for table in TABLES:
        names = [column.name for column in table.stored_columns]
        assert len(names) == len(set(names)), table.name
        for name in (*table.key, table.event_time, table.version):
            assert name is None or name in names, f"{table.name}.{name}"


def test_rows_without_a_load_for_tests_of_models(tmp_path: Path) -> None:
    database = tmp_path / "raw.duckdb"
    create_raw(database)
    insert(database, "raw_events.events", [{"tenant_id": "t", "event_id": "e", "event_type": "x", "occurred_at": "2026-01-02 03:04:05"}])
    insert(database, "raw_logs.tournaments", [{"tenant_id": "t", "tournament_id": "a"}], load_id="2", is_complete=False)
    with duckdb.connect(str(database)) as connection:
        assert connection.sql("select table_name, rows_accepted, max_event_at::varchar from raw_operations.load_files").fetchall() == [
            ("events", 1, "2026-01-02 03:04:05")
        ]
        assert connection.sql("select count(*) from raw_events.events where loaded_at is not null").fetchall() == [(1,)]
    with pytest.raises(KeyError, match="no column"):
        insert(database, "raw_events.events", [{"colour": "red"}])
