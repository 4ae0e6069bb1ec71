"""A landing area of everything that senders get wrong, and what is to become of each line of it.

    write_bad_files(landing)        one file for each of FILES, one for each kind and list of VALUES
    FILES, VALUES, TIMES            the tables: what is wrong, and the fate that it should have

Every file holds good rows beside what is wrong, where a file can: their keys are listed, and they must be loaded.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from landing_files import Row, event, lines, message, stripe_event, write
from pyarrow import parquet

from ingestion.contracts import Family
from ingestion.reasons import Reason


@dataclass(frozen=True)
class Kind:
    """A table that files are written for: `row` makes a good row with a key, `timed` one of a time. A key that is a number keeps its
    place in the file."""

    family: Family
    folder: str
    table: str
    key: str
    time: str
    time_field: str
    row: Callable[[str], Row]
    timed: Callable[[str, Any], Row]


def charge(key: str, **changes: Any) -> Row:
    return {"object": "charge", "id": key, "status": "succeeded", "amount": 100, "currency": "usd", "created": 1772356364} | changes


KINDS = (
    Kind(
        "events",
        "events",
        "events",
        "event_id",
        "occurred_at",
        "timestamp",
        lambda key: event(event_id=key),
        lambda key, at: event(event_id=key, timestamp=at),
    ),
    Kind(
        "payments",
        "payments/tenant=one",
        "charges",
        "charge_id",
        "state_at",
        "created",
        charge,
        lambda key, at: stripe_event(charge(key), "charge.succeeded", at, id=f"evt_{key}"),
    ),
    Kind(
        "logs",
        "logs/raw_message",
        "raw_message",
        "message_id",
        "sent_at",
        "timestamp",
        lambda key: message(message_id=key),
        lambda key, at: message(message_id=key, timestamp=at),
    ),
)
EVENTS, PAYMENTS, LOGS = KINDS


@dataclass(frozen=True)
class BadFile:
    """A file of any kind. `content` makes it of JSON lines by key; `good` are the keys that are loaded, `rejected` the fate of the
    others by line; `error` is what is wrong with the file as a whole."""

    name: str
    content: Callable[[Callable[[str], bytes]], bytes]
    good: tuple[str, ...] = ()
    rejected: Mapping[int, Reason] = field(default_factory=dict)
    error: Reason | None = None


def _deep(levels: int) -> str:
    return '{"deep": ' + "[" * levels + "]" * levels + "}"


def _cut(data: bytes) -> bytes:
    """Without the last bytes: the deflated text is whole, its checksum is not."""
    return data[:-6]


def _flipped(data: bytes) -> bytes:
    return data[:-6] + bytes([data[-6] ^ 1]) + data[-5:]


def _bad_line(middle: bytes | str) -> Callable[[Callable[[str], bytes]], bytes]:
    """A good line, a bad one, and a good one."""
    line = middle.encode() if isinstance(middle, str) else middle
    return lambda good: good("a") + line + b"\n" + good("b")


_AB = ("a", "b")
_SECOND_IS_MALFORMED = {2: Reason.MALFORMED_JSON}

FILES = (
    BadFile("malformed.jsonl", _bad_line('{"tenant_id": "one"'), _AB, _SECOND_IS_MALFORMED),
    BadFile("comma.jsonl", lambda good: good("a") + good("x").rstrip() + b",\n" + good("b"), _AB, _SECOND_IS_MALFORMED),
    BadFile("two_on_a_line.jsonl", lambda good: good("a") + good("x").rstrip() + good("y") + good("b"), _AB, _SECOND_IS_MALFORMED),
    BadFile("raw_nul.jsonl", _bad_line(b'{"tenant_id": "o\0e"}'), _AB, _SECOND_IS_MALFORMED),
    BadFile("lone_surrogate.jsonl", _bad_line('{"note": "\\ud800"}'), _AB, _SECOND_IS_MALFORMED),
    BadFile("list.jsonl", _bad_line("[1, 2]"), _AB, {2: Reason.NOT_AN_OBJECT}),
    BadFile("text.jsonl", _bad_line('"a text"'), _AB, {2: Reason.NOT_AN_OBJECT}),
    BadFile("null.jsonl", _bad_line("null"), _AB, {2: Reason.NOT_AN_OBJECT}),
    BadFile("invalid_utf8.jsonl", _bad_line(b'{"note": "caf\xe9"}'), _AB, {2: Reason.INVALID_ENCODING}),
    BadFile("overlong_utf8.jsonl", _bad_line(b'{"note": "\xc0\x80"}'), _AB, {2: Reason.INVALID_ENCODING}),
    BadFile("surrogate_utf8.jsonl", _bad_line(b'{"note": "\xed\xa0\x80"}'), _AB, {2: Reason.INVALID_ENCODING}),
    BadFile("byte_order_mark.jsonl", lambda good: b"\xef\xbb\xbf" + good("a") + good("b"), _AB),
    BadFile("carriage_returns.jsonl", lambda good: (good("a") + b"\n" + good("b")).replace(b"\n", b"\r\n"), _AB),
    BadFile("no_last_line_end.jsonl", lambda good: (good("a") + good("b")).rstrip(), _AB),
    BadFile("blank_lines.jsonl", lambda good: b"\n \n" + good("a") + b"\t\r\n" + good("b") + b"\n\n", _AB),
    BadFile("long_line.jsonl", _bad_line('{"note": "' + "é" * (1 << 20) + '"}'), _AB, {2: Reason.OVERSIZED_ROW}),
    BadFile("deep.jsonl", _bad_line(_deep(10_000)), _AB, {2: Reason.NESTED_TOO_DEEP}),
    BadFile("very_deep.jsonl", _bad_line(_deep(500_000)), _AB, {2: Reason.NESTED_TOO_DEEP}),
    BadFile("deep_in_a_text.jsonl", _bad_line(json.dumps({"note": _deep(300_000)})), _AB, {2: Reason.NESTED_TOO_DEEP}),
    BadFile("never_closed.jsonl", _bad_line("[" * 300_000), _AB, {2: Reason.NESTED_TOO_DEEP}),
    BadFile("empty.jsonl", lambda _: b""),
    BadFile("only_blanks.jsonl", lambda _: b" \n\n\t\n"),
    BadFile("empty.jsonl.gz", lambda _: gzip.compress(b"")),
    BadFile("no_bytes.jsonl.gz", lambda _: b"", (), {1: Reason.TRUNCATED_FILE}, Reason.TRUNCATED_FILE),
    BadFile("not_gzip.jsonl.gz", lambda good: good("x"), (), {1: Reason.CORRUPT_FILE}, Reason.CORRUPT_FILE),
    BadFile(
        "truncated.jsonl.gz", lambda good: _cut(gzip.compress(good("a") + b"{")), ("a",), {2: Reason.TRUNCATED_FILE}, Reason.TRUNCATED_FILE
    ),
    BadFile("checksum.jsonl.gz", lambda good: _flipped(gzip.compress(good("x"))), (), {1: Reason.CORRUPT_FILE}, Reason.CORRUPT_FILE),
    BadFile("garbage_after.jsonl.gz", lambda good: gzip.compress(good("x")) + b"more", (), {1: Reason.CORRUPT_FILE}, Reason.CORRUPT_FILE),
    BadFile("padded.jsonl.gz", lambda good: gzip.compress(good("a") + good("b")) + b"\0" * 512, _AB),
    BadFile("two_members.jsonl.gz", lambda good: gzip.compress(good("a")) + gzip.compress(good("b")), _AB),
)

_HEADER = b"message_id,tenant_id,type,direction,timestamp,thread_id,note\n"


def _csv_row(key: str, note: str = "-") -> bytes:
    return f"{key},one,email,inbound,2026-03-01T10:00:00Z,t-1,{note}\n".encode()


_A, _B = _csv_row("a"), _csv_row("b")

CSV_FILES = (
    BadFile("quotes.csv", lambda _: _HEADER + _csv_row("a", '"he said ""no"", and\r\nwent, 5"" far"') + _B, _AB),
    BadFile("inch_marks.csv", lambda _: _HEADER + _csv_row("a", '5" screen') + _B, _AB),
    BadFile(
        "ragged.csv", lambda _: _HEADER + _A + b"x,one\n\n" + _csv_row("y", "-,more") + _B, _AB, dict.fromkeys((2, 3), Reason.MALFORMED_CSV)
    ),
    BadFile("open_quote.csv", lambda _: _HEADER + _A + _B + _csv_row("x", '"and so on') + _csv_row("y"), _AB, {3: Reason.MALFORMED_CSV}),
    BadFile("open_quote_ragged.csv", lambda _: _HEADER + _A + _B + b'"x\n' + _csv_row("y"), _AB, {3: Reason.MALFORMED_CSV}),
    BadFile(
        "invalid_utf8.csv", lambda _: _HEADER + _A + _csv_row("x", "caf#").replace(b"#", b"\xe9") + _B, _AB, {2: Reason.INVALID_ENCODING}
    ),
    BadFile("utf16.csv", lambda _: (_HEADER + _A).decode().encode("utf-16"), (), {1: Reason.INVALID_ENCODING}),
    BadFile("byte_order_mark.csv", lambda _: b"\xef\xbb\xbf" + _HEADER + _A + _B, _AB),
    BadFile("carriage_returns.csv", lambda _: (_HEADER + _A + _B).replace(b"\n", b"\r\n"), _AB),
    BadFile("old_line_ends.csv", lambda _: (_HEADER + _A + _B).replace(b"\n", b"\r"), _AB),
    BadFile("no_last_line_end.csv", lambda _: (_HEADER + _A + _B).rstrip(), _AB),
    BadFile("blank_first_line.csv", lambda _: b"\r\n" + _HEADER + _A + b"\n" + _B, _AB),
    BadFile("blanks_in_header.csv", lambda _: _HEADER.replace(b",", b" , ") + _A + _B, _AB),
    BadFile("nameless_columns.csv", lambda _: _HEADER.strip() + b",,\n" + _csv_row("a", "-,1,2") + _csv_row("b", "-,,"), _AB),
    BadFile("nul.csv", lambda _: _HEADER + _csv_row("a", "n\0ul") + _B, _AB),
    BadFile("long_field.csv", lambda _: _HEADER + _A + _csv_row("x", "x" * (1 << 20)) + _B, _AB, {2: Reason.OVERSIZED_ROW}),
    BadFile("header_twice.csv", lambda _: _HEADER.replace(b"note", b"Type") + _csv_row("x"), (), {1: Reason.CORRUPT_FILE}),
    BadFile("long_header.csv", lambda _: b"x" * (1 << 20) + b"\n1\n", (), {1: Reason.CORRUPT_FILE}),
    BadFile("header_only.csv", lambda _: _HEADER.rstrip()),
    BadFile("empty.csv", lambda _: b""),
    BadFile("no_bytes.csv.gz", lambda _: b"", (), {1: Reason.TRUNCATED_FILE}, Reason.TRUNCATED_FILE),
    BadFile(
        "truncated.csv.gz", lambda _: _cut(gzip.compress(_HEADER + _A + b"x,o")), ("a",), {2: Reason.TRUNCATED_FILE}, Reason.TRUNCATED_FILE
    ),
)


def _parquet(**columns: Any) -> bytes:
    """Two messages, a and b, with more columns or others; of a column that is given, the second value is null."""
    rows = [message(message_id=key) for key in _AB]
    table = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    for name, (value, type_) in columns.items():
        table[name] = pa.array([value, None] if name not in rows[0] else [value, value], type_)
    stream = io.BytesIO()
    parquet.write_table(pa.table(table), stream)
    return stream.getvalue()


def _invalid_text() -> bytes:
    """Three messages, the second with a text that is not UTF-8."""
    keys = pa.Array.from_buffers(pa.string(), 3, [None, pa.py_buffer(np.array([0, 1, 2, 3], np.int32).tobytes()), pa.py_buffer(b"a\xffb")])
    row = message()
    table = {name: pa.array([row[name]] * 3) for name in row} | {"message_id": keys}
    stream = io.BytesIO()
    parquet.write_table(pa.table(table), stream)
    return stream.getvalue()


def _same_name_twice() -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table({"message_id": ["x"], "tenant_id": ["one"], "Message_Id": ["y"]}), stream)
    return stream.getvalue()


# What a column of another type is read as.
PARQUET_VALUES: dict[str, tuple[Any, pa.DataType, Any]] = {
    "half": (np.float16(1.5), pa.float16(), "1.5"),
    "wide_decimal": (Decimal("1.25"), pa.decimal256(60, 2), "1.25"),
    "decimal": (Decimal("1.25"), pa.decimal128(38, 2), 1.25),
    "unsigned": (2**64 - 1, pa.uint64(), 2**64 - 1),
    "nan": (float("nan"), pa.float64(), "NaN"),
    "nested": ({"a": {"b": [1, None]}}, None, {"a": {"b": [1, None]}}),
    "nested_half": ([np.float16(1.5)], pa.list_(pa.float16()), "[1.5]"),
    "map": ([("a", 1)], pa.map_(pa.string(), pa.int64()), {"a": 1}),
    "word": ("x", pa.dictionary(pa.int8(), pa.string()), "x"),
    "bytes": (b"\xff\0a", pa.binary(), "\\xFF\\x00a"),
    "time": (time(1, 2), pa.time64("us"), "01:02:00"),
    "duration": (timedelta(days=1), pa.duration("us"), "24:00:00"),
    "nothing": (None, pa.null(), None),
}
_NOON = datetime(2026, 3, 1, 12)
PARQUET_TIMES: dict[str, tuple[Any, pa.DataType, datetime]] = {
    "seconds": (_NOON, pa.timestamp("s"), _NOON),
    "nanoseconds": (np.datetime64("2026-03-01T12:00:00.123456789"), pa.timestamp("ns"), _NOON.replace(microsecond=123456)),
    "zoned": (_NOON.replace(tzinfo=UTC), pa.timestamp("us", "Europe/Berlin"), _NOON),
    "zoned_nanoseconds": (_NOON.replace(tzinfo=UTC), pa.timestamp("ns", "Asia/Tokyo"), _NOON),
    "dates": (date(2026, 3, 1), pa.date32(), datetime(2026, 3, 1)),
    "epoch": (1772366400123, pa.int64(), _NOON.replace(microsecond=123000)),
    "fractions": (1772366400.5, pa.float64(), _NOON.replace(microsecond=500000)),
}


def _typed(name: str, value: Any, type_: pa.DataType) -> Callable[[Any], bytes]:
    return lambda _: _parquet(**{name: (value, type_)})


PARQUET_FILES = (
    *(BadFile(f"{name}.parquet", _typed(name, value, type_), _AB) for name, (value, type_, _) in PARQUET_VALUES.items()),
    *(BadFile(f"time_in_{name}.parquet", _typed("timestamp", value, type_), _AB) for name, (value, type_, _) in PARQUET_TIMES.items()),
    BadFile("invalid_utf8.parquet", lambda _: _invalid_text(), _AB, {2: Reason.INVALID_ENCODING}),
    BadFile("name_twice.parquet", lambda _: _same_name_twice(), (), {1: Reason.CORRUPT_FILE}),
    BadFile("truncated.parquet", lambda _: _parquet()[:-20], (), {1: Reason.CORRUPT_FILE}),
    BadFile("no_parquet.parquet", lambda _: b"no parquet", (), {1: Reason.CORRUPT_FILE}),
    BadFile("empty.parquet", lambda _: b"", (), {1: Reason.CORRUPT_FILE}),
)

BAD, IMPLAUSIBLE, MISSING = Reason.BAD_TIMESTAMP, Reason.IMPLAUSIBLE_TIMESTAMP, Reason.MISSING_REQUIRED
_NINE = datetime(2026, 3, 1, 9, 12, 44)

# A time as it is sent, and as it is read or refused.
TIMES: tuple[tuple[Any, datetime | Reason], ...] = (
    ("2026-03-01", datetime(2026, 3, 1)),
    ("2026-03-01T09:12Z", datetime(2026, 3, 1, 9, 12)),
    ("2026-03-01T09:12:44Z", _NINE),
    ("2026-03-01 09:12:44", _NINE),
    ("2026-03-01 09:12:44 UTC", _NINE),
    ("2026-03-01T09:12:44.120Z", _NINE.replace(microsecond=120000)),
    ("2026-03-01T09:12:44.123456789Z", _NINE.replace(microsecond=123456)),
    ("2026-03-01T09:12:44+02:00", datetime(2026, 3, 1, 7, 12, 44)),
    ("2026-03-01T09:12:44-0530", datetime(2026, 3, 1, 14, 42, 44)),
    ("2026-03-01T09:12:44+14", datetime(2026, 2, 28, 19, 12, 44)),
    ("2026-02-28T24:00:00Z", datetime(2026, 3, 1)),
    ("2024-02-29T00:00:00Z", datetime(2024, 2, 29)),
    ("2016-12-31T23:59:60Z", datetime(2017, 1, 1)),
    ("2017-01-01T05:29:60+05:30", datetime(2017, 1, 1)),
    # Local times that a clock shows never or twice are one moment each, by their offset.
    ("2026-03-29T02:30:00+01:00", datetime(2026, 3, 29, 1, 30)),
    ("2025-10-26T02:30:00+02:00", datetime(2025, 10, 26, 0, 30)),
    ("2025-10-26T02:30:00+01:00", datetime(2025, 10, 26, 1, 30)),
    ("2026-03-29T02:30:00", datetime(2026, 3, 29, 2, 30)),
    (1772356364, _NINE),
    (1772356364.5, _NINE.replace(microsecond=500000)),
    (1772356364120, _NINE.replace(microsecond=120000)),
    (1772356364120250, _NINE.replace(microsecond=120250)),
    ("1772356364", _NINE),
    ("2026-03-01T09:12:44+24:00", BAD),
    ("2026-03-01T09:12:44+25:00", BAD),
    ("2026-03-01T09:12:44+99:00", BAD),
    ("2026-03-01T09:12:44+02:60", BAD),
    ("2026-03-01T09:12:44 Europe/Berlin", BAD),
    ("2026-03-01T09:12:44 CET", BAD),
    ("2026-03-01T25:00:00Z", BAD),
    ("2026-03-01T24:00:01Z", BAD),
    ("2026-03-01T09:60:00Z", BAD),
    ("2026-03-01T09:12:61Z", BAD),
    ("2026-02-29", BAD),
    ("2026-02-30T00:00:00Z", BAD),
    ("2026-13-01", BAD),
    ("2026-00-10", BAD),
    ("2026-03-01 (BC)", BAD),
    ("0000-01-01", BAD),
    ("0000-12-31T23:59:59Z", BAD),
    ("10000-01-01T00:00:00Z", BAD),
    ("9999-12-31T23:59:59-05:00", BAD),
    ("20260301", BAD),
    (20260301, BAD),
    (2026, BAD),
    (-1, BAD),
    (1772356364120250000, BAD),
    (10**30, BAD),
    ("infinity", BAD),
    ("now", BAD),
    ("01.03.2026", BAD),
    (True, BAD),
    ({"seconds": 1772356364}, BAD),
    ("0001-01-01T00:00:00Z", IMPLAUSIBLE),
    ("1989-12-31T23:59:59Z", IMPLAUSIBLE),
    ("9999-12-31T23:59:59Z", IMPLAUSIBLE),
    ("9999-12-31 23:59:59", IMPLAUSIBLE),
    (0, IMPLAUSIBLE),
    (99999999999, IMPLAUSIBLE),
    ("", MISSING),
    (None, MISSING),
)


@dataclass(frozen=True)
class Value:
    """A row with something odd in it: `line` is what is sent, `stored` what some columns hold, or `reason` and `field` why not."""

    kind: Kind
    name: str
    line: str
    stored: Mapping[str, Any] = field(default_factory=dict)
    reason: Reason | None = None
    field: str | None = None


def _value(kind: Kind, name: str, changes: Row | str, reason: Reason | None = None, field: str | None = None, **stored: Any) -> Value:
    """`changes` to a good row, or JSON to be added to it as text."""
    row = json.dumps(kind.row(name) | (changes if isinstance(changes, dict) else {}))
    return Value(kind, name, row if isinstance(changes, dict) else f"{row[:-1]}, {changes}}}", stored, reason, field)


_WRONG = Reason.WRONG_TYPE
_SQL = "'); drop table raw_events.events; --"
_JINJA = "{{ config(alias='x') }}{% raw %}{# #}"

VALUES = (
    _value(EVENTS, "key_twice", '"session_id": "first", "session_id": "second"', session_id="first"),
    _value(PAYMENTS, "key_twice", '"failure_code": "first", "failure_code": "second"', failure_code="first"),
    _value(LOGS, "key_twice", '"thread_id": "first", "thread_id": "second"', thread_id="first"),
    _value(EVENTS, "nan", '"metrics": {"duration_seconds": NaN}', _WRONG, "metrics.duration_seconds"),
    _value(EVENTS, "infinite", '"metrics": {"duration_seconds": -Infinity}', _WRONG, "metrics.duration_seconds"),
    _value(EVENTS, "too_great", '"metrics": {"duration_seconds": 1e999}', _WRONG, "metrics.duration_seconds"),
    _value(EVENTS, "nan_elsewhere", '"surprise": [NaN, -Infinity, 1e999]', extra='{"surprise":["NaN","-Infinity","1e999"]}'),
    _value(PAYMENTS, "nan", '"amount_refunded": NaN, "surprise": NaN', _WRONG, "amount_refunded"),
    _value(LOGS, "nan_elsewhere", '"metadata": {"score": NaN}', metadata='{"score":"NaN"}'),
    _value(EVENTS, "beyond_bigint", {"metrics": {"duration_seconds": 2**63}}, duration_seconds=float(2**63)),
    _value(EVENTS, "beyond_double", {"metrics": {"duration_seconds": 10**400}}, _WRONG, "metrics.duration_seconds"),
    _value(EVENTS, "huge_elsewhere", {"surprise": 10**400}, extra=f'{{"surprise":{10**400}}}'),
    _value(PAYMENTS, "largest_amount", {"amount": 2**63 - 1}, amount=2**63 - 1),
    _value(PAYMENTS, "beyond_bigint", {"amount": 2**63}, _WRONG, "amount"),
    _value(PAYMENTS, "fraction", {"amount": 100.5}, _WRONG, "amount"),
    _value(PAYMENTS, "negative", {"amount": -100}, amount=-100),
    _value(PAYMENTS, "unknown_currency", {"currency": "xxq"}, currency="xxq"),
    _value(PAYMENTS, "no_currency", {"currency": None}, Reason.MISSING_REQUIRED, "currency"),
    _value(PAYMENTS, "yen", {"amount": 2500, "currency": "jpy"}, amount=2500, currency="jpy"),
    _value(PAYMENTS, "dinars", {"amount": 2505, "currency": "kwd"}, amount=2505, currency="kwd"),
    _value(EVENTS, "no_tenant", {"tenant_id": None}, Reason.UNKNOWN_TENANT, "tenant_id"),
    _value(LOGS, "no_tenant", {"tenant_id": ""}, Reason.UNKNOWN_TENANT, "tenant_id"),
    _value(EVENTS, "tenant_with_blanks", {"tenant_id": "a b"}, Reason.UNKNOWN_TENANT, "tenant_id"),
    _value(EVENTS, "tenant_object", {"tenant_id": {"id": 1}}, Reason.UNKNOWN_TENANT, "tenant_id"),
    _value(LOGS, "unregistered_tenant", {"tenant_id": "newcomer"}, tenant_id="newcomer"),
    _value(PAYMENTS, "tenant_of_the_row", {"tenant_id": "two"}, tenant_id="two"),
    _value(EVENTS, "sql", {"session_id": _SQL, "attributes": {"plan": _SQL.replace(" ", "")}}, session_id="[hashed]"),
    _value(
        EVENTS,
        "sql_word",
        {"platform": "x", "attributes": {"module": "');drop/**/table/**/events;--"}},
        module="');drop/**/table/**/events;--",
    ),
    _value(EVENTS, "jinja", {"attributes": {"module": "{{config(alias='x')}}{%raw%}"}}, module="{{config(alias='x')}}{%raw%}"),
    _value(EVENTS, "jinja_prose", {"attributes": {"module": _JINJA}}, module="[text]"),
    _value(LOGS, "sql_word", {"thread_id": "';--"}, thread_id="';--"),
    _value(PAYMENTS, "sql_word", {"failure_code": "';--"}, failure_code="';--"),
    _value(EVENTS, "null_byte", {"attributes": {"module": "a\0b"}, "surprise": "\0"}, module="ab", extra='{"surprise":""}'),
    _value(LOGS, "null_byte", {"thread_id": "a\0b"}, thread_id="ab"),
    _value(PAYMENTS, "null_byte", {"failure_code": "a\0b"}, failure_code="ab"),
    _value(EVENTS, "emoji", {"attributes": {"module": "\U0001f600"}}, module="[text]"),
    _value(EVENTS, "combining", {"attributes": {"module": "e\u0301"}}, module="[text]"),
    _value(EVENTS, "right_to_left", {"attributes": {"module": "\u202eabc"}}, module="[text]"),
    _value(LOGS, "emoji", {"metadata": {"\U0001f600": "\u05d0"}}, metadata='{"[text]":"[text]"}'),
    # A rule that looks for a shape in it from every letter would take hours.
    _value(EVENTS, "endless_word", {"attributes": {"module": "AB12" * 20_000 + " 1"}}, module="[text]"),
    _value(EVENTS, "object_for_text", {"session_id": {"a": 1}}, _WRONG, "session_id"),
    _value(EVENTS, "text_for_object", {"attributes": "none"}, _WRONG, "attributes"),
    _value(PAYMENTS, "text_for_number", {"amount": "many"}, _WRONG, "amount"),
    _value(PAYMENTS, "number_as_text", {"amount": "100"}, amount=100),
    _value(LOGS, "text_for_bool", {"is_automated": "perhaps"}, _WRONG, "is_automated"),
    _value(LOGS, "unlisted_word", {"direction": "sideways"}, Reason.NOT_ACCEPTED, "direction"),
    _value(LOGS, "nested_999", f'"metadata": {"[" * 900 + "]" * 900}', metadata="[" * 900 + "]" * 900),
)


def files_of(kind: Kind) -> Iterable[BadFile]:
    """The files that there are of a kind: CSV and Parquet of logs only."""
    return (*FILES, *CSV_FILES, *PARQUET_FILES) if kind is LOGS else FILES


def write_bad_files(landing: Path) -> None:
    """Write all of them, beside a folder that is called like a file, a loop of links, and a link that leads nowhere."""
    for kind in KINDS:

        def good(key: str, kind: Kind = kind) -> bytes:
            return lines([kind.row(key)])

        for file in files_of(kind):
            location = landing / kind.folder / file.name
            location.parent.mkdir(parents=True, exist_ok=True)
            location.write_bytes(file.content(good))
        write(landing, f"{kind.folder}/values.jsonl", [value.line for value in VALUES if value.kind is kind])
        write(landing, f"{kind.folder}/times.jsonl", [kind.timed(str(number), at) for number, (at, _) in enumerate(TIMES, 1)])
        (landing / kind.folder / "folder.jsonl").mkdir()
        (landing / kind.folder / "loop").symlink_to(landing / kind.folder)
        (landing / kind.folder / "nowhere.jsonl").symlink_to(landing / "no such file")
        (landing / kind.folder / "itself.jsonl").symlink_to(landing / kind.folder / "itself.jsonl")
    write(landing, "events/tenant=two/rows.jsonl", [event(event_id="path-1", tenant_id="one"), event(event_id="path-2", tenant_id=...)])
    write(landing, "payments/fx_rates/a.csv", b"date,currency,rate_to_usd\n2026-01-01,eur,1,08\n0000-01-01,eur,1\n2026-01-03,jpy,0.0064\n")
    write(landing, "logs/sync_log/a.csv", b"sync_id,tenant_id,source_platform,status,started_at,records\ns,one,shop,success,2026-03-01,5\n")
    write(landing, "logs/no_such_table/a.jsonl", [message()])
