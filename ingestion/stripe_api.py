"""Payments, read from Stripe's API.

    source = StripeApi([StripeAccount(name="main", key="rk_live_...", tenant="acme")])
    load_source(source, ...)

The first reading of an account lists the objects of every kind that the contract reads, and all events that Stripe still has. Later
ones read the events since the cursor: an event carries its object as it was after a change, so that the events are the history, and no
object is asked for again. The exceptions, for which objects are asked for:

    a list inside an object that has more    is completed, in listed objects and in those of events
    a discount that an event only names      is looked up in its subscription
    a kind without events of its own         is listed again from its cursor on (refunds, balance transactions)
    a kind that was not listed yet           is listed as a whole, for instance since the key was not allowed to before
    no reading for thirty days               everything is listed again: Stripe keeps its events no longer

Requests are repeated with growing pauses (or the one that Stripe asks for) where Stripe is busy, fails or hangs up. The version of the
API is pinned: in later ones a charge does not name its invoice. What an event holds has the version of its account, which the contract
reads too.

Errors are PlumblineErrors without the key; nothing of the load is visible then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pyarrow as pa
from dlt.sources.helpers.requests import Client, HTTPError, RequestException
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator, SinglePagePaginator

from ingestion.contracts import Family
from ingestion.errors import PlumblineError, SettingsError, SourceError
from ingestion.sources import Known, Reading, texts_of

STRIPE_URL = "https://api.stripe.com"
STRIPE_VERSION = "2025-02-24.acacia"
EVENTS_ARE_KEPT = timedelta(days=30)
LARGEST_PAGE = 100
RECORDS_AT_A_TIME = 2_000

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """Objects of one kind, as /v1/<name> lists them.

    parameters      what is asked for beside the page
    has_events      whether each change of an object is told by an event
    is_optional     whether a key may be without them
    instead         an older kind, listed where this one is unknown
    """

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    has_events: bool = True
    is_optional: bool = False
    instead: str | None = None


KINDS = (
    Kind("products"),
    Kind("prices", {"expand[]": "data.tiers"}, instead="plans"),
    Kind("coupons"),
    Kind("customers"),
    Kind("subscriptions", {"status": "all", "expand[]": "data.discounts"}),
    Kind("subscription_schedules", is_optional=True),
    Kind("invoices"),
    Kind("invoiceitems", is_optional=True),
    Kind("charges"),
    Kind("payment_intents", is_optional=True),
    Kind("refunds", has_events=False),
    Kind("credit_notes", is_optional=True),
    Kind("disputes"),
    Kind("payouts", is_optional=True),
    Kind("balance_transactions", has_events=False, is_optional=True),
)
EVENTS = Kind("events")


@dataclass(frozen=True)
class StripeAccount:
    """An account of Stripe and how to read it.

    name        tells its rows from those of other accounts; the cursors are kept under it
    key         a secret key, best a restricted one that may only read
    tenant      whose payments they are; by default that of the account's id in seeds/tenants.csv
    connected   a connected account, read with the key of its platform
    optional    kinds that the key may be without, beside those that no metric reads
    without     kinds that are not to be read
    overlap     how late an event may become visible: so much before the cursor is read again
    attempts    how often a request is tried
    pause       seconds before the first repetition; the pauses double up to a minute
    """

    name: str
    key: str
    url: str = STRIPE_URL
    tenant: str | None = None
    connected: str | None = None
    optional: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    page: int = LARGEST_PAGE
    overlap: timedelta = timedelta(hours=1)
    attempts: int = 6
    pause: float = 1.0


class StripeApi:
    """Accounts of Stripe as a live source of payments. With `again` every kind is listed as a whole, as if for the first time."""

    family: Family = "payments"

    def __init__(self, accounts: Sequence[StripeAccount], *, again: bool = False) -> None:
        self.notices: list[str] = []
        self._accounts = accounts
        self._again = again
        known = {kind.name for kind in KINDS}
        for account in accounts:
            for name in (*account.optional, *account.without):
                if name not in known:
                    raise SettingsError(f"There is no kind {name!r}.", f"The kinds of {account.name} may be: {', '.join(sorted(known))}.")
            if not 1 <= account.page <= LARGEST_PAGE:
                raise SettingsError(
                    f"A page of Stripe holds 1 to {LARGEST_PAGE} objects, not {account.page}.", "Correct the size of the page."
                )

    def readings(self, known: Known) -> Iterator[Reading]:
        """A reading for each kind that is listed, and one of the events, account by account."""
        for account in self._accounts:
            api = _Api(account)
            base = f"payments/api/tenant={account.tenant or self._tenant(account, api, known)}/{account.name}"
            last = known.cursor(f"{base}/{EVENTS.name}")
            is_lost = last is not None and known.loaded_at - last.loaded_at > EVENTS_ARE_KEPT - account.overlap
            if is_lost:
                self.notices.append(f"{account.name} was not read for 30 days, so that events are lost: everything was listed again.")
            for kind in (kind for kind in KINDS if kind.name not in account.without):
                path = f"{base}/{kind.name}"
                cursor = None if self._again or is_lost else known.cursor(path)
                if cursor and kind.has_events:
                    continue
                since = cursor.loaded_at - account.overlap if cursor else None
                try:
                    listed = _listed(api, kind, since)
                except _UnavailableError as refusal:
                    self._accept(account, kind, refusal)
                    continue
                yield Reading(path, _pieces(map(api.completed, listed)), since, repeats=cursor is not None)
            since = last.at - account.overlap if last and last.at else None
            try:
                events = _listed(api, EVENTS, since)
            except _UnavailableError as refusal:
                raise _required(account, EVENTS, refusal) from None
            yield Reading(
                f"{base}/{EVENTS.name}", _pieces(api.completed_event(event) for event in events if _is_since(event, since)), since
            )
            self.notices += api.notices

    def _tenant(self, account: StripeAccount, api: _Api, known: Known) -> str:
        remedy = f"Enter it as stripe_account of a tenant in seeds/tenants.csv, or name the tenant in the settings of {account.name}."
        try:
            id_ = account.connected or str(api.object("account").get("id"))
        except _UnavailableError:
            raise SettingsError(f"Stripe does not tell whose account {account.name} is.", remedy) from None
        if id_ not in known.accounts:
            raise SettingsError(f"The Stripe account {id_} belongs to no tenant.", remedy)
        return known.accounts[id_]

    def _accept(self, account: StripeAccount, kind: Kind, refusal: _UnavailableError) -> None:
        """Note that a kind is not read. Raises PlumblineError where the key may not be without it."""
        if not kind.is_optional and kind.name not in account.optional:
            raise _required(account, kind, refusal) from None
        self.notices.append(f"Not read from {account.name}: {kind.name.replace('_', ' ')}; {refusal.reason}.")


def _required(account: StripeAccount, kind: Kind, refusal: _UnavailableError) -> PlumblineError:
    message = f"The {kind.name} of {account.name} cannot be read: {refusal.reason}."
    optional = f"or list {kind.name} among the optional kinds of {account.name}."
    if refusal.status == 403:
        return SettingsError(message, f"Give the restricted key leave to read them, {optional}")
    return SourceError(message, f"Check the URL of {account.name}, {optional}")


class _UnavailableError(Exception):
    """An endpoint is unknown (status 404), closed to the key (403), or does not know the request (400)."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status

    @property
    def reason(self) -> str:
        return {403: "the key may not read them", 404: "the API does not have them"}.get(self.status, "the API refuses the request")


