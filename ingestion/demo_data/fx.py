"""Exchange rates to the US dollar, on weekdays only, as a central bank publishes them."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from ingestion.demo_data.window import END, START, random_stream

_STARTS = {"EUR": 1.17, "JPY": 0.0069, "GBP": 1.34}


def fx_rates(seed: int) -> pa.Table:
    """One row per weekday and currency; the first is the Friday before the window."""
    random = random_stream(seed, "fx_rates")
    first = START.date() - timedelta(days=4)
    days = [first + timedelta(days=number) for number in range((END.date() - first).days + 1)]
    weekdays = [day for day in days if day.weekday() < 5]
    rates = {"USD": ["1"] * len(weekdays)}
    for currency, start in _STARTS.items():
        path = start * np.exp(np.cumsum(random.normal(0, 0.003, size=len(weekdays))))
        rates[currency] = [f"{rate:.8f}" for rate in path]
    rows = [(day.isoformat(), currency, rates[currency][place]) for place, day in enumerate(weekdays) for currency in sorted(rates)]
    dates, currencies, values = zip(*rows, strict=True)
    return pa.table({"date": dates, "currency": currencies, "rate_to_usd": values})
