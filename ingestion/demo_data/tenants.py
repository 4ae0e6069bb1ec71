"""The four businesses of the demo: what they sell, who uses it, and how their raw files look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Tenant:
    """A business of the demo. Time zone and account are those of seeds/tenants.csv (a test holds them equal).

    share           of all product events
    customers       paying customers
    mix             weight of each event type inside a signed-in session
    hours, weekdays weight of each local hour and weekday (Monday first)
    level_prices    monthly price of the three plans, minor units, by currency; a year costs ten months
    currency_share  share of customers in the first currency of level_prices
    teams           the brand of each team that the product's users work in, where they work in teams
    """

    id: str
    time_zone: str
    account: str
    share: float
    customers: int
    mix: dict[str, float]
    features: tuple[str, ...]
    pages: tuple[str, ...]
    countries: dict[str, float]
    organizations: tuple[str, ...]
    hours: tuple[float, ...]
    weekdays: tuple[float, ...]
    versions: tuple[str, ...]
    products: tuple[str, str, str]
    level_prices: dict[str, tuple[int, int, int]]
    currency_share: float
    camel_case: bool
    timestamps: Literal["iso", "epoch_ms", "offset"]
    tenant_in_rows: bool
    client_sessions: bool
    teams: dict[str, str] = field(default_factory=dict)

    @property
    def brands(self) -> tuple[str, ...]:
        """The brands that the teams work for."""
        return tuple(dict.fromkeys(self.teams.values()))


_OFFICE = (0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 1.5, 4, 8, 10, 10, 9, 6, 8, 9, 9, 8, 6, 4, 3, 3, 2, 1, 0.5)
_ALL_DAY = (1, 0.5, 0.3, 0.2, 0.3, 0.6, 1.5, 3, 5, 6, 6, 6, 7, 6, 6, 6, 6, 7, 8, 9, 9, 8, 5, 2.5)
_EVENING = (2, 1, 0.5, 0.3, 0.2, 0.3, 0.8, 2, 3, 3, 3, 3, 5, 4, 3, 3, 4, 6, 9, 12, 13, 12, 9, 5)
_SHOP = (0.2, 0.1, 0.1, 0.1, 0.1, 0.2, 0.6, 2, 5, 9, 10, 9, 8, 8, 9, 9, 9, 8, 5, 3, 2, 1.5, 1, 0.5)

MINDMETRIC = Tenant(
    id="mindmetric",
    time_zone="America/New_York",
    account="acct_mindmetric",
    share=0.40,
    customers=220,
    mix={
        "page.viewed": 30,
        "assessment.started": 16,
        "feature.report.used": 10,
        "feature.compare.used": 5,
        "feature.report.generated": 5,
        "feature.used": 12,
        "api.scores.called": 8,
        "api.norms.called": 3,
        "error.occurred": 1,
    },
    features=("report", "compare", "share", "team_view", "benchmark"),
    pages=("/", "/pricing", "/tests", "/about", "/app", "/app/results"),
    countries={"US": 0.6, "CA": 0.12, "GB": 0.12, "DE": 0.1, "AU": 0.06},
    organizations=("acme", "birchwood", "cobalt", "delta-school", "evergreen", "fairview", "granite", "harbour"),
    hours=_ALL_DAY,
    weekdays=(1.2, 1.25, 1.2, 1.1, 0.9, 0.6, 0.75),
    versions=("1.9.2", "2.0.0", "2.2.1", "2.4.0"),
    products=("Starter", "Team", "Institute"),
    level_prices={"usd": (1900, 4900, 12900), "eur": (1800, 4500, 11900)},
    currency_share=0.75,
    camel_case=False,
    timestamps="iso",
    tenant_in_rows=True,
    client_sessions=True,
)

CLAUSEWISE = Tenant(
    id="clausewise",
    time_zone="Europe/Berlin",
    account="acct_clausewise",
    share=0.25,
    customers=150,
    mix={
        "page.viewed": 25,
        "feature.upload.used": 22,
        "feature.analysis.used": 8,
        "feature.export.used": 8,
        "feature.used": 10,
        "api.documents.called": 10,
        "error.occurred": 1.5,
    },
    features=("redline", "clause_library", "search", "comment", "template"),
    pages=("/", "/preise", "/sicherheit", "/app", "/app/vertrag"),
    countries={"DE": 0.62, "AT": 0.14, "CH": 0.08, "NL": 0.08, "US": 0.08},
    organizations=("kanzlei-nord", "stadtwerke", "versicherung-a", "handel-ost", "verlag-west"),
    hours=_OFFICE,
    weekdays=(1.3, 1.35, 1.3, 1.25, 1.0, 0.15, 0.12),
    versions=("0.9.0", "1.0.0", "1.1.3"),
    products=("Solo", "Kanzlei", "Konzern"),
    level_prices={"eur": (2900, 7900, 19900), "usd": (3100, 8500, 21500)},
    currency_share=0.8,
    camel_case=False,
    timestamps="epoch_ms",
    tenant_in_rows=False,
    client_sessions=False,
)

DANSORA = Tenant(
    id="dansora",
    time_zone="Asia/Tokyo",
    account="acct_dansora",
    share=0.20,
    customers=130,
    mix={
        "page.viewed": 35,
        "checkin.created": 14,
        "feature.calendar.used": 12,
        "feature.ticket.used": 8,
        "feature.used": 8,
        "api.events.called": 4,
        "error.occurred": 1,
    },
    features=("map", "favourites", "partner_search", "playlist"),
    pages=("/", "/events", "/tournaments", "/plans", "/me"),
    countries={"JP": 0.72, "KR": 0.1, "TW": 0.08, "US": 0.1},
    organizations=("shibuya-studio", "osaka-club", "kyoto-milonga"),
    hours=_EVENING,
    weekdays=(0.6, 0.7, 0.8, 0.8, 1.3, 1.7, 1.5),
    versions=("3.0.1", "3.1.0", "3.2.0"),
    products=("Dancer", "Organizer", "Studio"),
    level_prices={"jpy": (980, 2480, 6980), "usd": (900, 2200, 5900)},
    currency_share=0.85,
    camel_case=True,
    timestamps="offset",
    tenant_in_rows=True,
    client_sessions=False,
)

LOOMWICK = Tenant(
    id="loomwick",
    time_zone="Europe/London",
    account="acct_loomwick",
    share=0.15,
    customers=90,
    mix={
        "page.viewed": 18,
        "feature.inbox.used": 26,
        "feature.ai_assist.used": 10,
        "feature.templates.used": 8,
        "feature.catalog.used": 9,
        "feature.crm.used": 9,
        "feature.brand_center.used": 6,
        "feature.analytics.used": 5,
        "feature.used": 6,
        "api.catalog.called": 5,
        "error.occurred": 1,
    },
    features=("saved_reply", "bulk_send", "size_chart", "lookbook"),
    pages=("/", "/pricing", "/brands", "/app/inbox", "/app/catalog", "/app/clients"),
    countries={"GB": 0.74, "IE": 0.1, "FR": 0.09, "IT": 0.07},
    organizations=("oak-and-hem", "northgate-outfitters", "the-corner-rail", "seam-street", "harbourline", "mill-and-moor"),
    hours=_SHOP,
    weekdays=(1.15, 1.1, 1.1, 1.15, 1.3, 1.0, 0.25),
    versions=("5.2.0", "5.3.0", "5.4.1"),
    products=("Boutique", "Store", "House"),
    level_prices={"gbp": (3900, 9900, 27900), "eur": (4500, 11500, 32500)},
    currency_share=0.8,
    camel_case=True,
    timestamps="iso",
    tenant_in_rows=False,
    client_sessions=False,
    teams={
        "velmora-wholesale": "velmora",
        "velmora-clienteling": "velmora",
        "harrowby-wholesale": "harrowby",
        "harrowby-clienteling": "harrowby",
        "tessaly-online": "tessaly",
    },
)

TENANTS = (MINDMETRIC, CLAUSEWISE, DANSORA, LOOMWICK)
