"""The declared raw tables: one declaration per table, from which everything else is derived.

A declaration drives the validation of rows, the dlt column hints, the pages of documentation and the dbt sources
(`models/staging/*/_*__sources.yml`, written by `python -m ingestion.dbt_sources`; a test holds them equal).
`ingestion/declarations.py` is the vocabulary, `ingestion/log_tables.py` the application's logs; both are read through here.
"""

from __future__ import annotations

from ingestion.declarations import BOOKKEEPING, TENANT_ID, Column, ColumnType, Family, Privacy, Table, identifier, plain, scanned, token
from ingestion.log_tables import LOGS

__all__ = [
    "BOOKKEEPING",
    "DELETED_ROWS",
    "EVENTS",
    "LOAD_FILES",
    "LOGS",
    "PAYMENTS",
    "PII_FINDINGS",
    "REJECTED_ROWS",
    "SOURCE_CURSORS",
    "TABLES",
    "TENANT_ID",
    "UNKNOWN_FIELDS",
    "Column",
    "ColumnType",
    "Family",
    "Privacy",
    "Table",
]

_OCEAN = {
    "openness": "O",
    "conscientiousness": "C",
    "extraversion": "E",
    "agreeableness": "A",
    "neuroticism": "N",
}


def _trait(name: str, letter: str) -> Column:
    spellings = (f"ocean_scores.{letter}", f"ocean_scores.{name}", name, f"ocean_{name}")
    return plain(name, "double", f"OCEAN score of {name}, 0 to 100.", paths=tuple(f"metrics.{path}" for path in spellings))


EVENTS = Table(
    name="events",
    family="events",
    description="One row per received product event, in every dialect, after pseudonymisation.",
    key=("event_id",),
    event_time="occurred_at",
    columns=(
        token("event_id", "The sender's event id; where missing, derived from the tenant and the row's content."),
        token("event_type", "Name of the event, such as `assessment.completed`.", required=True),
        identifier("user_id", "The signed-in user, pseudonymised."),
        identifier("anonymous_id", "The device or visitor before sign-in, pseudonymised."),
        token("session_id", "The client's session id, if it sent one (sessions are computed from gaps, not from this)."),
        Column("ip_hash", "text", "The sender's address, hashed with a monthly salt.", Privacy.IP, paths=("ip",)),
        plain("occurred_at", "timestamp", "When it happened, by the client, UTC.", required=True, paths=("timestamp",)),
        plain("received_at", "timestamp", "When the collector received it, UTC."),
        token("platform", "Client platform, such as web or mobile.", paths=("attributes.platform",)),
        token("app_version", "Client version.", paths=("attributes.app_version",)),
        token("country", "Country of the client, ISO 3166 code.", paths=("attributes.country",)),
        token("organization_id", "Organisation inside the tenant.", paths=("attributes.organization_id",)),
        token("module", "Product module.", paths=("attributes.module",)),
        token("feature", "Feature used, for `feature.used`.", paths=("attributes.feature",)),
        token("assessment_id", "The assessment that the event is about.", paths=("attributes.assessment_id",)),
        token("assessment_type", "Kind of assessment.", paths=("attributes.assessment_type",)),
        plain("duration_seconds", "double", "Duration reported with the event, seconds.", paths=("metrics.duration_seconds",)),
        plain("completion_percentage", "double", "Completion, 0 to 100.", paths=("metrics.completion_percentage",)),
        plain("ai_confidence", "double", "Confidence of the AI that scored, 0 to 1.", paths=("metrics.ai_confidence",)),
        plain("dual_ai_agreement", "double", "Agreement of the two AIs, 0 to 1.", paths=("metrics.dual_ai_agreement",)),
        *(_trait(name, letter) for name, letter in _OCEAN.items()),
        Column("attributes", "json", "All attributes, scanned, as a JSON object of strings.", Privacy.SCANNED),
        Column("metrics", "json", "All metrics, flattened, as a JSON object of numbers.", Privacy.SCANNED),
        token("dialect", "The event dialect that was recognised.", accepted=("native", "pinpoint", "segment", "mixpanel", "amplitude")),
    ),
)

