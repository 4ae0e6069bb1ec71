"""Privacy at the edge: what is personal is hashed, masked or dropped before anything is written.

Identifiers become HMAC-SHA-256 in SQL, from key material that `keys` derives per tenant (and per month for addresses);
`keyed_hash` is the same function in Python. Texts are searched in two steps: a regular expression that DuckDB evaluates over
whole columns finds the few rows that may hold something (`SUSPICIOUS_TEXT`, `SUSPICIOUS_JSON`), and only those rows reach
the exact rules in Python (`Scrubber`).

Two rules rest on what cannot be known. A name cannot be told from other words, so text with blanks or with letters
outside ASCII is prose, and prose is never stored: `[text]` stands for it. An id that holds something personal is replaced
by its hash instead of a mask, so that it stays unique and joins still hold.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import pyarrow as pa

from ingestion import dialects
from ingestion.contracts import TABLES, Privacy

_BLOCK = 64  # bytes of a SHA-256 block: HMAC pads its key to it

_EMAIL = re.compile(r"[^\s@\"'<>|,;:/?=&]+(?:@|%40)[^\s@\"'<>|,;:/?=&]+\.[A-Za-z]{2,}")
_IP_V4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_IP_V6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_CARD = re.compile(r"(?<![0-9A-Za-z])(?:\d[ -]?){12,18}\d(?![0-9A-Za-z])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_PHONE = re.compile(
    r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){6,14}(?!\w)"
    r"|(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[ .-])?\d{3}[ .-]\d{4}(?![\w-])"
    r"|(?<![\w.-])0\d{1,4}-\d{1,4}-\d{3,4}(?![\w-])"
)
_PROSE = re.compile(r"[^\x21-\x7e]")

# Issuers' ranges: a number that passes Luhn's check by chance is mostly outside of them.
_CARD_ISSUERS = re.compile(r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3[068]\d{12}|(?:35|6[0245])\d{14,17}")

_TEXT_HINTS = (
    r"[^\x21-\x7e]",
    r"@|%40",
    r"\d\.\d{1,3}\.\d{1,3}\.\d",
    r":[0-9A-Fa-f]{0,4}:",
    r"(?:\d[ -]?){12}\d",
    r"[A-Z]{2}\d{2}[A-Z0-9]{11}",
    r"\+\d|\d{3}[ .-]\d{4}|0\d{1,4}-\d{1,4}-\d{3}",
)

# Keys of JSON objects whose value tells who somebody is. Matched in snake_case, whole or as the end of a longer key.
_DIRECT_KEYS = frozenset(
    {
        *("name", "full_name", "first_name", "last_name", "middle_name", "given_name", "family_name", "maiden_name", "surname"),
        *("nickname", "display_name", "user_name", "username", "customer_name", "account_holder_name", "contact_name"),
        *("email", "mail", "phone", "phone_number", "telephone", "mobile", "fax"),
        *("address", "street", "line1", "line2", "postal_code", "zip", "zip_code", "latitude", "longitude"),
        *("birthday", "birth_date", "birthdate", "date_of_birth", "dob", "ssn", "passport", "iban", "fingerprint", "last4"),
        *("lat", "lng", "location_lat", "location_lng", "avatar", "device_token", "push_token", "android_devices", "ios_devices"),
        *("advertising_id", "ad_id", "adid", "android_id", "gaid", "idfa", "idfv", "ios_ifa", "imei"),
        *("ip_address", "user_agent", "shipping", "billing_details", "payment_method_details"),
        *("receipt_url", "hosted_invoice_url", "invoice_pdf"),
    }
)
_DIRECT_ENDINGS = ("_email", "_phone", "_address", "_first_name", "_last_name", "_full_name", "_phone_number", "_birthday", "_iban")


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """`firstName`, `FirstName` and `first-name` are all `first_name`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).replace("-", "_").lower()


@lru_cache(maxsize=4096)
def _key_name(key: str) -> str:
    """What a key says, whatever its spelling: `$firstName` and `First Name` are `first_name`."""
    return re.sub(r"[^a-z0-9]+", "_", snake_case(key)).strip("_")


# Keys whose value is a person's id, wherever they stand: those of the contract, and others' names for the same.
_IDENTIFIER_KEYS = frozenset(
    (
        *(
            name.rpartition(".")[2]
            for table in TABLES
            for column in table.columns
            if column.privacy in (Privacy.IDENTIFIER, Privacy.PERSON)
            for name in (column.name, *column.paths)
        ),
        *(_key_name(key) for key in dialects.identifier_keys()),
        "client_reference_id",
    )
) - {"id"}

