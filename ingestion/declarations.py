"""How raw tables are declared.

Vocabulary
    family   events, payments or logs: a folder of the landing area, a dlt pipeline, a schema `raw_<family>`
    path     where a column's value stands in the input object, dotted; the first path with a scalar value wins.
             Keys match in snake_case and camelCase. No path given: the column's own name.
    privacy  what may be stored, see `Privacy`
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

ColumnType = Literal["text", "bigint", "double", "decimal", "bool", "timestamp", "date", "json"]
Family = Literal["events", "payments", "logs"]


class Privacy(StrEnum):
    """What the warehouse stores of a column's value.

    identifier  keyed HMAC-SHA-256 of the value with the tenant's key, hex; the same person, the same hash, in every table
                (of a JSON list: of each of its elements)
    ip          HMAC with a salt that also rotates by month of the row's time: never joinable across months
    person      like identifier, but like ip where the value is an address, or the column `kind` says so
    direct      nothing: read to validate, then dropped
    free_text   nothing but its length, in a column `<name>_length`
    scanned     the text with each piece of personal data replaced by its class, such as `[email]`
    token       a machine's word (an id, an enumeration, a version): no blanks, scanned like the above
    plain       as it is: numbers, times, booleans
    """

    IDENTIFIER = "identifier"
    IP = "ip"
    PERSON = "person"
    DIRECT = "direct"
    FREE_TEXT = "free_text"
    SCANNED = "scanned"
    TOKEN = "token"
    PLAIN = "plain"


@dataclass(frozen=True)
class Column:
    """One column of a raw table. `kind` names the column that says `ip` where this one, a person's, holds an address."""

    name: str
    type: ColumnType
    description: str
    privacy: Privacy = Privacy.PLAIN
    required: bool = False
    paths: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    minimum: float | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Table:
    """One raw table. `key` (beside tenant_id) identifies the entity; `event_time` places a row in time; `version` orders
    the versions of a mutable row; a table that `plans_ahead` has event times in the future; the rows of one that
    `is_shared` may be without a tenant, for all of them; `object` names the Stripe object it is read from and `explode` the
    list inside it whose elements are its rows."""

    name: str
    family: Family
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event_time: str | None
    version: str | None = None
    plans_ahead: bool = False
    is_shared: bool = False
    object: str | None = None
    explode: str | None = None

    @property
    def schema(self) -> str:
        return f"raw_{self.family}"

    def column(self, name: str) -> Column:
        return next(column for column in self.all_columns if column.name == name)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The tenant, the table's own columns and the bookkeeping that every raw row carries."""
        return (TENANT_ID, *self.columns, *BOOKKEEPING)

    @property
    def stored_columns(self) -> tuple[Column, ...]:
        """The columns of the raw table in the warehouse: nothing direct, and of free text its length."""
        return tuple(
            Column(f"{column.name}_length", "bigint", f"Characters in {column.name}, which is not stored.")
            if column.privacy is Privacy.FREE_TEXT
            else column
            for column in self.all_columns
            if column.privacy is not Privacy.DIRECT
        )


def person(name: str, description: str, *, required: bool = False, kind: str | None = None) -> Column:
    return Column(name, "text", description, Privacy.PERSON, required, kind=kind)


def identifier(name: str, description: str, *, required: bool = False, paths: tuple[str, ...] = ()) -> Column:
    return Column(name, "text", description, Privacy.IDENTIFIER, required, paths)


def token(
    name: str,
    description: str,
    *,
    required: bool = False,
    paths: tuple[str, ...] = (),
    accepted: tuple[str, ...] = (),
) -> Column:
    return Column(name, "text", description, Privacy.TOKEN, required, paths, accepted)


def scanned(name: str, description: str, *, paths: tuple[str, ...] = ()) -> Column:
    return Column(name, "text", description, Privacy.SCANNED, paths=paths)


def document(name: str, description: str) -> Column:
    return Column(name, "json", description, Privacy.SCANNED)


def plain(
    name: str,
    type_: ColumnType,
    description: str,
    *,
    required: bool = False,
    paths: tuple[str, ...] = (),
    minimum: float | None = None,
) -> Column:
    return Column(name, type_, description, Privacy.PLAIN, required, paths, (), minimum)


TENANT_ID = Column("tenant_id", "text", "The business on the platform that the row belongs to.", Privacy.TOKEN, True)

BOOKKEEPING: tuple[Column, ...] = (
    Column("extra", "json", "Input fields that the contract does not name, scanned, as a JSON object.", Privacy.SCANNED),
    Column("payload_hash", "text", "Hash of the stored content: tells a repeated row from a conflicting one."),
    Column("file_id", "text", "The version of the landing file that the row came from (`load_files.file_id`).", required=True),
    Column("line_no", "bigint", "Line (or record) number in that file, from 1.", required=True),
    Column("loaded_at", "timestamp", "When the load that brought the row began, UTC.", required=True),
    Column("_dlt_load_id", "text", "The load package. Staging reads packages that completed, and no others.", required=True),
)
