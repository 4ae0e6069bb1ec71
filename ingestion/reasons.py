"""Why a row was rejected: the reason codes of `raw_quarantine.rejected_rows`, each with its meaning."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A reason code. `docs/raw_tables.md`, written from here, lists them with `meaning`."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> Reason:
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    MALFORMED_JSON = "malformed_json", "The line is not JSON."
    INVALID_ENCODING = "invalid_encoding", "The line is not UTF-8, or the header of the CSV file is not."
    TRUNCATED_FILE = "truncated_file", "A compressed file ends early; the complete lines before its end were used."
    CORRUPT_FILE = (
        "corrupt_file",
        "A checksum of the file is wrong, its format cannot be read, or two columns have one name; nothing of it was used.",
    )
    MALFORMED_CSV = "malformed_csv", "The CSV row has more or fewer fields than the header, or a quotation that never ends."
    NOT_AN_OBJECT = "not_an_object", "The line is JSON, but not an object."
    OVERSIZED_ROW = "oversized_row", "The line is longer than 1 MiB."
    NESTED_TOO_DEEP = "nested_too_deep", "Objects and lists stand in each other more than 1,000 levels deep."
    UNKNOWN_DIALECT = (
        "unknown_dialect",
        "The event has the shape of no dialect: neither `event_type` nor `timestamp`, nor what tells another one.",
    )
    UNKNOWN_TABLE = "unknown_table", "The folder below logs/ names no declared table."
    UNKNOWN_TENANT = "unknown_tenant", "No tenant in the row, its path or its payment account, or not the shape of a tenant's id."
    MISSING_REQUIRED = "missing_required", "A required field is absent, null or empty."
    WRONG_TYPE = "wrong_type", "The value cannot be read as the declared type."
    NOT_ACCEPTED = "not_accepted", "The value is none of the declared ones."
    OUT_OF_RANGE = "out_of_range", "The number is below the declared minimum."
    BAD_TIMESTAMP = "bad_timestamp", "The value is neither an ISO 8601 time nor epoch seconds or milliseconds."
    IMPLAUSIBLE_TIMESTAMP = "implausible_timestamp", "The time lies before 1990, or more than a day after the load."
