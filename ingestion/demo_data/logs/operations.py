"""The logs platform_costs and report_deliveries: what running all of it costs, and the reports that are sent out."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from ingestion.demo_data.logs.world import UTC_MS, Area, Log, World, chosen, moments, numbered, table_of, tally, version_rows, with_versions
from ingestion.demo_data.tenants import Tenant
from ingestion.demo_data.window import DAY, DAYS, END_MS, HOUR, MINUTE, START, START_MS, local_clock, random_stream

# Typical cost of a day in US dollars.
_SHARED = {"warehouse": 4.2, "storage": 0.9, "event_pipeline": 1.6}
_OWN = {"model_serving": 7.5}
# The day on which the provider gives money back.
_CREDIT_DAY = 170
_STATUSES = ("scheduled", "delivered", "failed")
_SCHEDULED, _DELIVERED, _FAILED = range(3)


def platform_costs(seed: int, tenant: Tenant | None = None) -> Area:
    """Costs of a day by service, corrected once on the first of each month, with one credit; a tenant's own, or those of all together."""
    services = _OWN if tenant else _SHARED
    random = random_stream(seed, tenant.id if tenant else "everybody", "platform_costs")
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    rows: list[dict[str, Any]] = []
    for number in range(DAYS - 1):
        day = START.date() + timedelta(days=number)
        written = START_MS + (number + 1) * DAY + 2 * HOUR
        for service, typical in services.items():
            amount = Decimal(round(typical * 100 * (0.7 + number / DAYS) * random.lognormal(0, 0.1))) / 100
            if number == _CREDIT_DAY:
                amount = -amount
            row = {"date": day, "service": service, "amount": amount, "currency": "USD", "updated_at": min(written, END_MS)}
            rows.append(row)
            if day.day == 1 and written + 5 * DAY < END_MS:
                amount += Decimal("0.35")
                rows.append({**row, "amount": amount, "updated_at": written + 5 * DAY})
            total[service] += amount
    table = version_rows(rows, {"amount": pa.decimal128(18, 2), "updated_at": UTC_MS})
    refused = (("wrong_type", "amount", "cheap"),)
    log = Log("platform_costs", table, ("date", "service", "currency"), written="updated_at", endings=("csv",), months=12, spoilt=refused)
    return Area([log], {"costs": {service: str(amount) for service, amount in total.items()}})


def report_deliveries(world: World) -> Area:
    """A weekly report as PDF and a monthly one as CSV, at eight in the tenant's morning; one in twelve fails. The next ones are planned."""
    random = world.random("report_deliveries")
    day = np.arange(5, DAYS + 7)
    # The window starts on a Tuesday.
    mondays, month_days = day[(day + 1) % 7 == 0], day[day % 30 == 3]
    report = np.repeat((0, 1), (len(mondays), len(month_days)))
    due = local_clock(world.tenant.time_zone).to_utc(START_MS + np.concatenate([mondays, month_days]) * DAY + 8 * HOUR)
    outcome = np.where(random.random(len(due)) < 1 / 12, _FAILED, _DELIVERED)
    outcome[due > END_MS - DAY] = _SCHEDULED
    done = due + random.integers(MINUTE, 40 * MINUTE, size=len(due))
    number, is_done = with_versions(len(due), np.flatnonzero(outcome != _SCHEDULED))
    status = np.where(is_done, outcome[number], _SCHEDULED)
    planned = np.minimum(due - 7 * DAY, END_MS - DAY)
    written = np.where(is_done, done[number], planned[number])
    rows = table_of(
        {
            "delivery_id": numbered("report", 1 + number, 4),
            "report": chosen(("weekly_summary", "monthly_numbers"), report[number]),
            "format": chosen(("pdf", "csv"), report[number]),
            "scheduled_at": moments(due[number]),
            "status": chosen(_STATUSES, status),
            "delivered_at": moments(done[number], status == _DELIVERED),
            "updated_at": moments(written),
        },
        written,
        number,
    )
    refused = (("not_accepted", "format", "fax"),)
    log = Log("report_deliveries", rows, ("delivery_id",), written="updated_at", endings=("jsonl",), months=12, spoilt=refused)
    return Area([log], {"reports": tally(_STATUSES, outcome)})
