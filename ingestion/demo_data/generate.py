"""The demo's landing area: three businesses, a year of events, payments and logs, as files.

Usage
    generate(Path("landing"), events=100_000, seed=7)
Settings
    landing   folder to write into: absent, empty, or an earlier demo, which is replaced
    events    product events of all tenants together, exact; payments do not grow with them, logs do
    seed      equal seeds and sizes give equal files, byte for byte
    progress  called with what is being done, and how many of how many events are written
Errors
    PlumblineError where the folder holds files that are not an earlier demo, or where too few events are asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo_data import fx, logs, oddities
from ingestion.demo_data.activity import NOTHING, Events, event_types, join, make_activity, server_events
from ingestion.demo_data.billing import END_S, Account, Line
from ingestion.demo_data.files import Landing, csv, json_lines, parquet
from ingestion.demo_data.manifest import FILE_NAME, Manifest
from ingestion.demo_data.oddities import Broken
from ingestion.demo_data.people import People, make_people
from ingestion.demo_data.rendering import EventWriter, columns
from ingestion.demo_data.stories import rehearse, tell_stories
from ingestion.demo_data.tenants import CLAUSEWISE, DANSORA, MINDMETRIC, TENANTS, Tenant
from ingestion.demo_data.window import DAY, END, END_MS, SECOND, START, START_MS, Flags, Integers, iso_date, month_starts, random_stream

Progress = Callable[[str, int, int], None]

FEWEST_EVENTS = 10_000
_DAYS_PER_FILE = 3
_ROWS_AT_A_TIME = 100_000


def _silent(what: str, done: int, total: int) -> None:
    """No progress shown."""


def generate(landing: Path, events: int = 100_000, seed: int = 7, progress: Progress = _silent) -> Manifest:
    """Write the demo data and their manifest; see the module for settings and errors."""
    if events < FEWEST_EVENTS:
        raise ValueError(f"{events:,} events are too few for three businesses and a year: ask for {FEWEST_EVENTS:,} or more")
    _make_room(landing)
    manifest = Manifest(seed, events, START.isoformat(), END.isoformat())
    with Landing(landing) as files:
        _write_fx_rates(files, manifest, seed)
        written = 0
        for tenant in TENANTS:
            last = tenant is TENANTS[-1]
            share = events - written if last else round(events * tenant.share)
            _TenantFiles(tenant, share, seed, files, manifest).write(lambda done: progress(tenant.id, written + done, events))  # noqa: B023
            written += share
        _write_orphans(files, manifest)
    manifest.files = files.lines
    manifest.write(landing)
    return manifest