# Every Stripe state row: when the state began and whether an event or a plain object told it.
_STATE: tuple[Column, ...] = (
    plain("state_at", "timestamp", "Since when the state holds: the Stripe event's `created`, UTC; null for an object seen without event."),
    token("stripe_event_id", "The Stripe event that carried the state; null for an object seen without event."),
    token("stripe_event_type", "Its type, such as customer.subscription.updated."),
    plain("is_livemode", "bool", "False for Stripe's test mode.", paths=("livemode",)),
)


def _stripe(
    name: str,
    description: str,
    *columns: Column,
    key: tuple[str, ...],
    object_: str | None = None,
    explode: str | None = None,
) -> Table:
    return Table(
        name=name,
        family="payments",
        description=description,
        columns=(*columns, *_STATE),
        key=key,
        event_time="state_at",
        object=object_ or name.removesuffix("s"),
        explode=explode,
    )


def _minor(name: str, description: str, *paths: str) -> Column:
    return plain(name, "bigint", f"{description}, integer minor units of the currency.", paths=paths)


def _price_terms(*prefixes: str) -> tuple[Column, ...]:
    """The terms of a price, as they stand in a price, a legacy plan, or below `prefixes` in a subscription item."""

    def at(*fields: str) -> tuple[str, ...]:
        return tuple(prefix + field for prefix in prefixes for field in fields)

    return (
        token("product_id", "The product sold.", paths=at("product")),
        token("currency", "ISO 4217 code, lower case as Stripe writes it.", paths=at("currency")),
        plain(
            "unit_amount",
            "decimal",
            "Price of one unit, minor units of the currency (may have decimals).",
            paths=at("unit_amount_decimal", "unit_amount", "amount_decimal", "amount"),
        ),
        token("interval", "day, week, month or year.", paths=at("recurring.interval", "interval")),
        plain(
            "interval_count",
            "bigint",
            "Intervals between two invoices.",
            paths=at("recurring.interval_count", "interval_count"),
        ),
        token("usage_type", "licensed or metered.", paths=at("recurring.usage_type", "usage_type")),
        token("billing_scheme", "per_unit or tiered.", paths=at("billing_scheme")),
        token("tiers_mode", "graduated or volume, for tiered prices.", paths=at("tiers_mode")),
        Column("tiers", "json", "The tiers of a tiered price.", Privacy.SCANNED, paths=at("tiers")),
    )


_ID = ("id",)
_CUSTOMER = identifier("customer_id", "The paying customer, pseudonymised.", paths=("customer",))
_CREATED = plain("created_at", "timestamp", "When Stripe created the object, UTC.", paths=("created",))
_CURRENCY = token("currency", "ISO 4217 code, lower case as Stripe writes it.")
_STATUS = token("status", "Stripe's status of the object.")
_DISCOUNT_TERMS: tuple[Column, ...] = (
    plain("percent_off", "decimal", "Percent taken off, 0 to 100.", paths=("coupon.percent_off", "source.coupon.percent_off")),
    _minor("amount_off", "Amount taken off", "coupon.amount_off", "source.coupon.amount_off"),
    token("currency", "Currency of amount_off.", paths=("coupon.currency", "source.coupon.currency")),
    token("duration", "once, repeating or forever.", paths=("coupon.duration", "source.coupon.duration")),
    plain(
        "duration_in_months",
        "bigint",
        "Months that a repeating coupon lasts.",
        paths=("coupon.duration_in_months", "source.coupon.duration_in_months"),
    ),
)

