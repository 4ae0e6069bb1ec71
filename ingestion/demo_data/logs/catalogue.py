"""The logs product_log and sync_log of a retailer: its products, and the shop systems that they come from."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ingestion.demo_data.logs.world import (
    Area,
    Log,
    Truths,
    World,
    area_of,
    chosen,
    in_order,
    moments,
    numbered,
    table_of,
    tally,
    where,
)
from ingestion.demo_data.window import DAY, END_MS, HOUR, MINUTE, SECOND, START_MS

_PRODUCTS = 300
_ACTIONS = ("add", "update", "delete", "sync", "image_upload")
_ADD, _UPDATE, _DELETE, _SYNC, _IMAGE_UPLOAD = range(5)
_PLATFORMS = ("shopcase", "tillwise", "feed")
# Hours between two synchronisations with each platform, and the days on which the second was out of order.
_SYNC_HOURS = (24, 48, 168)
_OUTAGE_DAYS = (140, 145)


def catalogue(world: World) -> Area:
    """What is sold, and how it came there."""
    return area_of(_products(world), _syncs(world))


def _products(world: World) -> tuple[Log, Truths]:
    """Products enter the catalogue in the first weeks and at the change of season, are changed by people and platforms, and some leave."""
    random = world.random("product_log")
    added_days = np.sort(
        np.where(np.arange(_PRODUCTS) % 3 > 0, random.integers(0, 20, size=_PRODUCTS), random.integers(205, 230, size=_PRODUCTS))
    )
    added = START_MS + added_days * DAY + random.integers(8 * HOUR, 17 * HOUR, size=_PRODUCTS)
    changed = world.moments(random, world.scaled(0.06, 40))
    known = np.searchsorted(np.sort(added), changed)
    has_product = known > 0
    changed, known = changed[has_product], known[has_product]
    change = random.choice((_UPDATE, _SYNC, _IMAGE_UPLOAD), size=len(changed), p=(0.35, 0.45, 0.2))
    of_change = np.argsort(added, kind="stable")[(random.random(len(changed)) * known).astype(np.int64)]
    # Some leave on the last day.
    deleted = np.arange(15) * 19
    product = np.concatenate([np.arange(_PRODUCTS), of_change, deleted])
    action = np.concatenate([np.full(_PRODUCTS, _ADD), change, np.full(len(deleted), _DELETE)])
    at = np.concatenate([added, changed, END_MS - random.integers(HOUR, DAY, size=len(deleted))])
    is_upload = action == _IMAGE_UPLOAD
    uploaded = random.lognormal(np.log(240_000), 0.7, size=len(at)).astype(np.int64)
    rows = table_of(
        {
            "product_id": numbered("sku", 1 + product, 5),
            "action": chosen(_ACTIONS, action),
            "timestamp": moments(at),
            "source_platform": chosen(_PLATFORMS, product % len(_PLATFORMS)),
            "bytes": where(is_upload, uploaded),
        },
        at,
        product,
    )
    rows = rows.add_column(0, "action_id", pa.array(in_order("pact", rows.num_rows)))
    log = Log("product_log", rows, ("action_id",), endings=("jsonl", "parquet"), months=6, spoilt=(("out_of_range", "bytes", -1),))
    return log, {"by_action": tally(_ACTIONS, action), "uploaded_bytes": int(uploaded[is_upload].sum())}


def _syncs(world: World) -> tuple[Log, Truths]:
    """Each platform at its own interval. One was out of order for days; the others fail now and then."""
    random = world.random("sync_log")
    schedule = [np.arange(START_MS + place * HOUR, END_MS - HOUR, hours * HOUR) for place, hours in enumerate(_SYNC_HOURS)]
    platform = np.repeat(np.arange(len(_PLATFORMS)), [len(times) for times in schedule])
    started = np.concatenate(schedule) + random.integers(0, 5 * MINUTE, size=len(platform))
    day = (started - START_MS) // DAY
    is_out = (platform == 1) & (day >= _OUTAGE_DAYS[0]) & (day < _OUTAGE_DAYS[1])
    fails = is_out | (random.random(len(platform)) < 0.03)
    took = random.integers(20 * SECOND, 12 * MINUTE, size=len(platform))
    rows = table_of(
        {
            "sync_id": numbered("sync", 1 + np.arange(len(platform)), 5),
            "source_platform": chosen(_PLATFORMS, platform),
            "status": chosen(("success", "failure"), fails.astype(np.int64)),
            "started_at": moments(started),
            "finished_at": moments(started + took, ~is_out),
            "records": where(~fails, random.poisson(140, size=len(platform))),
            "error_code": chosen(("timeout", "unauthorised", None), np.where(is_out, 1, np.where(fails, 0, 2))),
        },
        started,
    )
    log = Log(
        "sync_log", rows, ("sync_id",), written="started_at", endings=("csv",), months=6, spoilt=(("not_accepted", "status", "halfway"),)
    )
    return log, {
        "succeeded": tally(_PLATFORMS, platform[~fails]),
        "failed": tally(_PLATFORMS, platform[fails]),
    }