# Any spelling of such a key, as it stands in a JSON text. Keys with a blank inside are found as prose.
_KEY_HINT = '"[^"a-zA-Z0-9]?(?i:{}|[^"]*(?:{}))":'.format(
    "|".join(sorted(key.replace("_", "[_-]?") for key in _DIRECT_KEYS | _IDENTIFIER_KEYS)),
    "|".join(ending.removeprefix("_").replace("_", "[_-]?") for ending in _DIRECT_ENDINGS),
)

SUSPICIOUS_TEXT = "|".join(_TEXT_HINTS)
# What some senders write for numbers and JSON does not know: NaN, Infinity, exponents beyond any double.
_NO_NUMBER = r"[:,\[]\s*-?(?:(?i:nan|inf(?:inity)?)\s*[,\]}]|[\d.]+[eE]\+?\d{3})"

SUSPICIOUS_JSON = "|".join((*_TEXT_HINTS, r"\\", _KEY_HINT, _NO_NUMBER))


_ANY_HINT = re.compile(SUSPICIOUS_TEXT)


def tenant_key(secret: str, tenant: str) -> bytes:
    """The key of one tenant: the same person is somebody else in another tenant."""
    return hmac.digest(secret.encode(), f"plumbline tenant {tenant}".encode(), "sha256")


def month_key(secret: str, tenant: str, month: str) -> bytes:
    """The key for addresses seen in a month (YYYY-MM): they cannot be joined with those of another month."""
    return hmac.digest(tenant_key(secret, tenant), f"ip {month}".encode(), "sha256")


def keyed_hash(key: bytes, value: str) -> str:
    """HMAC-SHA-256 in hex."""
    return hmac.digest(key, value.encode(), "sha256").hex()


def secret_id(secret: str) -> str:
    """Tells whether a warehouse was loaded with this secret, without telling the secret."""
    return keyed_hash(secret.encode(), "plumbline key id")[:12]


_ADDRESS = "[0-9]{1,3}([.][0-9]{1,3}){3}|([0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|[0-9A-Fa-f:]*::[0-9A-Fa-f:.]*"

# The same hash in DuckDB, from the padded keys that `keys` holds; and whether a person's key is the address of a device.
HASH_MACROS = (
    "create macro keyed_hash(inner_pad, outer_pad, value) as sha256(outer_pad || unhex(sha256(inner_pad || encode(value))))",
    f"create macro is_address(value) as regexp_full_match(value, '{_ADDRESS}')",
)


def keys(secret: str, tenants: Iterable[tuple[str, str | None]]) -> pa.Table:
    """The padded keys of (tenant, month) pairs; month null stands for the key of the tenant's persons."""
    rows = []
    for tenant, month in tenants:
        key = (tenant_key(secret, tenant) if month is None else month_key(secret, tenant, month)).ljust(_BLOCK, b"\0")
        rows.append((tenant, month, bytes(byte ^ 0x36 for byte in key), bytes(byte ^ 0x5C for byte in key)))
    fields = {"tenant_id": pa.string(), "month": pa.string(), "inner_pad": pa.binary(), "outer_pad": pa.binary()}
    return pa.Table.from_pylist([dict(zip(fields, row, strict=True)) for row in rows], schema=pa.schema(fields))


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return bool(_CARD_ISSUERS.fullmatch(digits)) and sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    compact = text.replace(" ", "")
    return int("".join(str(int(letter, 36)) for letter in compact[4:] + compact[:4])) % 97 == 1


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text.strip(":") != ""


_CLASSES: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("email", _EMAIL, bool),
    ("card", _CARD, _is_card),
    ("iban", _IBAN, _is_iban),
    ("ip", _IP_V4, _is_ip),
    ("ip", _IP_V6, _is_ip),
    ("phone", _PHONE, bool),
)


def mask(text: str) -> tuple[str, set[str]]:
    """The text with every piece of personal data replaced by its class, and the classes found."""
    found: set[str] = set()
    for name, pattern, decides in _CLASSES:

        def replaced(match: re.Match[str], name: str = name, decides: Callable[[str], bool] = decides) -> str:
            if not decides(match[0]):
                return match[0]
            found.add(name)
            return f"[{name}]"

        text = pattern.sub(replaced, text)
    return text, found


def mask_path(path: str, secret: str) -> str:
    """A landing path without personal data; what was masked is told apart by a piece of its hash."""
    masked = "/".join("[text]" if _PROSE.search(part) else mask(part)[0] for part in path.split("/"))
    return path if masked == path else f"{masked}#{keyed_hash(secret.encode(), path)[:8]}"


# Keys and enumerations come again in every document.
@lru_cache(maxsize=65_536)
def _mask_word(text: str) -> tuple[str, frozenset[str]]:
    if not _ANY_HINT.search(text):
        return text, frozenset()
    text = text.replace("\0", "")
    masked, found = mask(text)
    if _PROSE.search(text):
        return "[text]", frozenset(found or {"prose"})
    return masked, frozenset(found)


