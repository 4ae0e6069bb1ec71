"""What is in the warehouse, what was turned away and why, and what people read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ingestion.connections import Connection, connect_duckdb
from operations.settings import Settings
from operations.warehouse import connect, require_loaded

Report = dict[str, Any]

_QUERIES = {
    "loads": (
        ("load_id", "family", "loaded_at", "files", "rows_read", "rows_accepted", "rows_rejected", "rows_duplicate", "rows_dropped"),
        """
        select
            _dlt_load_id, family, min(loaded_at), count(distinct file_id),
            cast(sum(rows_read) as bigint), cast(sum(rows_accepted) as bigint), cast(sum(rows_rejected) as bigint),
            cast(sum(rows_duplicate) as bigint), cast(sum(rows_dropped + rows_sampled_out) as bigint)
        from raw_operations.load_files
        group by _dlt_load_id, family
        order by min(loaded_at) desc, family
        limit 9
        """,
    ),
    "tables": (
        ("family", "table", "rows_accepted", "completeness_rate", "last_event_at", "last_loaded_at"),
        """
        select
            family, table_name, cast(sum(rows_accepted) as bigint),
            cast(sum(rows_accepted + rows_duplicate) as double precision) / nullif(cast(sum(rows_read) as bigint), 0),
            max(max_event_at), max(loaded_at)
        from raw_operations.load_files
        group by family, table_name
        order by family, table_name
        """,
    ),
    "rejects": (
        ("family", "table", "reason_code", "field", "rows", "example"),
        """
        select family, table_name, reason_code, field, count(*), min(path || ':' || cast(line_no as varchar))
        from raw_quarantine.rejected_rows
        group by family, table_name, reason_code, field
        order by count(*) desc, family, table_name, reason_code, field
        """,
    ),
    "file_errors": (
        ("family", "path", "error"),
        """
        select distinct family, path, error
        from raw_operations.load_files
        where error is not null
        order by family, path
        """,
    ),
    "unknown_fields": (
        ("family", "table", "field", "tenants", "rows", "since", "example"),
        """
        select
            family, table_name, field, count(distinct tenant_id), cast(sum(rows_with_it) as bigint), min(loaded_at), min(path)
        from raw_operations.unknown_fields
        group by family, table_name, field
        order by family, table_name, sum(rows_with_it) desc, field
        """,
    ),
    "personal_data_masked": (
        ("family", "table", "column", "class", "findings"),
        """
        select family, table_name, column_name, pii_class, cast(sum(findings) as bigint)
        from raw_operations.pii_findings
        group by family, table_name, column_name, pii_class
        order by family, table_name, column_name, pii_class
        """,
    ),
}

_BUILDS = (
    ("started_at", "command", "is_full", "nodes", "failed", "skipped"),
    """
    select started_at, command, is_full, nodes, failed, skipped
    from raw_operations.builds
    order by started_at desc, invocation_id
    limit 5
    """,
)


def status(settings: Settings) -> Report:
    """The state of the warehouse as plain data: lists of records by section. Raises WarehouseError when nothing is loaded."""
    with connect(settings, read_only=True) as warehouse:
        require_loaded(warehouse)
        sections = dict(_QUERIES)
        if warehouse.has_table("raw_operations", "builds"):
            sections["builds"] = _BUILDS
        report: Report = {
            name: [dict(zip(names, row, strict=True)) for row in warehouse.execute(sql)] for name, (names, sql) in sections.items()
        }
        report["published"] = _published(settings, warehouse)
    latest = max((load["loaded_at"] for load in report["loads"]), default=None)
    report["freshness_seconds"] = int((datetime.now(UTC).replace(tzinfo=None) - latest).total_seconds()) if latest else None
    return report


def _published(settings: Settings, warehouse: Connection) -> Report | None:
    """Where people read, and since when; None while nothing is published."""
    sql = "select published_at from publication.published"
    if settings.target == "postgres":
        if not warehouse.has_table("publication", "published"):
            return None
        return {"where": "schema marts", "published_at": warehouse.execute(sql)[0][0]}
    if not settings.published.is_file():
        return None
    with connect_duckdb(settings.published, read_only=True) as published:
        return {"where": str(settings.published), "published_at": published.execute(sql)[0][0]}
