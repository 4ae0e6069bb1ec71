"""What ingestion keeps in the warehouse beside the raw tables: the union views over the three families' bookkeeping.

Each family is a dlt dataset of its own (`raw_events`, `raw_payments`, `raw_logs`), so that a failing family never holds up
another. A reader wants one list of files, rejects and findings: `raw_operations` and `raw_quarantine` hold the views.
"""

from __future__ import annotations

from typing import get_args

from ingestion.contracts import LOAD_FILES, PII_FINDINGS, REJECTED_ROWS, Column, Family

FAMILIES: tuple[Family, ...] = get_args(Family)

# The bookkeeping tables that every family's dataset has, and the schema of the view that unites them.
BOOKKEEPING_TABLES: dict[str, tuple[Column, ...]] = {
    "load_files": LOAD_FILES,
    "pii_findings": PII_FINDINGS,
    "rejected_rows": REJECTED_ROWS,
}
VIEW_SCHEMAS: dict[str, str] = {
    "load_files": "raw_operations",
    "pii_findings": "raw_operations",
    "rejected_rows": "raw_quarantine",
}


def view_statements() -> list[str]:
    """The statements, the same on DuckDB and PostgreSQL, that create the union views over completed loads."""
    statements = [f"create schema if not exists {schema}" for schema in sorted(set(VIEW_SCHEMAS.values()))]
    for table, columns in BOOKKEEPING_TABLES.items():
        names = ", ".join(column.name for column in columns)
        selects = [
            f"select {names} from raw_{family}.{table} where _dlt_load_id in (select load_id from raw_{family}._dlt_loads where status = 0)"
            for family in FAMILIES
        ]
        statements.append(f"create or replace view {VIEW_SCHEMAS[table]}.{table} as {' union all '.join(selects)}")
    return statements
