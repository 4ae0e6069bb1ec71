"""Objects in the shapes of Stripe's API version 2024-06-20. Amounts are integer minor units, times epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

API_VERSION = "2024-06-20"

Object = dict[str, Any]


@dataclass(frozen=True)
class Price:
    """A price of the catalogue. `level` counts the plans from the cheapest, 0."""

    id: str
    product: str
    level: int
    currency: str
    interval: str
    unit_amount: int


@dataclass(frozen=True)
class Coupon:
    """A coupon of the catalogue: `percent_off` or `amount_off`, once, for `months` (repeating), or forever."""

    id: str
    duration: str
    percent_off: int | None = None
    amount_off: int | None = None
    currency: str | None = None
    months: int | None = None


def listed(data: list[Object], url: str) -> Object:
    return {"object": "list", "data": data, "has_more": False, "total_count": len(data), "url": url}


def product_object(id_: str, name: str, created: int) -> Object:
    return {
        "id": id_,
        "object": "product",
        "active": True,
        "created": created,
        "default_price": None,
        "description": None,
        "livemode": True,
        "metadata": {},
        "name": name,
        "type": "service",
        "updated": created,
    }


def price_object(price: Price, created: int, livemode: bool) -> Object:
    return {
        "id": price.id,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": created,
        "currency": price.currency,
        "livemode": livemode,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": price.product,
        "recurring": {
            "aggregate_usage": None,
            "interval": price.interval,
            "interval_count": 1,
            "trial_period_days": None,
            "usage_type": "licensed",
        },
        "tax_behavior": "exclusive",
        "tiers_mode": None,
        "type": "recurring",
        "unit_amount": price.unit_amount,
        "unit_amount_decimal": str(price.unit_amount),
    }


def coupon_object(coupon: Coupon, created: int) -> Object:
    return {
        "id": coupon.id,
        "object": "coupon",
        "amount_off": coupon.amount_off,
        "created": created,
        "currency": coupon.currency,
        "duration": coupon.duration,
        "duration_in_months": coupon.months,
        "livemode": True,
        "max_redemptions": None,
        "metadata": {},
        "name": coupon.id.replace("_", " "),
        "percent_off": coupon.percent_off,
        "redeem_by": None,
        "times_redeemed": 0,
        "valid": True,
    }


def customer_object(id_: str, *, created: int, currency: str, country: str, person: Object, user: str, livemode: bool) -> Object:
    return {
        "id": id_,
        "object": "customer",
        "address": {"city": "Exampleton", "country": country, "line1": "1 Sample Street", "postal_code": "00000"},
        "balance": 0,
        "created": created,
        "currency": currency,
        "delinquent": False,
        "description": None,
        "discount": None,
        **person,
        "invoice_prefix": id_[-6:].upper(),
        "livemode": livemode,
        "metadata": {"user_id": user},
        "tax_exempt": "none",
    }


def event_object(id_: str, type_: str, created: int, account: str, livemode: bool, state: Object) -> Object:
    return {
        "id": id_,
        "object": "event",
        "account": account,
        "api_version": API_VERSION,
        "created": created,
        "data": {"object": state},
        "livemode": livemode,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": type_,
    }
