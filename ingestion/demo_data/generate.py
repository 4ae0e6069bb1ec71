"""The demo's landing area: four businesses, a year of events, payments and logs, as files.

Usage
    generate(Path("landing"), events=100_000, seed=7)
Settings
    landing   folder to write into, absent or empty
    events    product events of all tenants together, exact; logs grow with them, payments do not
    seed      equal seeds and sizes give equal files, byte for byte
    progress  called with the events written, all events, and what is being written
Errors
    SettingsError where the folder holds files or too few events are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from ingestion.demo_data.activity import make_activity, server_events
from ingestion.demo_data.billing import Account, Line
from ingestion.demo_data.event_files import write_events
from ingestion.demo_data.files import Landing, csv
from ingestion.demo_data.fx import fx_rates
from ingestion.demo_data.logs import World, write_logs, write_shared_logs
from ingestion.demo_data.manifest import UNKNOWN, Manifest
from ingestion.demo_data.oddities import REDELIVERED_PAYMENTS, broken_payments, joined, unknown_tenant_events
from ingestion.demo_data.people import make_people
from ingestion.demo_data.stories import rehearse, tell_stories
from ingestion.demo_data.tenants import DANSORA, TENANTS, Tenant
from ingestion.demo_data.truths import activity_truths, billing_truths
from ingestion.demo_data.window import END, START, random_stream
from ingestion.errors import SettingsError

Progress = Callable[[int, int, str], None]

FEWEST_EVENTS = 10_000


def _silent(done: int, total: int, what: str) -> None:
    """Show no progress."""


def generate(landing: Path, events: int = 100_000, seed: int = 7, progress: Progress = _silent) -> Manifest:
    """Write the demo data and their manifest; see the module for settings and errors."""
    if events < FEWEST_EVENTS:
        raise SettingsError(f"{events:,} events are too few for four businesses and a year.", f"Ask for {FEWEST_EVENTS:,} or more.")
    if landing.exists() and any(landing.iterdir()):
        raise SettingsError(f"The folder {landing} is not empty.", "Name an empty folder, or delete this one first.")
    landing.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(seed, events, START.isoformat(), END.isoformat())
    shares = [round(events * tenant.share) for tenant in TENANTS[:-1]]
    shares.append(events - sum(shares))
    written = 0
    with Landing(landing) as files:
        rates = fx_rates(seed)
        files.write("payments/fx_rates/fx_rates.csv", csv(rates), rates.num_rows)
        manifest.count("fx_rates", "*", rates.num_rows, rates.num_rows)
        for tenant, share in zip(TENANTS, shares, strict=True):
            _write_tenant(tenant, share, seed, files, manifest, partial(_report, progress, written, events, tenant))
            written += share
        write_shared_logs(seed, files, manifest)
        _write_orphans(files, manifest)
    manifest.files = dict(sorted(files.lines.items()))
    manifest.write(landing)
    return manifest


def _report(progress: Progress, before: int, total: int, tenant: Tenant, done: int) -> None:
    progress(before + done, total, tenant.id)


def _write_tenant(tenant: Tenant, events: int, seed: int, files: Landing, manifest: Manifest, report: Callable[[int], None]) -> None:
    report(0)
    people = make_people(tenant, events, seed)
    account, stories = tell_stories(tenant, people, seed)
    manifest.stories[tenant.id] = dict(sorted(stories.items()))
    test_account = rehearse(tenant, seed)
    _write_payments(account, test_account, seed, files, manifest)
    sent = server_events(tenant, account.notices)
    activity = make_activity(tenant, people, events - len(sent), seed)
    everything = write_events(tenant, people, activity, sent, seed, files, manifest, report)
    truths = manifest.truths[tenant.id]
    truths |= activity_truths(tenant, everything) | billing_truths(account)
    write_logs(World(tenant, people, activity, events, seed), files, manifest)


def _write_orphans(files: Landing, manifest: Manifest) -> None:
    """Events that neither a field nor a folder gives a tenant."""
    broken = unknown_tenant_events()
    files.write("events/unassigned/year=2026/month=03/day=08/events.jsonl.gz", joined(broken), len(broken))
    manifest.reject("events", UNKNOWN, broken)


# Payments


def _write_payments(account: Account, test_account: Account, seed: int, files: Landing, manifest: Manifest) -> None:
    """Plain objects in one file, events by month; two events in three months arrive out of order, and some twice."""
    tenant = account.tenant
    random = random_stream(seed, tenant.id, "payment files")
    # One tenant's events carry the Stripe account alone; the other tenants' stand in a folder that names them.
    folder = f"payments/stripe/{tenant.account}" if tenant is DANSORA else f"payments/tenant={tenant.id}"
    export = account.export
    files.write(f"payments/tenant={tenant.id}/export.jsonl.gz", _lines([line.text for line in export]), len(export))
    delivered = sorted([*account.lines, *test_account.lines], key=lambda line: line.created)
    by_month: dict[str, list[Line]] = {}
    for line in delivered:
        by_month.setdefault(f"{datetime.fromtimestamp(line.created, END.tzinfo):%Y-%m}", []).append(line)
    for place, (month, lines) in enumerate(by_month.items()):
        texts = [line.text for line in lines]
        if place % 3 == 2:
            texts = [texts[position] for position in random.permutation(len(texts))]
        files.write(f"{folder}/{month}.jsonl.gz", _lines(texts), len(texts))
    again = [delivered[position] for position in sorted(random.choice(len(delivered), size=REDELIVERED_PAYMENTS, replace=False))]
    files.write(f"{folder}/redelivered.jsonl.gz", _lines([line.text for line in again]), len(again))
    broken = broken_payments()
    files.write(f"payments/tenant={tenant.id}/interrupted.jsonl.gz", joined(broken), len(broken))
    manifest.reject("payments", tenant.id, broken)
    manifest.oddities[tenant.id].update(redelivered_payments=len(again), test_mode_payments=len(test_account.lines))
    _count_payments(tenant, [*export, *delivered, *again], manifest)


def _lines(texts: list[str]) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def _count_payments(tenant: Tenant, lines: list[Line], manifest: Manifest) -> None:
    accepted: Counter[str] = Counter()
    keys: dict[str, set[str]] = {}
    for line in lines:
        accepted[line.table] += 1
        keys.setdefault(line.table, set()).add(line.object_id)
        for table, rows in line.children.items():
            accepted[table] += len(rows)
            keys.setdefault(table, set()).update(rows)
    for table, ids in keys.items():
        manifest.count(table, tenant.id, accepted[table], len(ids))
