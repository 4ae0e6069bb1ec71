"""Validation, quarantine and accounts, from landing files to rows, without a warehouse."""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from landing_files import Processed, event, lines, message, stripe_event, subscription, write
from pyarrow import parquet

from ingestion import files
from ingestion.reasons import Reason

TORTURE: list[tuple[dict[str, Any] | str, tuple[Reason, str | None] | None]] = [
    (event(), None),
    ("{broken", (Reason.MALFORMED_JSON, None)),
    ('"a text"', (Reason.NOT_AN_OBJECT, None)),
    ("[1, 2]", (Reason.NOT_AN_OBJECT, None)),
    (event(pad="x" * (1 << 20)), (Reason.OVERSIZED_ROW, None)),
    (event(event_type=...), (Reason.MISSING_REQUIRED, "event_type")),
    (event(timestamp=""), (Reason.MISSING_REQUIRED, "timestamp")),
    (event(event_type=..., timestamp=...), (Reason.UNKNOWN_DIALECT, "event_type")),
    (event(user_id=None), (Reason.MISSING_REQUIRED, "user_id")),
    (event(user_id=..., event_type="system.started"), None),
    (event(user_id=..., anonymous_id="a-1"), None),
    (event(tenant_id=...), (Reason.UNKNOWN_TENANT, "tenant_id")),
    (event(tenant_id="no such tenant"), (Reason.UNKNOWN_TENANT, "tenant_id")),
    (event(tenant_id="203.0.113.9"), (Reason.UNKNOWN_TENANT, "tenant_id")),
    (event(metrics={"duration_seconds": "long"}), (Reason.WRONG_TYPE, "metrics.duration_seconds")),
    (event(metrics="none"), (Reason.WRONG_TYPE, "metrics")),
    (event(user_id={"id": 1}), (Reason.WRONG_TYPE, "user_id")),
    (event(timestamp="yesterday"), (Reason.BAD_TIMESTAMP, "timestamp")),
    (event(timestamp="2026-02-30T00:00:00Z"), (Reason.BAD_TIMESTAMP, "timestamp")),
    (event(received_at="infinity"), (Reason.BAD_TIMESTAMP, "received_at")),
    (event(timestamp="1989-12-31T23:59:59Z"), (Reason.IMPLAUSIBLE_TIMESTAMP, "timestamp")),
    (event(timestamp="2026-06-02T12:00:01Z"), (Reason.IMPLAUSIBLE_TIMESTAMP, "timestamp")),
    (event(timestamp="2026-06-02T12:00:00Z"), None),
    (event(metrics={"duration_seconds": 1.5, "ocean_scores": {"O": 10}}), None),
]


def test_each_bad_line_is_rejected_with_its_reason_and_each_good_one_is_not(tmp_path: Path) -> None:
    write(tmp_path, "events/a.jsonl", [line for line, _ in TORTURE])
    processed = Processed(tmp_path, "events")
    expected = {number: fate for number, (_, fate) in enumerate(TORTURE, 1) if fate}
    assert processed.reasons() == {number: (str(reason), field) for number, (reason, field) in expected.items()}
    assert [row["line_no"] for row in processed.rows["events"]] == [number for number, (_, fate) in enumerate(TORTURE, 1) if not fate]
    account = processed.files["events/a.jsonl", "events"]
    assert (account["rows_read"], account["rows_rejected"]) == (len(TORTURE), len(expected))


def test_other_reasons_of_logs(tmp_path: Path) -> None:
    write(tmp_path, "logs/raw_message/a.jsonl", [message(direction="sideways"), message()])
    write(
        tmp_path,
        "logs/ai_model_requests/a.jsonl",
        [{"tenant_id": "one", "id": "r", "model_name": "m", "model_version": "1", "input_tokens": -1}],
    )
    write(tmp_path, "logs/no_such_table/a.jsonl", [message()])
    processed = Processed(tmp_path, "logs")
    assert {(row["table_name"], row["reason_code"], row["field"]) for row in processed.rows["rejected_rows"]} == {
        ("raw_message", "not_accepted", "direction"),
        ("ai_model_requests", "out_of_range", "input_tokens"),
        ("unknown", "unknown_table", None),
    }


