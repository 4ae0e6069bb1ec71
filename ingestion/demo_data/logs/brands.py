"""The logs asset_log and campaign_log: what shops do with the material of the brands that they sell."""

from __future__ import annotations

from typing import Any

import numpy as np

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
    skewed,
    table_of,
    tally,
    where,
)
from ingestion.demo_data.window import Integers

_ASSETS = 60
_SEASONS = 18
_CAMPAIGN_ACTIONS = ("use", "copy", "send")


def brands(world: World) -> Area:
    """Pictures and films, and campaigns."""
    return area_of(_assets(world), _campaigns(world))


def _brand_columns(world: World, random: np.random.Generator, thing: Integers) -> dict[str, Any]:
    """A brand's material belongs to the brand; the shop that uses it is one of the tenant's organisations, some far busier than others."""
    owners, shops = world.tenant.brands, world.tenant.organizations
    return {
        "brand_id": chosen(owners, thing % len(owners)),
        "retailer_id": chosen(shops, skewed(random, len(shops), len(thing))),
    }


def _assets(world: World) -> tuple[Log, Truths]:
    """Views and downloads of the brands' pictures and films."""
    random = world.random("asset_log")
    at = world.moments(random, world.scaled(0.07, 60))
    asset = skewed(random, _ASSETS, len(at))
    is_download = random.random(len(at)) < 0.28
    rows = table_of(
        {
            "action_id": in_order("view", len(at)),
            "asset_id": numbered("asset", 1 + asset, 3),
            "action": chosen(("view", "download"), is_download.astype(np.int64)),
            "timestamp": moments(at),
            **_brand_columns(world, random, asset),
        }
    )
    log = Log("asset_log", rows, ("action_id",), endings=("parquet",), spoilt=(("not_accepted", "action", "admire"),))
    top = np.bincount(asset[is_download])
    return log, {"views": int((~is_download).sum()), "downloads": int(is_download.sum()), "most_downloads_of_an_asset": int(top.max())}


def _campaigns(world: World) -> tuple[Log, Truths]:
    """The brands' campaigns as the shops use, copy and send them."""
    random = world.random("campaign_log")
    at = world.moments(random, world.scaled(0.04, 40))
    campaign = skewed(random, _SEASONS, len(at))
    action = random.choice(len(_CAMPAIGN_ACTIONS), size=len(at), p=(0.5, 0.15, 0.35))
    rows = table_of(
        {
            "action_id": in_order("camp", len(at)),
            "campaign_id": numbered("season", 1 + campaign, 3),
            "action": chosen(_CAMPAIGN_ACTIONS, action),
            "timestamp": moments(at),
            "template_id": where(random.random(len(at)) < 0.8, numbered("tpl", 1 + campaign * 2, 3)),
            **_brand_columns(world, random, campaign),
        }
    )
    log = Log("campaign_log", rows, ("action_id",), endings=("csv.gz",), months=6, spoilt=(("not_accepted", "action", "burn"),))
    return log, {"by_action": tally(_CAMPAIGN_ACTIONS, action)}