@lru_cache(maxsize=4096)
def _is_direct(key: str) -> bool:
    name = _key_name(key)
    return name in _DIRECT_KEYS or name.endswith(_DIRECT_ENDINGS)


def _parsed(text: str) -> Any:
    """A JSON text as data; a number that JSON or a double does not know is a text. Raises ValueError, RecursionError."""

    def number(spelled: str) -> float | str:
        value = float(spelled)
        return value if math.isfinite(value) else spelled

    return json.loads(text, parse_float=number, parse_constant=str)


def _object_in(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or list that a text spells out, as some senders pack them."""
    if not text.startswith(("{", "[")):
        return None
    try:
        inside: dict[str, Any] | list[Any] = _parsed(text)
    except ValueError:
        return None
    return inside


class Scrubber:
    """The exact rules, for the values of one tenant and table. `findings` counts values by (column, class)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.findings: Counter[tuple[str, str]] = Counter()

    def _count(self, column: str, classes: Iterable[str]) -> None:
        self.findings.update((column, class_) for class_ in classes)

    def label(self, column: str, text: str) -> str:
        """A `scanned` text: words stay, patterns go."""
        masked, found = mask(text.replace("\0", ""))
        self._count(column, found)
        return masked

    def word(self, column: str, text: str, *, is_id: bool) -> str:
        """A `token`: prose and patterns go; an id that holds any becomes its hash."""
        masked, found = _mask_word(text)
        if found:
            self._count(column, found)
        return keyed_hash(self._key, text.replace("\0", "")) if is_id and found else masked

    def document(self, column: str, text: str) -> str:
        """A JSON text: direct keys are dropped, identifiers hashed, strings treated as tokens, at any depth. What cannot be searched,
        because it is nested too deep or holds a number of thousands of digits, is not stored."""
        try:
            return json.dumps(self._value(column, _parsed(text)), separators=(",", ":"))
        except (RecursionError, ValueError):
            self._count(column, {"prose"})
            return '"[text]"'

    def _value(self, column: str, value: Any) -> Any:
        if isinstance(value, dict):
            kept = {key: item for key, item in value.items() if not self._drops(column, key)}
            return {self.word(column, key, is_id=False): self._entry(column, key, item) for key, item in kept.items()}
        if isinstance(value, list):
            return [self._value(column, item) for item in value]
        if isinstance(value, str):
            inside = _object_in(value)
            return (
                self.word(column, value, is_id=False) if inside is None else json.dumps(self._value(column, inside), separators=(",", ":"))
            )
        if isinstance(value, int | float) and not isinstance(value, bool):
            masked, found = mask(str(value))
            self._count(column, found)
            return masked if found else value
        return value

    def _drops(self, column: str, key: str) -> bool:
        is_direct = _is_direct(key)
        if is_direct:
            self._count(column, {"direct"})
        return is_direct

    def _entry(self, column: str, key: str, value: Any) -> Any:
        if _key_name(key) not in _IDENTIFIER_KEYS:
            return self._value(column, value)
        if isinstance(value, list):
            return [self._entry(column, key, item) for item in value]
        # An address is masked: the hash of a person would join it across months.
        is_identifier = isinstance(value, str | int) and value not in ("", True, False) and not _is_ip(str(value))
        return keyed_hash(self._key, str(value)) if is_identifier else self._value(column, value)


# What may stay readable in a rejected line: the words of the contract and of the dialects, and nothing else.
_VOCABULARY = frozenset(
    part
    for names in (
        *((column.name, *column.paths, *column.accepted) for table in TABLES for column in table.columns),
        *(dialect.paths for dialect in dialects.DIALECTS),
    )
    for name in names
    for part in re.split(r"[.^]", snake_case(name))
) | {"tenant_id", "event_type", "object", "type", "data", "account", "event", "previous_attributes", "api_version", "true", "false", "null"}

_WORD = re.compile(r"[^\s\"'{}\[\]:,;=<>()]+")
# Seven digits or more, also in groups: phones, cards, dates of birth.
_LONG_NUMBER = re.compile(r"\+?\(?\d(?:[ ().-]{0,2}\d){6,}")
_SHORT_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,3})?")


def mask_line(text: str, limit: int = 2_000) -> str:
    """A rejected line for people to read: its punctuation, the words of the contract and short numbers stay, any other
    word becomes `*` and any other number `#`. Works on any text, also on what is not JSON."""

    def masked(match: re.Match[str]) -> str:
        word = match[0]
        if snake_case(word) in _VOCABULARY or _SHORT_NUMBER.fullmatch(word):
            return word
        return "#" if word.strip("+-.eE0123456789") == "" else "*"

    return _WORD.sub(masked, _LONG_NUMBER.sub("#", text[: 4 * limit].replace("\0", "")))[:limit]