def test_lines_that_are_not_utf8_are_rejected_alone(tmp_path: Path) -> None:
    bad = lines([event()]).replace(b"page", b"p\xffge")
    write(tmp_path, "events/a.jsonl", b"\xef\xbb\xbf" + lines([event()]) + b"  \n\n" + bad + lines([event(event_id="e-2")]).rstrip(b"\n"))
    processed = Processed(tmp_path, "events")
    assert processed.reasons() == {4: ("invalid_encoding", None)}
    assert [row["line_no"] for row in processed.rows["events"]] == [1, 5]
    assert processed.files["events/a.jsonl", "events"]["rows_read"] == 3


@pytest.mark.parametrize("chunk_bytes", [1 << 20, 600])
def test_a_truncated_file_gives_its_complete_lines(tmp_path: Path, chunk_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK_BYTES", chunk_bytes)
    ids = (hashlib.sha256(bytes([number])).hexdigest() for number in range(50))
    data = gzip.compress(lines(event(event_id=id_) for id_ in ids), mtime=0)
    write(tmp_path, "events/a.jsonl.gz", b"").write_bytes(data[: len(data) // 2])
    processed = Processed(tmp_path, "events")
    accepted = len(processed.rows["events"])
    assert 0 < accepted < 50
    assert processed.reasons() == {accepted + 1: ("truncated_file", None)}
    account = processed.files["events/a.jsonl.gz", "events"]
    assert (account["rows_read"], account["rows_accepted"], account["error"]) == (accepted + 1, accepted, "truncated_file")


def test_large_files_are_read_in_pieces_with_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "events/a.jsonl.gz", [event(event_id=f"e-{number}") for number in range(200)])
    whole = Processed(tmp_path, "events")
    monkeypatch.setattr(files, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(files, "_READ_BYTES", 100)
    pieces = Processed(tmp_path, "events")
    assert pieces.rows == whole.rows
    assert len(pieces.rows["events"]) == 200
    assert pieces.files == whole.files


@pytest.mark.parametrize("pad", ["", "x"])
def test_a_line_longer_than_any_piece_is_rejected_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pad: str) -> None:
    monkeypatch.setattr(files, "CHUNK_BYTES", 1 << 18)
    monkeypatch.setattr(files, "_READ_BYTES", 1 << 16)
    long = json.dumps(event(note=pad + "é" * (3 << 20)), ensure_ascii=False)
    write(tmp_path, "events/a.jsonl", [event(), long, event(event_id="e-2")])
    write(tmp_path, "events/b.jsonl", lines([event(), long]).rstrip())
    processed = Processed(tmp_path, "events")
    assert processed.reasons() == {2: ("oversized_row", None)}
    assert [(row["file_id"], row["line_no"]) for row in processed.rows["events"]] == [
        ("events/a.jsonl", 1),
        ("events/a.jsonl", 3),
        ("events/b.jsonl", 1),
    ]


def test_keys_in_camel_case_mean_the_same(tmp_path: Path) -> None:
    camel = {
        "eventId": "e-1",
        "tenantId": "one",
        "eventType": "page.viewed",
        "userId": "u-1",
        "timestamp": "2026-03-01T09:12:44.120Z",
        "receivedAt": "2026-03-01T09:12:45Z",
        "attributes": {"platform": "web"},
    }
    write(tmp_path, "events/a.jsonl", [event(), camel])
    snake_row, camel_row = Processed(tmp_path, "events").rows["events"]
    assert {**camel_row, "line_no": 1} == snake_row


def test_every_spelling_of_a_trait_is_read_and_metrics_are_flattened(tmp_path: Path) -> None:
    spellings = [{"ocean_scores": {"O": 75.5}}, {"oceanScores": {"openness": 75.5}}, {"openness": 75.5}, {"ocean_openness": 75.5}]
    write(tmp_path, "events/a.jsonl", [event(event_id=f"e-{n}", metrics=metrics) for n, metrics in enumerate(spellings)])
    write(tmp_path, "events/b.jsonl", [event(metrics={"a": {"x": 1}, "b": {"y": 2, "z": 3}, "c": 4, "d": {}})])
    rows = Processed(tmp_path, "events").rows["events"]
    assert [row["openness"] for row in rows[:4]] == [75.5] * 4
    assert json.loads(rows[0]["metrics"]) == {"ocean_scores.O": 75.5}
    assert json.loads(rows[4]["metrics"]) == {"a.x": 1, "b.y": 2, "b.z": 3, "c": 4, "d": {}}


def test_unknown_fields_are_kept(tmp_path: Path) -> None:
    write(tmp_path, "events/a.jsonl", [event(colour="red", nested={"deep": [1, None]})])
    (row,) = Processed(tmp_path, "events").rows["events"]
    assert json.loads(row["extra"]) == {"colour": "red", "nested": {"deep": [1, None]}}


def test_an_event_without_id_gets_the_same_one_each_time(tmp_path: Path) -> None:
    write(
        tmp_path,
        "events/a.jsonl",
        [event(event_id=...), event(event_id=..., received_at="2026-03-02T00:00:00Z"), event(event_id=..., user_id="u-2")],
    )
    first, repeated, other = (row["event_id"] for row in Processed(tmp_path, "events").rows["events"])
    assert first == repeated != other
    assert first


def test_the_tenant_comes_from_the_row_then_the_path_then_the_account(tmp_path: Path) -> None:
    write(tmp_path, "events/tenant=two/a.jsonl", [event(), event(tenant_id=...)])
    write(tmp_path, "payments/a.jsonl", [stripe_event(subscription(), "customer.subscription.created"), subscription()])
    assert [row["tenant_id"] for row in Processed(tmp_path, "events").rows["events"]] == ["one", "two"]
    processed = Processed(tmp_path, "payments")
    assert [row["tenant_id"] for row in processed.rows["subscriptions"]] == ["one"]
    assert processed.reasons() == {2: ("unknown_tenant", "tenant_id")}


def test_one_table_in_four_formats_gives_the_same_rows(tmp_path: Path) -> None:
    rows = [message(message_id=f"m-{number}", is_automated=bool(number % 2), metadata={"n": number}) for number in range(5)]
    write(tmp_path, "logs/raw_message/a.jsonl", rows)
    flat = [row | {"metadata": json.dumps(row["metadata"])} for row in rows]
    header = ",".join(flat[0])
    quoted = [",".join('"' + str(value).replace('"', '""') + '"' for value in row.values()) for row in flat]
    write(tmp_path, "logs/raw_message/b.csv", "\n".join([header, *quoted]).encode())
    write(tmp_path, "logs/raw_message/c.csv.gz", "\r\n".join([header, *quoted, ""]).encode())
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "logs/raw_message/d.parquet")
    processed = Processed(tmp_path, "logs")
    assert not processed.rows["rejected_rows"]
    by_file: dict[str, list[dict[str, Any]]] = {}
    for row in processed.rows["raw_message"]:
        by_file.setdefault(row.pop("file_id"), []).append(row)
    assert len(by_file) == 4
    assert all(found == by_file["logs/raw_message/a.jsonl"] for found in by_file.values())
    assert [row["is_automated"] for row in by_file["logs/raw_message/b.csv"]] == [False, True, False, True, False]


def test_csv_rows_with_too_many_fields_are_rejected_alone(tmp_path: Path) -> None:
    write(
        tmp_path, "payments/fx_rates/a.csv", b"date,currency,rate_to_usd\n2026-01-01,eur,1.08\n2026-01-02,eur,1,09\n2026-01-03,jpy,0.0064\n"
    )
    processed = Processed(tmp_path, "payments")
    assert [
        (row["tenant_id"], row["rate_date"], row["currency"], row["rate_to_usd"], row["line_no"]) for row in processed.rows["fx_rates"]
    ] == [
        ("*", date(2026, 1, 1), "eur", Decimal("1.08"), 1),
        ("*", date(2026, 1, 3), "jpy", Decimal("0.0064"), 3),
    ]
    assert processed.reasons() == {2: ("malformed_csv", None)}


def test_an_empty_file_is_accounted_for(tmp_path: Path) -> None:
    write(tmp_path, "events/a.jsonl", b"")
    write(tmp_path, "logs/raw_message/a.csv", b"")
    write(tmp_path, "logs/raw_message/b.csv", b"message_id,tenant_id\n")
    write(tmp_path, "logs/raw_message/c.parquet", b"no parquet")
    assert Processed(tmp_path, "events").files["events/a.jsonl", "events"]["rows_read"] == 0
    logs = Processed(tmp_path, "logs")
    assert [account["rows_read"] for account in logs.files.values()] == [0, 0, 1]
    assert [row["reason_code"] for row in logs.rows["rejected_rows"]] == ["corrupt_file"]


def test_a_tournament_may_start_in_the_future(tmp_path: Path) -> None:
    planned = {"tenant_id": "one", "tournament_id": "t", "status": "scheduled", "starts_at": "2026-12-24", "updated_at": "2026-05-01"}
    write(tmp_path, "logs/tournaments/a.jsonl", [planned, planned | {"updated_at": "2026-12-01"}])
    processed = Processed(tmp_path, "logs")
    assert processed.reasons() == {2: ("implausible_timestamp", "updated_at")}
    assert processed.files["logs/tournaments/a.jsonl", "tournaments"]["max_event_at"] == datetime(2026, 5, 1)


_FRAGMENTS = st.one_of(
    st.sampled_from([json.dumps(row) if isinstance(row, dict) else row for row, _ in TORTURE if len(str(row)) < 9999]).map(str.encode),
    st.binary(max_size=30),
    st.sampled_from(
        [b"", b" ", b"{}", b"\r", b"\x00", b'{"a":1,}', b'{"event_type":NaN}', b'{"timestamp":1e999}', b'{"a":{"b":"\\u0000"}}']
    ),
)


@settings(max_examples=40, deadline=None)
@given(broken=st.lists(_FRAGMENTS, max_size=12), compressed=st.booleans(), cut=st.integers(0, 400))
def test_whatever_a_file_holds_its_counts_add_up(broken: list[bytes], compressed: bool, cut: int) -> None:
    content = b"\n".join(broken)
    with tempfile.TemporaryDirectory() as folder:
        landing = Path(folder)
        name = "events/a.jsonl.gz" if compressed else "events/a.jsonl"
        written = write(landing, name, content)
        if cut and compressed:
            written.write_bytes(written.read_bytes()[:-cut])
        processed = Processed(landing, "events")
        account = processed.files[name, "events"]
        assert account["rows_read"] == account["rows_accepted"] + account["rows_rejected"] + account["rows_duplicate"]
        assert account["rows_accepted"] == len(processed.rows["events"])
        assert account["rows_rejected"] == len(processed.rows["rejected_rows"])
        if not (cut and compressed):
            assert account["rows_read"] == sum(
                bool(line.strip(b" \t\r\f\v")) for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
            )


@pytest.mark.parametrize(
    ("tokens", "cost", "expected"),
    [
        ("7", "0.000012345678", (7, Decimal("0.000012345678"))),
        ("7.0", "-3", (7, Decimal(-3))),
        ("1e3", "1e-3", (1000, Decimal("0.001"))),
        ("123456789012345678", '"123456789012345678.5"', (123456789012345678, Decimal("123456789012345678.5"))),
        ("9007199254740993", "9007199254740993", (9007199254740993, Decimal(9007199254740993))),
        ("7.5", "1", "input_tokens"),
        ("99999999999999999999", "1", "input_tokens"),
        ("7", '"1,5"', "cost_estimate"),
    ],
)
def test_numbers_are_read_exactly_or_refused(tmp_path: Path, tokens: str, cost: str, expected: object) -> None:
    request = {"tenant_id": "one", "id": "r", "model_name": "m", "model_version": "1", "success": True, "timestamp": 1772356364.5}
    line = json.dumps(request | {"output_tokens": 1, "latency_ms": 1})[:-1] + f', "input_tokens": {tokens}, "cost_estimate": {cost}}}\n'
    write(tmp_path, "logs/ai_model_requests/a.jsonl", line.encode())
    processed = Processed(tmp_path, "logs")
    read = [(row["input_tokens"], row["cost_estimate"]) for row in processed.rows["ai_model_requests"]]
    assert read == [expected] or processed.reasons() == {1: ("wrong_type", expected)}
