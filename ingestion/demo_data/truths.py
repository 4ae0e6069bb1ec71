"""Headline numbers from the makers' own books, which a warehouse built from the files must find again."""

from __future__ import annotations

from typing import Any

import numpy as np

from ingestion.demo_data.activity import Events, event_types
from ingestion.demo_data.billing import END_S, Account
from ingestion.demo_data.tenants import Tenant
from ingestion.demo_data.window import NOTHING, month_starts


def activity_truths(tenant: Tenant, events: Events) -> dict[str, Any]:
    """Events by type, people, and assessments."""
    names = event_types(tenant)
    types, counts = np.unique(events.type, return_counts=True)
    completed = events.take(events.type == names.index("assessment.completed"))
    is_full = completed.completion_percentage == 100
    truths: dict[str, Any] = {
        "events_by_type": {names[type_]: count for type_, count in zip(types.tolist(), counts.tolist(), strict=True)},
        "users": len(np.unique(events.user[events.user != NOTHING])),
    }
    if len(completed):
        truths["assessments"] = {
            "completed": len(completed),
            "completed_in_full": int(is_full.sum()),
            "low_agreement": int((completed.dual_ai_agreement < 0.7).sum()),
            "low_confidence": int((completed.ai_confidence < 0.7).sum()),
            "without_ai": int(np.isnan(completed.ai_confidence).sum()),
            "respondents": len(np.unique(completed.user)),
        }
    return truths


def billing_truths(account: Account) -> dict[str, Any]:
    """Customers, money by currency in minor units, and MRR by currency at each month's end in the tenant's zone and at the data's end."""
    months = {start.date().isoformat(): account.mrr_at(int(start.timestamp())) for start in month_starts(account.tenant.time_zone)}
    money: dict[str, dict[str, int]] = {}
    for (kind, currency), amount in sorted(account.money.items()):
        money.setdefault(kind, {})[currency.upper()] = amount
    return {"customers": len(account.customers), "money": money, "mrr_before": months, "mrr": account.mrr_at(END_S + 1)}