class _Api:
    """The objects of one account, one request after the other."""

    def __init__(self, account: StripeAccount) -> None:
        self._account = account
        self._discounts: dict[str, JsonObject] = {}
        self._searched: set[str] = set()
        self._unknown_discounts: set[str] = set()
        self._cut_lists = 0
        self._client = RESTClient(
            base_url=account.url,
            headers={"Stripe-Version": STRIPE_VERSION} | ({"Stripe-Account": account.connected} if account.connected else {}),
            auth=BearerTokenAuth(token=account.key),
            session=Client(
                raise_for_status=False,
                request_timeout=(10, 80),
                request_max_attempts=account.attempts,
                request_backoff_factor=account.pause,
                request_max_retry_delay=60,
            ).session,
        )

    @property
    def name(self) -> str:
        return self._account.name

    @property
    def notices(self) -> list[str]:
        """What could not be read although it is there, or was."""
        told = []
        if self._cut_lists:
            told.append(f"{self._cut_lists} long lists in past states of {self._account.name} are cut: their objects are gone.")
        if self._unknown_discounts:
            told.append(
                f"{len(self._unknown_discounts)} discounts in past states of {self._account.name} have ended and are known by id only."
            )
        return told

    def objects(self, path: str, parameters: Mapping[str, str]) -> Iterator[JsonObject]:
        """All objects of a list, page by page. Raises _UnavailableError before the first, and PlumblineError."""
        paginator = JSONResponseCursorPaginator(cursor_path="data[-1].id", cursor_param="starting_after", has_more_path="has_more")
        yield from self._pages(path, {**parameters, "limit": str(self._account.page)}, "data", paginator)

    def object(self, path: str, parameters: Mapping[str, str] | None = None) -> JsonObject:
        """One object. Raises _UnavailableError, PlumblineError."""
        return next(self._pages(path, parameters or {}, "$", SinglePagePaginator()))

    def _pages(self, path: str, parameters: Mapping[str, str], selector: str, paginator: Any) -> Iterator[JsonObject]:
        # Below the account's own URL, wherever an object says that its list is: the key goes nowhere else.
        below = f"v1/{path}"
        try:
            for page in self._client.paginate(below, params=dict(parameters), data_selector=selector, paginator=paginator):
                for item in page:
                    if not isinstance(item, dict):
                        raise ValueError(item)
                    yield item
        except HTTPError as error:
            raise self._explained(error.response.status_code if error.response is not None else 0) from None
        except ValueError:
            raise SourceError(f"What {self._account.url} answers is not Stripe's API.", f"Check the URL of {self._account.name}.") from None
        except RequestException:
            raise SourceError(
                f"Stripe ({self._account.url}) does not answer, {self._account.attempts} times.", "Check the network, then load again."
            ) from None

    def _explained(self, status: int) -> PlumblineError | _UnavailableError:
        account = self._account
        if status == 401:
            return SettingsError(
                f"Stripe refuses the key of {account.name}.", "Check that the key is complete, not expired, and of this account."
            )
        if status in (400, 403, 404):
            return _UnavailableError(status)
        if status == 429:
            return SourceError(f"Stripe says that {account.name} asks too often, {account.attempts} times.", "Load again later.")
        return SourceError(
            f"Stripe ({account.url}) answers with error {status}" + (f", {account.attempts} times." if status >= 500 else "."),
            "Load again later; status.stripe.com tells of disturbances." if status >= 500 else f"Check the settings of {account.name}.",
        )

    def completed(self, item: JsonObject, at: int | None = None) -> JsonObject:
        """The object with all elements of the lists inside it, those of the moment `at` where it is a past state, and with the terms
        of its discounts."""
        for name, inside in item.items():
            if isinstance(inside, dict) and inside.get("object") == "list" and inside.get("has_more") is True:
                item = item | {name: self._completed_list(inside, at)}
        return self._with_discounts(item) if item.get("object") == "subscription" else item

    def _completed_list(self, inside: JsonObject, at: int | None) -> JsonObject:
        try:
            elements = list(self.objects(str(inside.get("url")).removeprefix("/v1/"), {}))
        except _UnavailableError:
            elements = []
        if not elements:
            self._cut_lists += 1
        known = {element.get("id") for element in inside["data"]}
        later = [each for each in elements if each.get("id") not in known and (at is None or each.get("created", at) <= at)]
        return inside | {"data": [*inside["data"], *later], "has_more": False}

    def completed_event(self, event: JsonObject) -> JsonObject:
        """The event with its object completed."""
        data = event.get("data")
        if not isinstance(data, dict) or not isinstance(data.get("object"), dict):
            return event
        return event | {"data": data | {"object": self.completed(data["object"], event.get("created"))}}

    def _with_discounts(self, subscription: JsonObject) -> JsonObject:
        """A subscription with the terms of the discounts that it names by their ids."""
        discounts = subscription.get("discounts") or []
        named = {discount for discount in discounts if isinstance(discount, str)}
        if not named:
            return subscription
        self._learn([subscription.get("discount")])
        id_ = str(subscription.get("id"))
        if not named <= self._discounts.keys() and id_ not in self._searched:
            self._searched.add(id_)
            # One that is gone tells nothing of its discounts: they are among the unknown then.
            with suppress(_UnavailableError):
                self._learn(self.object(f"subscriptions/{id_}", {"expand[]": "discounts"}).get("discounts") or [])
        self._unknown_discounts |= named - self._discounts.keys()
        return subscription | {"discounts": [self._discounts.get(each, each) if isinstance(each, str) else each for each in discounts]}

    def _learn(self, discounts: Iterable[Any]) -> None:
        self._discounts |= {discount["id"]: discount for discount in discounts if isinstance(discount, dict) and "id" in discount}