PAYMENTS: tuple[Table, ...] = (
    _stripe(
        "customers",
        "One row per state of a Stripe customer.",
        identifier("customer_id", "The customer, pseudonymised.", required=True, paths=_ID),
        identifier(
            "user_id", "The product user that the customer is, pseudonymised like the events' user_id.", paths=("metadata.user_id",)
        ),
        _CURRENCY,
        token("country", "ISO 3166 code of the billing address.", paths=("address.country",)),
        _CREATED,
        plain("is_deleted", "bool", "True once the customer was deleted.", paths=("deleted",)),
        key=("customer_id",),
    ),
    _stripe(
        "products",
        "One row per state of a Stripe product.",
        token("product_id", "The product.", required=True, paths=_ID),
        scanned("product_name", "Its name in the tenant's catalogue.", paths=("name",)),
        plain("is_active", "bool", "Whether it is on sale.", paths=("active",)),
        key=("product_id",),
    ),
    _stripe(
        "prices",
        "One row per state of a Stripe price, or of a plan, its predecessor.",
        token("price_id", "The price.", required=True, paths=_ID),
        *_price_terms(""),
        plain("is_active", "bool", "Whether it is on sale.", paths=("active",)),
        key=("price_id",),
    ),
    _stripe(
        "coupons",
        "One row per state of a Stripe coupon.",
        token("coupon_id", "The coupon.", required=True, paths=_ID),
        plain("percent_off", "decimal", "Percent taken off, 0 to 100."),
        _minor("amount_off", "Amount taken off"),
        token("currency", "Currency of amount_off."),
        token("duration", "once, repeating or forever."),
        plain("duration_in_months", "bigint", "Months that a repeating coupon lasts."),
        key=("coupon_id",),
    ),
    _stripe(
        "subscriptions",
        "One row per state of a Stripe subscription.",
        token("subscription_id", "The subscription.", required=True, paths=_ID),
        identifier("customer_id", "The paying customer, pseudonymised.", required=True, paths=("customer",)),
        token("status", "Stripe's status: trialing, active, past_due, canceled, ...", required=True),
        _CURRENCY,
        _CREATED,
        plain("started_at", "timestamp", "Start of the subscription, may be backdated, UTC.", paths=("start_date",)),
        plain("trial_started_at", "timestamp", "Start of the trial, UTC.", paths=("trial_start",)),
        plain("trial_ends_at", "timestamp", "End of the trial, UTC.", paths=("trial_end",)),
        plain(
            "period_started_at",
            "timestamp",
            "Start of the running billing period, UTC.",
            paths=("current_period_start", "items.data.0.current_period_start"),
        ),
        plain(
            "period_ends_at",
            "timestamp",
            "End of the running billing period, UTC.",
            paths=("current_period_end", "items.data.0.current_period_end"),
        ),
        plain("is_cancel_at_period_end", "bool", "Whether it ends with the running period.", paths=("cancel_at_period_end",)),
        plain("cancel_at", "timestamp", "When it is to be cancelled, UTC."),
        plain("canceled_at", "timestamp", "When the cancellation was requested, UTC."),
        plain("ended_at", "timestamp", "When it really ended, UTC."),
        token("pause_behavior", "Set while collection is paused.", paths=("pause_collection.behavior",)),
        key=("subscription_id",),
    ),
    _stripe(
        "subscription_items",
        "One row per item in a state of a Stripe subscription.",
        token("subscription_id", "The subscription.", required=True, paths=("^id",)),
        token("subscription_item_id", "The item.", required=True, paths=_ID),
        token("price_id", "The price of the item.", paths=("price.id", "plan.id", "price", "plan")),
        plain("quantity", "bigint", "Units of the price; null for metered prices."),
        *_price_terms("price.", "plan."),
        key=("subscription_item_id",),
        object_="subscription",
        explode="items.data",
    ),
    _stripe(
        "subscription_discounts",
        "One row per discount in a state of a Stripe subscription, in the order in which they apply.",
        token("subscription_id", "The subscription.", required=True, paths=("^id",)),
        token("discount_id", "The discount.", paths=_ID),
        plain("position", "bigint", "Place in the list, from 1: discounts compound in this order.", required=True, paths=("#",)),
        token("coupon_id", "The coupon applied.", paths=("coupon.id", "source.coupon.id", "coupon", "source.coupon")),
        *_DISCOUNT_TERMS,
        plain("started_at", "timestamp", "Since when the discount applies, UTC.", paths=("start",)),
        plain("ends_at", "timestamp", "Until when it applies, UTC; null = open.", paths=("end",)),
        key=("subscription_id", "position"),
        object_="subscription",
        explode="discounts",
    ),
    _stripe(
        "invoices",
        "One row per state of a Stripe invoice.",
        token("invoice_id", "The invoice.", required=True, paths=_ID),
        _CUSTOMER,
        token(
            "subscription_id",
            "The subscription billed, if any.",
            paths=("subscription", "parent.subscription_details.subscription"),
        ),
        _STATUS,
        token("billing_reason", "Why it was made: subscription_create, subscription_cycle, ..."),
        _CURRENCY,
        _minor("total", "Total with tax"),
        _minor("tax", "Tax in the total", "tax", "total_taxes.0.amount"),
        _minor("amount_paid", "Paid so far"),
        _CREATED,
        plain("paid_at", "timestamp", "When it was paid, UTC.", paths=("status_transitions.paid_at",)),
        key=("invoice_id",),
    ),
    _stripe(
        "invoice_lines",
        "One row per line in a state of a Stripe invoice.",
        token("invoice_id", "The invoice.", required=True, paths=("^id",)),
        token("invoice_line_id", "The line.", required=True, paths=_ID),
        token(
            "subscription_item_id",
            "The subscription item billed, if any.",
            paths=("subscription_item", "parent.subscription_item_details.subscription_item"),
        ),
        token("price_id", "The price billed.", paths=("price.id", "plan.id", "pricing.price_details.price")),
        _minor("amount", "Amount before tax and discounts"),
        _CURRENCY,
        plain("quantity", "bigint", "Units billed."),
        plain(
            "is_proration",
            "bool",
            "Whether the line corrects a change within a period.",
            paths=("proration", "parent.subscription_item_details.proration"),
        ),
        plain("period_started_at", "timestamp", "Start of the service billed, UTC.", paths=("period.start",)),
        plain("period_ends_at", "timestamp", "End of the service billed, UTC.", paths=("period.end",)),
        key=("invoice_line_id",),
        object_="invoice",
        explode="lines.data",
    ),
    _stripe(
        "charges",
        "One row per state of a Stripe charge.",
        token("charge_id", "The charge.", required=True, paths=_ID),
        _CUSTOMER,
        token("invoice_id", "The invoice paid, if any.", paths=("invoice",)),
        _STATUS,
        token("failure_code", "Why a failed charge failed."),
        token("currency", "ISO 4217 code, lower case as Stripe writes it.", required=True),
        plain("amount", "bigint", "Amount charged, integer minor units of the currency.", required=True),
        _minor("amount_refunded", "Refunded so far"),
        _CREATED,
        key=("charge_id",),
    ),
    _stripe(
        "refunds",
        "One row per state of a Stripe refund.",
        token("refund_id", "The refund.", required=True, paths=_ID),
        token("charge_id", "The charge refunded.", paths=("charge",)),
        _STATUS,
        token("reason", "Why, as Stripe lists it."),
        token("currency", "ISO 4217 code, lower case as Stripe writes it.", required=True),
        plain("amount", "bigint", "Amount refunded, integer minor units of the currency.", required=True),
        _CREATED,
        key=("refund_id",),
    ),
    _stripe(
        "disputes",
        "One row per state of a Stripe dispute.",
        token("dispute_id", "The dispute.", required=True, paths=_ID),
        token("charge_id", "The charge disputed.", paths=("charge",)),
        _STATUS,
        token("reason", "Why, as Stripe lists it."),
        token("currency", "ISO 4217 code, lower case as Stripe writes it.", required=True),
        plain("amount", "bigint", "Amount disputed, integer minor units of the currency.", required=True),
        _CREATED,
        key=("dispute_id",),
    ),
    _stripe(
        "other_objects",
        "One row per state of a Stripe object without a table of its own: schedules, invoice items, payment intents, payouts.",
        token("object_type", "Stripe's name of the kind of object.", required=True, paths=("object",)),
        token("object_id", "The object.", required=True, paths=_ID),
        Column("payload", "json", "The object without personal data.", Privacy.SCANNED, paths=(".",)),
        key=("object_type", "object_id"),
        object_="*",
    ),
    Table(
        name="fx_rates",
        family="payments",
        description="One row per published exchange rate of a currency on a day; without tenant, for every tenant.",
        key=("currency", "rate_date"),
        event_time=None,
        is_shared=True,
        columns=(
            plain("rate_date", "date", "Day of the rate.", required=True, paths=("date",)),
            token("currency", "ISO 4217 code.", required=True),
            plain("rate_to_usd", "decimal", "US dollars for one unit of the currency.", required=True),
        ),
    ),
)

