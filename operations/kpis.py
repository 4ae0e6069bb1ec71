"""The headline numbers of every tenant, read from the published marts."""

from __future__ import annotations

from typing import Any

from ingestion.connections import connect_duckdb
from ingestion.errors import PublishError
from operations.settings import Settings
from operations.warehouse import connect

COLUMNS = (
    "tenant_name",
    "period_start",
    "currency",
    "mrr_amount",
    "net_revenue_retention",
    "customer_churn_rate",
    "active_users",
    "month_one_retention_rate",
    "assessments_completed",
    "ai_requests",
    "tournaments_completed",
)

# The last complete month of each tenant.
_SQL = f"""
    select {", ".join(COLUMNS)}
    from (
        select
            kpis.*, tenants.tenant_name,
            row_number() over (partition by kpis.tenant_id order by kpis.period_start desc) as recency
        from marts.rpt_tenant_kpis as kpis
        inner join marts.dim_tenants as tenants on kpis.tenant_id = tenants.tenant_id
        where kpis.period_type = 'month' and kpis.is_complete
    ) as ranked
    where recency = 1
    order by tenant_name
"""


def kpis(settings: Settings) -> list[dict[str, Any]]:
    """One record per tenant with its numbers of the last complete month. Raises PublishError while nothing is published."""
    if settings.target == "postgres":
        with connect(settings, read_only=True) as warehouse:
            if not warehouse.has_table("marts", "rpt_tenant_kpis"):
                raise PublishError("Nothing is published yet.", "Run `plumbline build`.")
            rows = warehouse.execute(_SQL)
    else:
        if not settings.published.is_file():
            raise PublishError("Nothing is published yet.", "Run `plumbline build`.")
        with connect_duckdb(settings.published, read_only=True) as published:
            rows = published.execute(_SQL)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]
