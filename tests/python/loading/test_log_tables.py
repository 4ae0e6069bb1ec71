"""Every log: what is stored of a good row, what is refused, and who stays recognisable."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from landing_files import SECRET, Processed, Row, event, write
from log_rows import FIELDS, address, good, required, stored, user
from pyarrow import parquet

from ingestion.contracts import LOGS
from ingestion.privacy import keyed_hash, tenant_key

# The closed lists, by table and input key.
WORDS: dict[tuple[str, str], str] = {
    ("account_binding_log", "status"): "success failure",
    ("raw_message", "direction"): "inbound outbound",
    ("ai_assist_log", "action"): "generate apply edit save send",
    ("template_log", "action"): "use apply edit copy",
    ("template_log", "scope"): "personal team",
    ("product_log", "action"): "add update delete sync image_upload",
    ("sync_log", "status"): "success failure",
    ("contact_log", "action"): "add update segment import grade_change",
    ("asset_log", "action"): "view download",
    ("campaign_log", "action"): "use copy send",
    ("notification_log", "status"): "sent delivered opened failed",
    ("message_deliveries", "recipient_type"): "user organizer ip",
    ("experience_profiles", "person_type"): "ip user",
    ("checkins", "event_type"): "beginner intermediate advanced practica milonga",
    ("checkins", "person_type"): "ip user",
    ("visits", "person_type"): "ip user",
    ("consent_log", "purpose"): "analytics marketing organizer_broadcast cross_region",
    ("consent_log", "person_type"): "ip user",
    ("subject_requests", "type"): "access erasure opt_out",
    ("subject_requests", "person_type"): "ip user",
    ("access_grants", "role"): "owner brand team self",
    ("report_deliveries", "format"): "csv pdf",
    ("organizer_credits", "kind"): "purchase spend refund",
}

# What else may be wrong: table, the field and its value, the reason.
WRONG: list[tuple[str, str, Any, str]] = [
    ("ai_assist_log", "tokens", -1, "out_of_range"),
    ("product_log", "bytes", -1, "out_of_range"),
    ("sync_log", "records", -1, "out_of_range"),
    ("contact_log", "records", 1.5, "wrong_type"),
    ("message_campaigns", "cost", "-0.01", "out_of_range"),
    ("message_campaigns", "max_deliveries_per_user", -1, "out_of_range"),
    ("message_campaigns", "cooldown_hours", -0.5, "out_of_range"),
    ("message_threads", "participants", {"u-1": "owner"}, "wrong_type"),
    ("message_threads", "participants", [{"user_id": "u-1"}], "wrong_type"),
    ("message_threads", "participants", [["u-1"]], "wrong_type"),
    ("message_threads", "participants", "u-1", "wrong_type"),
    ("experience_profiles", "linked_keys", [{"person_key": "u-1"}], "wrong_type"),
    ("consent_log", "granted", "perhaps", "wrong_type"),
    ("platform_costs", "date", "March", "bad_timestamp"),
    ("checkins", "timestamp", "2026-06-03T00:00:00Z", "implausible_timestamp"),
    ("message_deliveries", "created_at", "2026-06-03T00:00:00Z", "implausible_timestamp"),
    ("message_campaigns", "updated_at", "2026-06-03T00:00:00Z", "implausible_timestamp"),
    ("report_deliveries", "scheduled_at", "1989-01-01T00:00:00Z", "implausible_timestamp"),
]

BOOKKEEPING = {"extra", "payload_hash", "file_id", "line_no", "loaded_at"}


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Processed:
    """For every table three files: a good row; rows that lack one field each; rows with another word."""
    landing = tmp_path_factory.mktemp("logs")
    for table in FIELDS:
        write(landing, f"logs/{table}/good.jsonl", [good(table)])
        write(landing, f"logs/{table}/lacking.jsonl", [good(table, **{key: ...}) for key in good(table)])
        words = [(key, word) for (name, key), listed in WORDS.items() if name == table for word in (*listed.split(), "sideways")]
        write(landing, f"logs/{table}/words.jsonl", [good(table, **{key: word}) for key, word in words])
        write(landing, f"logs/{table}/wrong.jsonl", [good(name, **{key: value}) for name, key, value, _ in WRONG if name == table])
    return Processed(landing, "logs")


def accepted(processed: Processed, table: str, file: str) -> list[Row]:
    return [row for row in processed.rows[table] if row["file_id"] == f"logs/{table}/{file}.jsonl"]


def refused(processed: Processed, table: str, file: str) -> list[tuple[int, str, str | None]]:
    return [
        (row["line_no"], row["reason_code"], row["field"])
        for row in processed.rows["rejected_rows"]
        if row["path"] == f"logs/{table}/{file}.jsonl"
    ]


def content(row: Row) -> Row:
    return {column: value for column, value in row.items() if column not in BOOKKEEPING}


def test_every_log_has_an_example() -> None:
    assert set(FIELDS) == {table.name for table in LOGS}


@pytest.mark.parametrize("table", FIELDS)
def test_a_good_row_is_stored_with_every_column(processed: Processed, table: str) -> None:
    (row,) = accepted(processed, table, "good")
    assert content(row) == stored(table)
    assert None not in content(row).values()
    assert row["extra"] is None


@pytest.mark.parametrize("table", FIELDS)
def test_a_row_without_a_required_field_is_refused_and_any_other_may_be_missing(processed: Processed, table: str) -> None:
    must = required(table) if table == "platform_costs" else required(table) | {"tenant_id"}
    expected = [
        (number, "unknown_tenant" if key == "tenant_id" else "missing_required", key)
        for number, key in enumerate(good(table), start=1)
        if key in must
    ]
    assert refused(processed, table, "lacking") == expected
    assert len(accepted(processed, table, "lacking")) == len(good(table)) - len(must)


@pytest.mark.parametrize("table", FIELDS)
def test_listed_words_are_taken_and_others_refused(processed: Processed, table: str) -> None:
    words = [(key, word) for (name, key), listed in WORDS.items() if name == table for word in (*listed.split(), "sideways")]
    expected = [(number, "not_accepted", key) for number, (key, word) in enumerate(words, start=1) if word == "sideways"]
    assert refused(processed, table, "words") == expected
    assert len(accepted(processed, table, "words")) == len(words) - len(expected)


@pytest.mark.parametrize("table", sorted({table for table, *_ in WRONG}))
def test_wrong_values_are_refused_for_their_reason(processed: Processed, table: str) -> None:
    own = [(key, reason) for name, key, _, reason in WRONG if name == table]
    assert refused(processed, table, "wrong") == [(number, reason, key) for number, (key, reason) in enumerate(own, start=1)]


@pytest.mark.parametrize("table", ["message_deliveries", "experience_profiles", "platform_costs", "sync_log"])
def test_csv_and_parquet_give_the_same_row(tmp_path: Path, table: str) -> None:
    row = good(table)
    text = io.StringIO()
    writer = csv.DictWriter(text, row)
    writer.writeheader()
    writer.writerow({key: json.dumps(value) if isinstance(value, dict | list) else value for key, value in row.items()})
    write(tmp_path, f"logs/{table}/a.csv", text.getvalue().encode())
    parquet.write_table(pa.Table.from_pylist([row]), tmp_path / f"logs/{table}/b.parquet")
    write(tmp_path, f"logs/{table}/c.jsonl", [{"".join(part.title() for part in f"x{key}".split("_"))[1:]: row[key] for key in row}])
    rows = Processed(tmp_path, "logs").rows[table]
    assert [content(found) for found in rows] == [stored(table)] * 3


def test_a_person_is_the_same_in_every_log_and_in_the_events(processed: Processed, tmp_path: Path) -> None:
    places = {
        "account_binding_log": "user_id",
        "raw_message": "user_id",
        "ai_model_requests": "user_id",
        "experiment_exposures": "unit_id",
        "message_deliveries": "recipient_id",
        "message_threads": "created_by",
        "thread_messages": "sender_id",
        "experience_profiles": "person_key",
        "checkins": "person_key",
        "tournament_entries": "player_id",
        "consent_log": "person_key",
        "subject_requests": "person_key",
    }
    hashes = {accepted(processed, table, "good")[0][column] for table, column in places.items()}
    (thread,) = accepted(processed, "message_threads", "good")
    write(tmp_path, "events/a.jsonl", [event(user_id="u-1")])
    (product_event,) = Processed(tmp_path, "events").rows["events"]
    assert hashes == {json.loads(thread["participants"])[0]} == {product_event["user_id"]}


ADDRESS = "203.0.113.9"


@pytest.mark.parametrize(
    ("table", "column", "time", "row"),
    [
        ("message_deliveries", "recipient_id", "created_at", {"recipient_type": "ip", "recipient_id": ADDRESS}),
        ("message_deliveries", "recipient_id", "created_at", {"recipient_type": "ip", "recipient_id": "a hash of the sender"}),
        ("message_deliveries", "recipient_id", "created_at", {"recipient_type": "user", "recipient_id": ADDRESS}),
        ("experience_profiles", "person_key", "updated_at", {"person_type": "ip", "person_key": ADDRESS}),
        ("experience_profiles", "linked_keys", "updated_at", {"linked_keys": [ADDRESS]}),
        ("experience_profiles", "linked_keys", "updated_at", {"linked_keys": ["2001:db8::1"]}),
        ("visits", "person_key", "timestamp", {"person_type": "ip", "person_key": ADDRESS}),
        ("visits", "person_key", "timestamp", {"person_type": ..., "person_key": "2001:0db8:0:0:0:0:0:1"}),
        ("checkins", "person_key", "timestamp", {"person_type": ..., "person_key": ADDRESS}),
        ("consent_log", "person_key", "timestamp", {"person_type": "ip", "person_key": ADDRESS}),
        ("subject_requests", "person_key", "received_at", {"person_type": "ip", "person_key": ADDRESS}),
    ],
)
def test_an_address_is_somebody_else_each_month(tmp_path: Path, table: str, column: str, time: str, row: Row) -> None:
    given = row.get(column)
    text = str(given[0] if isinstance(given, list) else given)
    times = {time: "2026-03-31T23:59:59Z"}, {time: "2026-03-01T00:00:00Z"}, {time: "2026-04-01T00:00:00Z"}
    write(tmp_path, f"logs/{table}/a.jsonl", [good(table, **row, **moment) for moment in times])
    found = [found[column] for found in Processed(tmp_path, "logs").rows[table]]
    expected = [address(text, month).stored for month in ("2026-03", "2026-03", "2026-04")]
    assert found == ([f'["{hashed}"]' for hashed in expected] if isinstance(given, list) else expected)


@pytest.mark.parametrize("key", ["u-1", "1.2.3", "ab:cd:ef", "Foo::Bar", "12:30:45"])
def test_a_key_that_is_no_address_is_a_person_for_good(tmp_path: Path, key: str) -> None:
    rows = [good("visits", person_key=key, person_type=..., timestamp=time) for time in ("2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")]
    write(tmp_path, "logs/visits/a.jsonl", rows)
    assert [row["person_key"] for row in Processed(tmp_path, "logs").rows["visits"]] == [user(key).stored] * 2


def test_people_in_documents_are_hashed_one_by_one_and_addresses_masked(tmp_path: Path) -> None:
    metadata = {"participants": ["u-1", 17, None], "person_key": ADDRESS, "linkedKeys": [ADDRESS, "u-1"], "cc": {"sender_id": "u-1"}}
    write(tmp_path, "logs/visits/a.jsonl", [good("visits", metadata=metadata)])
    processed = Processed(tmp_path, "logs")
    (row,) = processed.rows["visits"]
    person = keyed_hash(tenant_key(SECRET, "one"), "u-1")
    assert json.loads(row["metadata"]) == {
        "participants": [person, keyed_hash(tenant_key(SECRET, "one"), "17"), None],
        "person_key": "[ip]",
        "linkedKeys": ["[ip]", person],
        "cc": {"sender_id": person},
    }
    assert processed.findings == {("visits", "metadata", "ip"): 2}


def test_costs_belong_to_a_tenant_or_to_all(tmp_path: Path) -> None:
    write(
        tmp_path,
        "logs/platform_costs/a.jsonl",
        [good("platform_costs", tenant_id=...), good("platform_costs"), good("visits", tenant_id=...)],
    )
    write(tmp_path, "logs/platform_costs/tenant=two/a.jsonl", [good("platform_costs", tenant_id=...)])
    write(tmp_path, "logs/visits/a.jsonl", [good("visits", tenant_id=...)])
    processed = Processed(tmp_path, "logs")
    assert [row["tenant_id"] for row in processed.rows["platform_costs"]] == ["*", "one", "two"]
    assert sorted((row["table_name"], row["reason_code"]) for row in processed.rows["rejected_rows"]) == [
        ("platform_costs", "missing_required"),
        ("visits", "unknown_tenant"),
    ]


def test_a_plan_may_lie_ahead_but_not_when_it_was_written(tmp_path: Path) -> None:
    ahead = "2027-01-01"
    changes = {"valid_from": ahead}, {"updated_at": ahead}, {"valid_from": ahead, "updated_at": ...}
    write(tmp_path, "logs/access_grants/a.jsonl", [good("access_grants", **change) for change in changes])
    write(tmp_path, "logs/thread_messages/a.jsonl", [good("thread_messages", updated_at=...)])
    processed = Processed(tmp_path, "logs")
    assert processed.reasons() == {2: ("implausible_timestamp", "updated_at")}
    assert {path: str(tally["max_event_at"]) for (path, _), tally in processed.files.items()} == {
        "logs/access_grants/a.jsonl": "2026-03-01 11:00:00.250000",
        "logs/thread_messages/a.jsonl": "2026-03-01 09:00:00",
    }