TABLES: tuple[Table, ...] = (EVENTS, *PAYMENTS, *LOGS)


# What a load did, per file and table. rows_read = the sum of the other counts: a test holds it.
LOAD_FILES: tuple[Column, ...] = (
    Column("family", "text", "events, payments or logs."),
    Column("table_name", "text", "The raw table; `unknown` for lines that no table could be found for."),
    Column("file_id", "text", "Version of the file: a keyed hash of its path and content."),
    Column("path", "text", "Path below the landing folder, or of the same shape for a live source."),
    Column(
        "stamp",
        "text",
        "Size, times and checksum of the file, as its store tells them, when it was last read: the same stamp, the same content; "
        "null for a live source.",
    ),
    Column("fingerprint", "text", "SHA-256 of the file's bytes, or of what a live source gave."),
    Column("rows_read", "bigint", "Lines or records read."),
    Column("rows_accepted", "bigint", "Lines that became rows."),
    Column("rows_rejected", "bigint", "Lines in quarantine, with their reason."),
    Column("rows_duplicate", "bigint", "Lines that an earlier version of the same file had brought."),
    Column("min_event_at", "timestamp", "Earliest event time among the accepted rows, UTC."),
    Column("max_event_at", "timestamp", "Latest event time among the accepted rows, UTC."),
    Column("error", "text", "What was wrong with the file as a whole; null when nothing."),
    Column("key_id", "text", "Tells pseudonym keys apart without telling them: one warehouse, one key."),
    Column("loaded_at", "timestamp", "When the load began, UTC."),
    Column("_dlt_load_id", "text", "The load package."),
)