def _listed(api: _Api, kind: Kind, since: datetime | None) -> Iterator[JsonObject]:
    """The objects of a kind that were created since, the first of which has been asked for. Raises _UnavailableError, PlumblineError."""
    created = {"created[gte]": str(int(since.replace(tzinfo=UTC).timestamp()))} if since else {}
    items = api.objects(kind.name, {**kind.parameters, **created})
    try:
        first = next(items, None)
    except _UnavailableError as refusal:
        if kind.instead and refusal.status == 404:
            return _listed(api, Kind(kind.instead), since)
        if "expand[]" in kind.parameters and refusal.status == 400:
            # A stand-in that has no such field.
            return _listed(
                api, replace(kind, parameters={name: value for name, value in kind.parameters.items() if name != "expand[]"}), since
            )
        raise
    return iter(()) if first is None else chain((first,), _followed(api, kind, items))


def _followed(api: _Api, kind: Kind, items: Iterator[JsonObject]) -> Iterator[JsonObject]:
    """The rest of a list whose first page was given. Raises SourceError where a later page is not."""
    try:
        yield from items
    except _UnavailableError as refusal:
        message = f"Stripe gave some of the {kind.name} of {api.name}, and then no more: {refusal.reason}."
        raise SourceError(message, "Load again.") from None


def _is_since(event: JsonObject, since: datetime | None) -> bool:
    """Whether an event was asked for: older ones, of an API that does not know the filter, were read before."""
    created = event.get("created")
    return since is None or not isinstance(created, int) or created >= since.replace(tzinfo=UTC).timestamp()


def _pieces(items: Iterable[JsonObject]) -> Iterator[pa.LargeStringArray]:
    """The objects as JSON texts, some at a time."""
    texts: list[str] = []
    for item in items:
        texts.append(json.dumps(item))
        if len(texts) == RECORDS_AT_A_TIME:
            yield texts_of(texts)
            texts = []
    if texts:
        yield texts_of(texts)
