"""Privacy at the edge: what is personal is hashed, masked or dropped before anything is written.

Identifiers become HMAC-SHA-256 in SQL, from key material that `keys` derives per tenant (and per month for addresses);
`keyed_hash` is the same function in Python. Texts are searched in two steps: a regular expression that DuckDB evaluates over
whole columns finds the few rows that may hold something (`SUSPICIOUS_JSON`, and `SUSPICIOUS_TEXT` of `ingestion/scanner.py`),
and only those rows reach the exact rules in Python (`Scrubber`, which asks the scanner).

Two rules rest on what cannot be known. A name cannot be told from other words, so text with blanks or with letters
outside ASCII is prose, and prose is never stored: `[text]` stands for it. An id that holds something personal is replaced
by its hash instead of a mask, so that it stays unique and joins still hold.
"""

from __future__ import annotations

import hmac
import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import pyarrow as pa

from ingestion import dialects
from ingestion.contracts import TABLES, Privacy
from ingestion.scanner import SUSPICIOUS_TEXT, folded, is_ip, mask

_BLOCK = 64  # bytes of a SHA-256 block: HMAC pads its key to it

_PROSE = re.compile(r"[^\x21-\x7e]")

# Keys of JSON objects whose value tells who somebody is, whatever their spelling: `firstName` and `First_Name` are `first name`.
_DIRECT_KEYS = (
    *("name", "full name", "first name", "last name", "middle name", "given name", "family name", "maiden name", "surname", "forename"),
    *("fname", "lname", "nickname", "display name", "user name", "real name", "legal name", "customer name", "account holder name"),
    *("contact name", "cardholder", "cardholder name", "recipient name", "sender name", "patient name", "employee name"),
    *("vorname", "nachname", "familienname", "geburtsname", "nom", "prénom", "nombre", "nombres", "apellido", "apellidos", "nome"),
    *("cognome", "sobrenome", "naam", "voornaam", "achternaam", "imię", "nazwisko", "jméno", "příjmení", "namn", "förnamn", "efternamn"),
    *("navn", "fornavn", "etternavn", "efternavn", "etunimi", "sukunimi", "keresztnév", "vezetéknév", "soyad", "soyadi", "prenume"),
    *(
        "имя",
        "фамилия",
        "отчество",
        "ім'я",
        "прізвище",
        "όνομα",
        "επώνυμο",
        "الاسم",
        "שם",
        "नाम",
        "ชื่อ",
        "姓名",
        "名字",
        "氏名",
        "名前",
        "이름",
        "성명",
    ),
    *(
        "email",
        "e mail",
        "email address",
        "mail",
        "mail address",
        "correo",
        "courriel",
        "phone",
        "phone number",
        "phone no",
        "telephone",
        "tel",
    ),
    *("telefon", "telefono", "telefone", "mobile", "mobile phone", "mobile number", "cell phone", "msisdn", "whatsapp", "fax"),
    *(
        "address",
        "street",
        "street address",
        "line 1",
        "line 2",
        "line 3",
        "postal code",
        "zip",
        "zip code",
        "latitude",
        "longitude",
        "lat",
        "lng",
    ),
    *("location lat", "location lng", "adresse", "anschrift", "strasse", "plz", "dirección", "código postal", "indirizzo", "endereço"),
    *("birthday", "birth date", "date of birth", "dob", "geburtsdatum", "date de naissance", "fecha de nacimiento", "data di nascita"),
    *("ssn", "social security number", "nino", "national insurance number", "nhs number", "national id", "national id number", "tax id"),
    *("itin", "cpf", "curp", "dni", "nif", "bsn", "pesel", "personnummer", "aadhaar", "aadhar", "my number", "codice fiscale", "steuer id"),
    *("id number", "id card", "passport", "passport number", "passport no", "drivers license", "driver license", "driving licence"),
    *("iban", "card number", "fingerprint", "last 4", "avatar", "device token", "push token", "android devices", "ios devices"),
    *("advertising id", "ad id", "android id", "gaid", "idfa", "idfv", "ios ifa", "imei", "ip address", "user agent"),
    *("shipping", "billing details", "payment method details", "receipt url", "hosted invoice url", "invoice pdf"),
)
# The same at the end of a longer key.
_DIRECT_ENDINGS = (
    *("email", "phone", "address", "first name", "last name", "full name", "family name", "given name", "surname", "phone number"),
    *("birthday", "birth date", "iban", "ssn", "passport"),
)


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """`firstName`, `FirstName` and `first-name` are all `first_name`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).replace("-", "_").lower()


@lru_cache(maxsize=4096)
def _words_of(key: str) -> str:
    """The words of a key, each after a blank: `$firstName`, `First-Name` and `FIRST_NAME` are ` first name`."""
    return re.sub(r"[\W_]+", " ", f" {snake_case(folded(key))}").rstrip()


def _spellings(keys: Iterable[str]) -> frozenset[str]:
    """The words of keys, apart and as one."""
    words = [_words_of(key) for key in keys]
    return frozenset((*words, *(" " + each.replace(" ", "") for each in words)))


def _hint(keys: Iterable[str]) -> str:
    """An expression for keys in JSON, however their words are joined; those outside ASCII are suspicious anyway."""
    words = {tuple(_words_of(key).split()) for key in keys if folded(key).isascii()}
    return "|".join(sorted('[^"a-zA-Z0-9]*'.join(each) for each in words))


# Keys whose value is a person's id, wherever they stand: those of the contract, and others' names for the same.
_IDENTIFIER_KEYS = {
    *(
        name.rpartition(".")[2]
        for table in TABLES
        for column in table.columns
        if column.privacy in (Privacy.IDENTIFIER, Privacy.PERSON)
        for name in (column.name, *column.paths)
    ),
    *dialects.identifier_keys(),
    "client_reference_id",
} - {"id"}

_DIRECT = _spellings(_DIRECT_KEYS)
_IDENTIFIERS = _spellings(_IDENTIFIER_KEYS)
# Words of an ending that are written as one are told apart by themselves: `userfirstname`, but not `microphone`.
_ENDINGS = tuple(
    ending.lstrip() if ending.count(" ") == 1 and ending[1:] not in _DIRECT_ENDINGS else ending for ending in _spellings(_DIRECT_ENDINGS)
)

# Such a key as it stands in a JSON text.
_KEY_HINT = f'"[^"a-zA-Z0-9]*(?i:{_hint(_DIRECT_KEYS)}|{_hint(_IDENTIFIER_KEYS)}|[^"]*(?:{_hint(_DIRECT_ENDINGS)}))[^"a-zA-Z0-9]*":'
# What some senders write for numbers and JSON does not know: NaN, Infinity, exponents beyond any double.
_NO_NUMBER = r"[:,\[]\s*-?(?:(?i:nan|inf(?:inity)?)\s*[,\]}]|[\d.]+[eE]\+?\d{3})"

SUSPICIOUS_JSON = "|".join((SUSPICIOUS_TEXT, r"\\", _KEY_HINT, _NO_NUMBER))

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


def shown_path(path: str) -> str:
    """A landing path as it may be shown: without personal data."""
    return "/".join("[text]" if _PROSE.search(part) else mask(part)[0] for part in path.split("/"))


def mask_path(path: str, secret: str) -> str:
    """A landing path as it may be shown, and what was masked told apart by a piece of its hash."""
    shown = shown_path(path)
    return path if shown == path else f"{shown}#{keyed_hash(secret.encode(), path)[:8]}"


# Keys and enumerations come again in every document.
@lru_cache(maxsize=65_536)
def _mask_word(text: str, field: str) -> tuple[str, frozenset[str]]:
    if not _ANY_HINT.search(text):
        return text, frozenset()
    text = text.replace("\0", "")
    masked, found = mask(text, field)
    if _PROSE.search(text):
        return "[text]", frozenset(found or {"prose"})
    return masked, frozenset(found)


@lru_cache(maxsize=4096)
def _is_direct(key: str) -> bool:
    words = _words_of(key)
    return words in _DIRECT or words.endswith(_ENDINGS)


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
        masked, found = mask(text.replace("\0", ""), column)
        self._count(column, found)
        return masked

    def word(self, column: str, text: str, *, is_id: bool = False, field: str = "") -> str:
        """A `token`: prose and patterns go; an id that holds any becomes its hash. `field` names the key that it stands under, if any."""
        masked, found = _mask_word(text, field or column)
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

    def _value(self, column: str, value: Any, field: str = "") -> Any:
        if isinstance(value, dict):
            kept = {key: item for key, item in value.items() if not self._drops(column, key)}
            return {self.word(column, key): self._entry(column, key, item) for key, item in kept.items()}
        if isinstance(value, list):
            return [self._value(column, item, field) for item in value]
        if isinstance(value, str):
            inside = _object_in(value)
            return (
                self.word(column, value, field=field) if inside is None else json.dumps(self._value(column, inside), separators=(",", ":"))
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
        if _words_of(key) not in _IDENTIFIERS:
            return self._value(column, value, key)
        if isinstance(value, list):
            return [self._entry(column, key, item) for item in value]
        # An address is masked: the hash of a person would join it across months.
        is_identifier = isinstance(value, str | int) and value not in ("", True, False) and not is_ip(str(value))
        return keyed_hash(self._key, str(value)) if is_identifier else self._value(column, value, key)


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
# Seven digits or more, also in groups: phones, cards, dates of birth; and groups between colons: addresses.
_LONG_NUMBER = re.compile(r"\+?\(?\d(?:[ ().-]{0,2}\d){6,}|(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}")
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