REJECTED_ROWS: tuple[Column, ...] = (
    Column("tenant_id", "text", "The tenant, where the row told it."),
    Column("family", "text", "events, payments or logs."),
    Column("table_name", "text", "The raw table it was meant for, or `unknown`."),
    Column("file_id", "text", "Version of the file."),
    Column("path", "text", "Path below the landing folder."),
    Column("line_no", "bigint", "Line (or record) number, from 1."),
    Column("reason_code", "text", "Why: one of the reason codes of docs/raw_tables.md."),
    Column("field", "text", "The field that was wrong, if one was."),
    Column("raw_text", "text", "The line, with everything that could be personal masked."),
    Column("loaded_at", "timestamp", "When the load began, UTC."),
    Column("_dlt_load_id", "text", "The load package."),
)

UNKNOWN_FIELDS: tuple[Column, ...] = (
    Column("tenant_id", "text", "The tenant."),
    Column("family", "text", "events, payments or logs."),
    Column("table_name", "text", "The raw table."),
    Column(
        "field",
        "text",
        "A field that the contract does not name, as sent; `[text]` for one that is prose, `[more]` for the rest of very many.",
    ),
    Column("rows_with_it", "bigint", "Rows of the load that held it, in their column `extra`."),
    Column("path", "text", "The first file of the load that held it."),
    Column("loaded_at", "timestamp", "When the load began, UTC."),
    Column("_dlt_load_id", "text", "The load package."),
)

PII_FINDINGS: tuple[Column, ...] = (
    Column("tenant_id", "text", "The tenant."),
    Column("family", "text", "events, payments or logs."),
    Column("table_name", "text", "The raw table."),
    Column("column_name", "text", "Where it was found."),
    Column("pii_class", "text", "email, phone, ip, card, name, prose, ..."),
    Column("findings", "bigint", "How many values held it."),
    Column("file_id", "text", "Version of the file."),
    Column("loaded_at", "timestamp", "When the load began, UTC."),
    Column("_dlt_load_id", "text", "The load package."),
)

# How far live sources were read. It is loaded with the rows that were read, so that neither is known without the other.
SOURCE_CURSORS: tuple[Column, ...] = (
    Column("source", "text", "Path of the table or endpoint, as in `load_files`."),
    Column("cursor_at", "timestamp", "The latest moment that its accepted rows tell, never past the load, UTC; null where none tells one."),
    Column("loaded_at", "timestamp", "When the load began, UTC. The latest row of a source counts."),
    Column("_dlt_load_id", "text", "The load package."),
)

# Raw rows whose source has no longer the row that they came from. Each row here is a change: gone, or there again.
DELETED_ROWS: tuple[Column, ...] = (
    Column("tenant_id", "text", "The tenant of the raw row."),
    Column("family", "text", "events, payments or logs."),
    Column("table_name", "text", "The raw table."),
    Column("file_id", "text", "With line_no, the raw row."),
    Column("line_no", "bigint", "With file_id, the raw row."),
    Column("is_deleted", "bool", "True: it is gone from its source. False: it is there again."),
    Column("loaded_at", "timestamp", "When the load that noticed it began, UTC."),
    Column("_dlt_load_id", "text", "The load package."),
)
