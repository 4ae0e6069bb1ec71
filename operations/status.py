"""What is in the warehouse, what was turned away and why, and what people read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ingestion.connections import Connection, connect_duckdb
from operations.publish import POSTGRES_BUILD_SCHEMA
from operations.settings import Settings
from operations.warehouse import connect, require_loaded
from quality.results import last_validations

Report = dict[str, Any]

# Sections that raw tables answer: they know the last load at once.
_RAW = {
    "loads": (
        ("load_id", "family", "lane", "loaded_at", "files", "rows_read", "rows_accepted", "rows_rejected", "rows_duplicate"),
        """
        select
            _dlt_load_id, family, lane, min(loaded_at), count(distinct file_id),
            cast(sum(rows_read) as bigint), cast(sum(rows_accepted) as bigint), cast(sum(rows_rejected) as bigint),
            cast(sum(rows_duplicate) as bigint)
        from raw_operations.load_files
        group by _dlt_load_id, family, lane
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
        where lane = 'batch'
        group by family, table_name
        order by family, table_name
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

# Sections that the operations marts answer, in the schema that builds write.
_MARTS = {
    "health": (
        (
            *("tenant_id", "table", "last_event_at", "freshness_seconds", "rows_judged", "rows_rejected"),
            *("completeness_rate", "is_fresh", "is_complete"),
        ),
        """
        select
            tenant_id, table_name, last_event_at, freshness_seconds, rows_judged, rows_rejected,
            cast(completeness_rate as double precision), is_fresh, is_complete
        from {schema}.rpt_data_health
        order by tenant_id, family, table_name
        """,
    ),
    "quota": (
        ("tenant_id", "event_type", "tier", "daily_limit", "received", "accepted", "dropped", "sampled_out"),
        """
        select
            tenant_id, event_type, tier, daily_limit,
            cast(sum(received) as bigint), cast(sum(accepted) as bigint), cast(sum(dropped) as bigint), cast(sum(sampled_out) as bigint)
        from {schema}.rpt_event_quota_daily
        where
            dropped + sampled_out > 0
            and date_day > (select max(date_day) from {schema}.rpt_event_quota_daily) - interval '7 days'
        group by tenant_id, event_type, tier, daily_limit
        order by sum(dropped + sampled_out) desc, tenant_id, event_type, tier, daily_limit
        """,
    ),
    "latency": (
        ("lane", "live_events", "late_events", "late_rate", "worst_p95_seconds", "maximum_seconds"),
        """
        select
            lane, cast(sum(live_events) as bigint), cast(sum(late_events) as bigint),
            cast(sum(late_events) as double precision) / cast(sum(live_events) as bigint),
            max(latency_p95_seconds), max(latency_max_seconds)
        from {schema}.fct_ingest_latency
        where
            live_events > 0
            and hour_start > (select max(hour_start) from {schema}.fct_ingest_latency where live_events > 0) - interval '24 hours'
        group by lane
        order by lane
        """,
    ),
}

# Rejected rows by reason: of the mart, and of the quarantine while the mart does not know the last load.
_REJECTS = ("family", "table", "reason_code", "field", "rows", "example")
_REJECTS_BUILT = """
    select family, table_name, reason_code, field, cast(sum(rows_rejected) as bigint), min(example)
    from {schema}.rpt_rejected_rows
    group by family, table_name, reason_code, field
    order by sum(rows_rejected) desc, family, table_name, reason_code, field
"""
_REJECTS_RAW = """
    select
        family, table_name, reason_code, coalesce(field, '(whole line)'), count(*), min(path || ':' || cast(line_no as varchar))
    from raw_quarantine.rejected_rows
    group by family, table_name, reason_code, field
    order by count(*) desc, family, table_name, reason_code, field
"""

