"""The application logs of the demo, by tenant: which areas of its business write logs."""

from __future__ import annotations

from collections.abc import Callable

from ingestion.demo_data.files import Landing
from ingestion.demo_data.logs.accounts import accounts
from ingestion.demo_data.logs.ai_models import ai_model_requests
from ingestion.demo_data.logs.brands import brands
from ingestion.demo_data.logs.campaigns import campaigns
from ingestion.demo_data.logs.catalogue import catalogue
from ingestion.demo_data.logs.clients import clients
from ingestion.demo_data.logs.experiments import experiments
from ingestion.demo_data.logs.inbox import DANCE_DESK, inbox, shop_desk
from ingestion.demo_data.logs.log_files import write_log
from ingestion.demo_data.logs.operations import platform_costs, report_deliveries
from ingestion.demo_data.logs.places import places
from ingestion.demo_data.logs.rights import access, consent
from ingestion.demo_data.logs.threads import threads
from ingestion.demo_data.logs.tournaments import tournaments
from ingestion.demo_data.logs.world import Area, World
from ingestion.demo_data.logs.writing import writing
from ingestion.demo_data.manifest import Manifest
from ingestion.demo_data.tenants import CLAUSEWISE, DANSORA, LOOMWICK, MINDMETRIC

__all__ = ["World", "write_logs", "write_shared_logs"]


def _dance_inbox(world: World) -> Area:
    return inbox(world, DANCE_DESK)


def _shop_inbox(world: World) -> Area:
    return inbox(world, shop_desk(world.tenant.teams))


def _own_costs(world: World) -> Area:
    return platform_costs(world.seed, world.tenant)


_EVERYWHERE: tuple[Callable[[World], Area], ...] = (consent, access, report_deliveries)
_AREAS: dict[str, tuple[Callable[[World], Area], ...]] = {
    MINDMETRIC.id: (experiments,),
    CLAUSEWISE.id: (ai_model_requests, experiments, _own_costs),
    DANSORA.id: (_dance_inbox, campaigns, threads, places, tournaments),
    LOOMWICK.id: (_shop_inbox, accounts, writing, catalogue, clients, brands),
}


def write_logs(world: World, files: Landing, manifest: Manifest) -> None:
    """Write every log of a tenant, and keep what is true about them."""
    for make in (*_AREAS[world.tenant.id], *_EVERYWHERE):
        area = make(world)
        for log in area.logs:
            write_log(log, world.tenant, files, manifest)
        manifest.truths[world.tenant.id] |= area.truths


def write_shared_logs(seed: int, files: Landing, manifest: Manifest) -> None:
    """Write the logs that are everybody's."""
    area = platform_costs(seed)
    for log in area.logs:
        write_log(log, None, files, manifest)
    manifest.shared |= area.truths
