"""The people of a tenant's product: when they registered, how they stay, and which of them pay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingestion.demo_data.tenants import Tenant
from ingestion.demo_data.window import (
    DAY,
    DAYS,
    END_MS,
    HOUR,
    MINUTE,
    NOTHING,
    SECOND,
    START_MS,
    Flags,
    Floats,
    Integers,
    local_clock,
    random_stream,
)

TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
_TRAIT_MEANS = np.array([61.0, 58.0, 53.0, 66.0, 44.0])
_TRAIT_DEVIATIONS = np.array([14.0, 15.0, 17.0, 13.0, 17.0])
_TRAIT_CORRELATIONS = np.array(
    [
        [1.00, 0.12, 0.40, 0.15, -0.15],
        [0.12, 1.00, 0.22, 0.38, -0.35],
        [0.40, 0.22, 1.00, 0.20, -0.33],
        [0.15, 0.38, 0.20, 1.00, -0.30],
        [-0.15, -0.35, -0.33, -0.30, 1.00],
    ]
)

ROLES = ("owner", "brand", "team", "self")

# How long people keep coming, in days: most lose interest soon, some stay for good.
_STAYS = np.array([4.0, 45.0, 500.0])
_STAY_SHARES = (0.42, 0.30, 0.28)


@dataclass(frozen=True)
class People:
    """Registered users, by number; column arrays of equal length. `payers` are the numbers of those who become customers.

    `team` counts in the tenant's teams (NOTHING where it has none); `role`, how far a user's rights go, in ROLES.
    """

    registered_ms: Integers
    engagement: Floats
    stay_days: Floats
    has_second_device: Flags
    organization: Integers
    country: Integers
    traits: Floats
    payers: Integers
    team: Integers
    role: Integers

    def __len__(self) -> int:
        return len(self.registered_ms)


def user_id(number: int) -> str:
    """The plain id of a user in the raw files. Tenants number their users alike: only the tenant's key tells them apart."""
    return f"user-{number:07d}"


def wall_clock(tenant: Tenant, days: Integers, random: np.random.Generator) -> Integers:
    """Local milliseconds on days since the window's start, at hours as the tenant's people keep them."""
    hours = random.choice(24, size=len(days), p=np.array(tenant.hours) / sum(tenant.hours))
    within = random.integers(0, HOUR, size=len(days))
    local: Integers = START_MS + days * DAY + hours * HOUR + within
    return local


def local_moments(tenant: Tenant, days: Integers, random: np.random.Generator) -> Integers:
    """UTC moments on local days, at hours as the tenant's people keep them."""
    return local_clock(tenant.time_zone).to_utc(wall_clock(tenant, days, random))


def weekday_weights(tenant: Tenant, days: Integers) -> Floats:
    """The weight of each day (days since the window's start, a Tuesday) by its weekday."""
    weights: Floats = np.array(tenant.weekdays)[(days + 1) % 7]
    return weights


def make_people(tenant: Tenant, events: int, seed: int) -> People:
    """Users in proportion to the tenant's events, registering ever faster over the year."""
    random = random_stream(seed, tenant.id, "people")
    count = max(tenant.customers * 5 // 4, events // 20)
    days = np.arange(DAYS - 2)
    arrivals = (1 + 1.8 * days / DAYS) * weekday_weights(tenant, days)
    registered = local_moments(tenant, random.choice(days, size=count, p=arrivals / arrivals.sum()), random)
    registered = np.sort(np.clip(registered, START_MS + HOUR, END_MS - DAY))

    # The last customers subscribe three days before the data end.
    settled = np.flatnonzero(registered < END_MS - 4 * DAY)
    payers = np.sort(random.choice(settled, size=tenant.customers, replace=False))
    stays = random.choice(_STAYS, size=count, p=_STAY_SHARES)
    stays[payers] = _STAYS[-1]

    organizations = 1 / np.arange(1, len(tenant.organizations) + 1)
    countries = np.array(list(tenant.countries.values()))
    spread = np.outer(_TRAIT_DEVIATIONS, _TRAIT_DEVIATIONS) * _TRAIT_CORRELATIONS
    team = np.floor(random.random(count) ** 1.3 * len(tenant.teams)).astype(np.int64) if tenant.teams else np.full(count, NOTHING)
    return People(
        registered_ms=registered,
        engagement=random.lognormal(0.0, 0.7, size=count),
        stay_days=stays,
        has_second_device=random.random(count) < 0.25,
        organization=random.choice(len(organizations), size=count, p=organizations / organizations.sum()),
        country=random.choice(len(countries), size=count, p=countries / countries.sum()),
        traits=random.multivariate_normal(_TRAIT_MEANS, spread, size=count),
        payers=payers,
        team=team,
        role=_roles(tenant, team),
    )


def _roles(tenant: Tenant, team: Integers) -> Integers:
    """The first user of each team answers for it, the first of each brand for the brand, the first of all for everything."""
    role = np.full(len(team), ROLES.index("self"))
    if tenant.teams:
        brand = np.array([tenant.brands.index(brand) for brand in tenant.teams.values()])[team]
        for name, groups in (("team", team), ("brand", brand)):
            role[np.unique(groups, return_index=True)[1]] = ROLES.index(name)
    role[0] = ROLES.index("owner")
    return role


def subscription_starts(people: People, random: np.random.Generator) -> Integers:
    """Epoch seconds at which each payer subscribes: some within the hour, most within two weeks of registering."""
    delay = 10 * MINUTE + random.exponential(6 * DAY, size=len(people.payers)).astype(np.int64)
    registered = people.registered_ms[people.payers]
    starts: Integers = np.minimum(registered + np.minimum(delay, 18 * DAY), END_MS - 3 * DAY) // SECOND
    return starts