_BUILDS = (
    ("started_at", "command", "is_full", "nodes", "failed", "skipped"),
    """
    select started_at, command, is_full, nodes, failed, skipped
    from raw_operations.builds
    order by started_at desc, invocation_id
    limit 5
    """,
)
# Of the nodes of the last hundred builds that came to an end.
_BUILD_SUCCESS = """
    select cast(sum(nodes - failed - skipped) as double precision) / nullif(cast(sum(nodes) as bigint), 0)
    from (select nodes, failed, skipped from raw_operations.builds where failed is not null order by started_at desc limit 100) as ended
"""

FRESH_WITHIN_SECONDS = 3600
LEAST_BUILD_SUCCESS = 0.99


def status(settings: Settings, fresh_within_seconds: int = FRESH_WITHIN_SECONDS) -> Report:
    """The state of the warehouse as plain data: lists of records by section, and what is wrong in words (`problems`).

    A last load that is older than `fresh_within_seconds` by the wall clock is one. Raises WarehouseError when nothing is loaded."""
    with connect(settings, read_only=True) as warehouse:
        require_loaded(warehouse)
        schema = POSTGRES_BUILD_SCHEMA if settings.target == "postgres" else "marts"
        is_built = {"rpt_data_health", "rpt_rejected_rows", "rpt_event_quota_daily", "fct_ingest_latency"} <= warehouse.columns(
            schema
        ).keys()
        has_builds = warehouse.has_table("raw_operations", "builds")

        def read(names: Sequence[str], sql: str) -> list[Report]:
            return [dict(zip(names, row, strict=True)) for row in warehouse.execute(sql.format(schema=schema))]

        report: Report = {name: read(*section) for name, section in _RAW.items()}
        report |= {name: read(*section) if is_built else [] for name, section in _MARTS.items()}
        report["knows_last_load"] = is_built and _knows_last_load(warehouse, schema)
        report["rejects"] = read(_REJECTS, _REJECTS_BUILT if report["knows_last_load"] else _REJECTS_RAW)
        report["validations"] = last_validations(warehouse)
        report["builds"] = read(*_BUILDS) if has_builds else []
        report["build_success_rate"] = warehouse.execute(_BUILD_SUCCESS)[0][0] if has_builds else None
        report["published"] = _published(settings, warehouse)
    latest = max((load["loaded_at"] for load in report["loads"]), default=None)
    report["freshness_seconds"] = int((datetime.now(UTC).replace(tzinfo=None) - latest).total_seconds()) if latest else None
    report["problems"] = list(_problems(report, fresh_within_seconds))
    return report


def _knows_last_load(warehouse: Connection, schema: str) -> bool:
    """Whether the marts were built after the last load that brought rows."""
    built, loaded = (
        warehouse.execute(sql)[0][0]
        for sql in (
            f"select max(last_loaded_at) from {schema}.rpt_data_health",
            "select max(loaded_at) from raw_operations.load_files where rows_accepted + rows_rejected > 0",
        )
    )
    return bool(built == loaded)


def _problems(report: Report, fresh_within_seconds: int) -> Iterator[str]:
    """What a person on duty has to look at."""
    age = report["freshness_seconds"]
    if age is None or age >= fresh_within_seconds:
        yield "nothing was ever loaded" if age is None else f"the last load is {age:,} seconds old"
    if not report["knows_last_load"]:
        yield "the last load is not built"
    for build in report["builds"][:1]:
        if build["failed"] is None or build["failed"] or build["skipped"]:
            yield "the last build did not pass"
    success = report["build_success_rate"]
    if success is not None and success <= LEAST_BUILD_SUCCESS:
        yield f"only {success:.1%} of the nodes of the last builds passed"
    for validation in report["validations"]:
        if validation["failed"]:
            yield f"the last validated load of {validation['family']} failed"
    for table in report["health"]:
        name = f"{table['tenant_id']}.{table['table']}"
        if table["is_fresh"] is False:
            yield f"{name} is {table['freshness_seconds']:,.0f} seconds behind"
        if table["is_complete"] is False:
            yield f"{name} accepted only {table['completeness_rate']:.1%} of its rows"


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
