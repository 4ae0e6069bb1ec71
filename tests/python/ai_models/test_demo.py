"""The AI marts of the demo equal the second implementation, from the landing files as another program reads them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from demo.reader import moment, read
from marts import disagreements, read_mart
from oracles.statistics import REGISTERED, ai_performance


def test_performance(landing: Path, warehouse: Path) -> None:
    # A request that was logged twice is one request.
    requests = {
        (line.tenant, line.row["id"]): {
            **line.row,
            "tenant_id": line.tenant,
            "is_success": line.row["success"],
            "requested_at": moment(line.row["timestamp"]).replace(tzinfo=None),
            "cost_estimate": None if line.row.get("cost_estimate") is None else Decimal(str(line.row["cost_estimate"])),
        }
        for line in read(landing, "logs")
        if line.row is not None and line.path.startswith("logs/ai_model_requests/")
    }
    mart = read_mart(warehouse, "rpt_ai_performance", ("tenant_id", "model_name", "model_version", "period_type", "period_start"))
    expected = ai_performance(requests.values(), REGISTERED)
    assert len(expected) > 100
    assert not disagreements(mart, expected)
