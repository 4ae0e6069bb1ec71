"""The live sources that `plumbline load --from` may name.

    stripe, stripe:NAME         all accounts of Stripe in the settings, or one
    database, database:NAME     the application's database in the settings
    postgresql://...            an application's database by its connection string

The settings stand in sections of .dlt/config.toml and .dlt/secrets.toml, `[plumbline.stripe.NAME]` and `[plumbline.databases.NAME]`, or for
one of each, called `main`, in the environment: PLUMBLINE_STRIPE_KEY, PLUMBLINE_LOGS_DSN and so on. docs/live_sources.md lists them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingestion.errors import SettingsError
from operations.settings import read_files

if TYPE_CHECKING:
    from ingestion.database import DatabaseSettings
    from ingestion.sources import Source
    from ingestion.stripe_api import StripeAccount

MAIN = "main"
_STRIPE = ("key", "url", "tenant", "connected", "optional", "without", "page", "overlap_minutes")
_DATABASE = ("dsn", "schema", "tenant", "tables", "deletes", "overlap_minutes")
_LISTS = ("optional", "without", "deletes")


def open_source(name: str, *, again: bool = False) -> Source | None:
    """The source that is named, or None where the name is that of a folder.

    again       list all objects of Stripe again
    Raises SettingsError."""
    kind, _, wanted = name.partition(":")
    if kind == "stripe":
        from ingestion.stripe_api import StripeApi

        sections = _chosen("stripe", wanted, "PLUMBLINE_STRIPE_", _STRIPE, "key")
        return StripeApi([_stripe_account(section, values) for section, values in sections.items()], again=again)
    if kind in ("postgresql", "postgres") and wanted.startswith("//"):
        return _database(_place(name), _from_environment("PLUMBLINE_LOGS_", _DATABASE) | {"dsn": name})
    if kind == "database":
        sections = _chosen("databases", wanted, "PLUMBLINE_LOGS_", _DATABASE, "dsn")
        if len(sections) > 1:
            raise SettingsError("The settings name several databases.", f"Load one after the other: {_named('database', sections)}.")
        ((section, values),) = sections.items()
        return _database(section, values)
    return None


def _chosen(group: str, wanted: str, prefix: str, fields: tuple[str, ...], required: str) -> dict[str, dict[str, Any]]:
    """The sections of a group by name, or the wanted one."""
    sections: dict[str, dict[str, Any]] = dict(read_files().get(group, {}))
    if given := _from_environment(prefix, fields):
        sections[MAIN] = sections.get(MAIN, {}) | given
    if wanted:
        sections = {name: values for name, values in sections.items() if name == wanted}
    if not sections:
        which = f" called {wanted}" if wanted else ""
        raise SettingsError(
            f"The settings know no {'account of Stripe' if group == 'stripe' else 'database'}{which}.",
            f"Set {prefix}{required.upper()}, or {required} in section [plumbline.{group}.{wanted or 'NAME'}] of .dlt/secrets.toml.",
        )
    for name, values in sections.items():
        if not isinstance(values, dict) or not re.fullmatch("[A-Za-z0-9_-]+", name):
            raise SettingsError(f"plumbline.{group}.{name} is no section.", f"Write [plumbline.{group}.NAME], then its settings.")
        if unknown := values.keys() - set(fields):
            raise SettingsError(
                f"Section [plumbline.{group}.{name}] has no setting {', '.join(sorted(unknown))}.", f"There are: {', '.join(fields)}."
            )
        if not values.get(required):
            raise SettingsError(
                f"Section [plumbline.{group}.{name}] lacks {required}.", f"Set {required} in .dlt/secrets.toml, where secrets belong."
            )
    return sections


def _named(kind: str, sections: Mapping[str, Any]) -> str:
    return ", ".join(f"--from {kind}:{name}" for name in sections)


def _from_environment(prefix: str, fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: os.environ[prefix + field.upper()] for field in fields if os.environ.get(prefix + field.upper())}


def _stripe_account(name: str, values: Mapping[str, Any]) -> StripeAccount:
    from ingestion.stripe_api import StripeAccount

    given = _typed(name, values)
    if "page" in given:
        given["page"] = _number(name, "page", given["page"])
    return StripeAccount(name=name, **given)


def _database(name: str, values: Mapping[str, Any]) -> Source:
    from ingestion.database import ApplicationDatabase, DatabaseSettings

    given = _typed(name, values)
    if not isinstance(given.get("tables", {}), dict):
        raise SettingsError(f"The tables of {name} are no section.", f"Write them below [plumbline.databases.{name}.tables].")
    settings: DatabaseSettings = DatabaseSettings(name=name, **given)
    return ApplicationDatabase(settings)


def _typed(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as the sources take them: lists may be written as one text, and the overlap is a time."""
    given = dict(values)
    for field in _LISTS:
        if isinstance(given.get(field), str):
            given[field] = [part.strip() for part in given[field].split(",") if part.strip()]
        if field in given:
            given[field] = tuple(given[field])
    if "overlap_minutes" in given:
        given["overlap"] = timedelta(minutes=_number(name, "overlap_minutes", given.pop("overlap_minutes")))
    return given


def _number(name: str, field: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise SettingsError(f"The {field} of {name} is no whole number.", "Write it in digits.") from None


def _place(dsn: str) -> str:
    """A name for a database that is known by its connection string alone: its address, without user and password."""
    address = urlsplit(dsn)
    return re.sub("[^A-Za-z0-9]+", "_", f"{address.netloc.rpartition('@')[2]}{address.path}{address.query}").strip("_")
