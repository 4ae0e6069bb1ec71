"""Events of other senders: a fixture in each vendor's format, mixed in one folder, and the native rows that come of them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from landing_files import SECRET, Processed, event, lines, write
from loads import load_into, query
from project import dbt

from ingestion.dialects import DIALECTS
from ingestion.privacy import keyed_hash, month_key, tenant_key

FIXTURES = Path(__file__).parent / "fixtures"
VENDORS = [dialect.name for dialect in DIALECTS]

Row = dict[str, Any]

# Which event, when in the morning of 1 March 2026, by whom, from which device; the rest by name.
EXPECTED: dict[str, list[Row]] = {
    "pinpoint": [
        {
            "event_type": "_session.start",
            "occurred_at": "09:12:44.120",
            "received_at": "09:12:45.515",
            "anonymous_id": "d8dcf7c5-e81a-48ae-8313-f540c0ffee01",
            "session_id": "f549dea9-1090-445d-83d1-e4967c0ffee1",
            "platform": "ios",
            "app_version": "2.4.0",
            "country": "US",
        },
        {
            "event_type": "user.login",
            "occurred_at": "09:13:44.120",
            "user_id": "us-east-1:c0ffee01-m3n4-o5p6-a1b2-c3d4e5f6g7h8",
            "anonymous_id": "d8dcf7c5-e81a-48ae-8313-f540c0ffee01",
        },
        {
            "event_type": "assessment.completed",
            "occurred_at": "09:23:55.120",
            "user_id": "us-east-1:c0ffee01-m3n4-o5p6-a1b2-c3d4e5f6g7h8",
            "assessment_id": "9",
            "assessment_type": "full_ocean",
            "duration_seconds": 611.0,
            "openness": 75.5,
        },
        {
            "event_type": "system.campaign.send",
            "occurred_at": "10:23:55.000",
            "user_id": None,
            "anonymous_id": "d8dcf7c5-e81a-48ae-8313-f540c0ffee01",
        },
    ],
    "segment": [
        {
            "event_id": "ajs-page-022bb90c",
            "event_type": "page.viewed",
            "occurred_at": "09:00:00.328",
            "received_at": "09:00:00.909",
            "user_id": None,
            "anonymous_id": "canary-anon-507f191e",
            "ip_hash": "203.0.113.7",
            "platform": "web",
            "country": "US",
        },
        {
            "event_id": "ajs-identify-bbac11e4",
            "event_type": "user.identified",
            "occurred_at": "09:01:00.276",
            "user_id": "canary-user-97980cfe",
            "anonymous_id": "canary-anon-507f191e",
        },
        {
            "event_id": "ios-track-8dfc",
            "event_type": "assessment.completed",
            "occurred_at": "09:20:00.500",
            "user_id": "canary-user-97980cfe",
            "anonymous_id": "canary-anon-507f191e",
            "organization_id": "12345",
            "platform": "ios",
            "app_version": "545",
            "assessment_id": "9",
            "assessment_type": "full_ocean",
            "duration_seconds": 611.0,
            "openness": 75.5,
            "conscientiousness": 82.3,
        },
        {"event_id": "ios-screen-01", "event_type": "screen.viewed", "occurred_at": "09:21:00.500", "platform": "ios"},
        {
            "event_id": "ajs-group-01",
            "event_type": "user.grouped",
            "occurred_at": "09:22:00.500",
            "user_id": "canary-user-97980cfe",
            "organization_id": "0e8c78ea9d97a7b8185e8632",
        },
        {
            "event_id": "node-alias-01",
            "event_type": "user.aliased",
            "occurred_at": "09:23:00.500",
            "user_id": "canary-user-97980cfe",
            "anonymous_id": "canary-previous-39239",
        },
    ],
    "mixpanel": [
        {
            "event_id": "hpuDqcvpltpCjBsebtxwadtEBDnFAdycabFa",
            "event_type": "page.viewed",
            "occurred_at": "09:00:00.000",
            "received_at": "09:00:01.500",
            "user_id": None,
            "anonymous_id": "canary-device-13cbf7d4",
            "platform": "web",
            "country": "US",
        },
        {
            "event_id": "jajcebutltmvhbbholfhxtCcycwnBjDtndha",
            "event_type": "user.identified",
            "occurred_at": "09:01:00.000",
            "user_id": "canary-user-42",
            "anonymous_id": "canary-device-13cbf7d4",
        },
        {
            "event_id": "hpuDqcvpltpCjBsebtxwadtEBDnFAdycabFb",
            "event_type": "signed.up",
            "occurred_at": "09:01:01.000",
            "user_id": "canary-user-42",
            "anonymous_id": "canary-device-13cbf7d4",
            "app_version": "1.9.2",
            "duration_seconds": 12.5,
        },
        {
            "event_id": "aliasutltmvhbbholfhxtCcycwnBjDtndha",
            "event_type": "user.aliased",
            "occurred_at": "09:01:40.000",
            "user_id": "canary-user-42",
            "anonymous_id": "canary-device-old",
        },
        {
            "event_id": "server0ltmvhbbholfhxtCcycwnBjDtndha",
            "event_type": "report.generated",
            "occurred_at": "09:03:20.000",
            "received_at": "09:03:23.000",
            "user_id": "canary-user-42",
            "anonymous_id": None,
            "platform": "python",
        },
    ],
    "amplitude": [
        {
            "event_id": "canary0-insert-0001",
            "event_type": "page.viewed",
            "occurred_at": "09:30:00.977",
            "received_at": "09:30:03.863",
            "user_id": None,
            "anonymous_id": "canary-device-a1c9357b",
            "session_id": "1772357400977",
            "ip_hash": "203.0.113.8",
            "platform": "web",
            "country": None,
        },
        {
            "event_id": "canary0-insert-0002",
            "event_type": "user.identified",
            "occurred_at": "09:31:00.000",
            "user_id": "canary-user-27b00e1c",
            "anonymous_id": "canary-device-a1c9357b",
            "session_id": None,
            "platform": "ios",
            "app_version": "2.13.1",
        },
        {
            "event_id": "fc132044-055a-41ea-9afc-0a13de2cb11f",
            "event_type": "assessment.completed",
            "occurred_at": "09:40:00.500",
            "received_at": "09:40:01.100",
            "user_id": "canary-user-27b00e1c",
            "country": "DE",
            "assessment_id": "9",
            "assessment_type": "full_ocean",
            "duration_seconds": 611.0,
        },
    ],
}


def expected_value(column: str, value: Any) -> Any:
    """What the warehouse stores of it."""
    if value is None:
        return None
    if column in ("occurred_at", "received_at"):
        return datetime.fromisoformat(f"2026-03-01T{value}")
    if column in ("user_id", "anonymous_id"):
        return keyed_hash(tenant_key(SECRET, "one"), value)
    if column == "ip_hash":
        return keyed_hash(month_key(SECRET, "one", "2026-03"), value)
    return value


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Processed:
    """All fixtures and a native event in one folder of a tenant."""
    landing = tmp_path_factory.mktemp("dialects")
    for name in VENDORS:
        write(landing, f"events/tenant=one/{name}.jsonl.gz", (FIXTURES / f"{name}.jsonl").read_bytes())
    write(landing, "events/tenant=one/native.jsonl", [event(tenant_id=...)])
    return Processed(landing, "events")


@pytest.mark.parametrize("name", VENDORS)
def test_each_dialect_gives_the_native_rows(processed: Processed, name: str) -> None:
    rows = [row for row in processed.rows["events"] if row["dialect"] == name]
    assert {row["file_id"] for row in rows} == {f"events/tenant=one/{name}.jsonl.gz"}
    expected = [{column: expected_value(column, value) for column, value in row.items()} for row in EXPECTED[name]]
    assert [{column: row[column] for column in wanted} for row, wanted in zip(rows, expected, strict=True)] == expected


def test_nothing_of_the_fixtures_is_rejected_and_the_native_event_stays_native(processed: Processed) -> None:
    assert not processed.rows["rejected_rows"]
    assert [row["dialect"] for row in processed.rows["events"] if row["file_id"].endswith("native.jsonl")] == ["native"]
    assert sum(account["rows_accepted"] for account in processed.files.values()) == 1 + sum(map(len, EXPECTED.values()))


def test_nobody_is_left_in_the_rows(processed: Processed) -> None:
    rows = [{key: value for key, value in row.items() if key != "event_id"} for row in processed.rows["events"]]
    stored = json.dumps(rows, default=str).lower().replace("canary-mobile", "")
    assert [
        word for word in ("canar", "@example", "203.0.113", "b5372db0", "7a3cbea0", "555 0100", "48.1374", "40.2964") if word in stored
    ] == []


def test_properties_are_told_apart_and_what_has_no_column_is_kept(processed: Processed) -> None:
    rows = {row["event_id"]: row for row in processed.rows["events"]}
    track = rows["ios-track-8dfc"]
    assert json.loads(track["attributes"]) == {
        "organization_id": "12345",
        "platform": "ios",
        "app_version": "545",
        "assessmentId": 9,
        "assessment_type": "full_ocean",
        "currency": "USD",
        "is_repeat": False,
        "reviewer": "[email]",
    }
    assert json.loads(track["metrics"]) == {"duration_seconds": 611, "ocean_scores.O": 75.5, "ocean_scores.C": 82.3}
    assert json.loads(rows["ajs-identify-bbac11e4"]["extra"])["traits"] == {"plan": "premium", "logins": 5}
    assert json.loads(rows["canary0-insert-0002"]["extra"])["client_event_time"] == "2026-03-01T09:31:00.000000"
    assert json.loads(rows["node-alias-01"]["attributes"]) == {"anonymous_id": expected_value("anonymous_id", "canary-anon-507f191e")}


def fixture_line(name: str, number: int, **changes: Any) -> Row:
    """A line of a fixture with changes; a value of `...` leaves the key out."""
    line: Row = json.loads((FIXTURES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[number - 1])
    return {key: value for key, value in (line | changes).items() if value is not ...}


def mixpanel(**changes: Any) -> Row:
    line = fixture_line("mixpanel", 5)
    line["properties"] = {key: value for key, value in (line["properties"] | changes).items() if value is not ...}
    return line


BAD: list[tuple[Row, str, str]] = [
    (fixture_line("pinpoint", 3, event_timestamp="soon"), "bad_timestamp", "event_timestamp"),
    (fixture_line("pinpoint", 3, client={}), "missing_required", "client.cognito_id"),
    (fixture_line("pinpoint", 3, client=..., application=...), "missing_required", "timestamp"),
    (fixture_line("segment", 3, timestamp=..., originalTimestamp=...), "missing_required", "timestamp"),
    (fixture_line("segment", 3, event=...), "missing_required", "event"),
    (fixture_line("segment", 3, messageId={"id": 1}), "wrong_type", "messageId"),
    (fixture_line("segment", 3, properties={"duration_seconds": "long"}), "wrong_type", "metrics.duration_seconds"),
    (fixture_line("segment", 3, properties="none"), "wrong_type", "attributes"),
    (fixture_line("segment", 3, timestamp=..., messageId=...), "unknown_dialect", "event_type"),
    (mixpanel(time=...), "missing_required", "properties.time"),
    (mixpanel(time=99999999999), "implausible_timestamp", "properties.time"),
    (mixpanel(distinct_id={"id": 42}), "wrong_type", "properties.distinct_id"),
    (mixpanel(distinct_id=...), "unknown_dialect", "event_type"),
    (fixture_line("amplitude", 3, event_time="2026-02-30 00:00:00.000000"), "bad_timestamp", "event_time"),
    (fixture_line("amplitude", 3, user_id=None, device_id=None), "missing_required", "user_id"),
    (fixture_line("amplitude", 3, uuid=None), "missing_required", "timestamp"),
]


def test_bad_lines_are_rejected_in_the_words_of_their_sender(tmp_path: Path) -> None:
    write(tmp_path, "events/tenant=one/a.jsonl", [line for line, _, _ in BAD])
    processed = Processed(tmp_path, "events")
    assert processed.reasons() == {number: (reason, field) for number, (_, reason, field) in enumerate(BAD, 1)}
    assert not processed.rows["events"]


def test_dialects_may_be_mixed_within_a_file_and_rows_keep_their_order(tmp_path: Path) -> None:
    mixed = [fixture_line(name, 2) for name in VENDORS]
    write(tmp_path, "events/tenant=one/a.jsonl", lines([event(), *mixed, event(event_id="e-2", attributes={"message_id": "m"})]))
    rows = Processed(tmp_path, "events").rows["events"]
    assert [(row["line_no"], row["dialect"]) for row in rows] == list(enumerate(["native", *VENDORS, "native"], 1))


@pytest.mark.parametrize(
    ("properties", "attributes", "metrics"),
    [
        ('{"a": 1, "a": 2}', {}, {"a": 2}),
        ('{"a": "\\u0000x", "": 1}', {"a": "x"}, {"": 1}),
        ('{"a\\"b": 1, "f": {"g": [null]}}', {"f": {"g": [None]}}, {'a"b': 1}),
        ('{"c.d": {"e": 2, "f": -1.5}, "g": {}}', {"g": {}}, {"c.d.e": 2, "c.d.f": -1.5}),
        (
            '{"n": 123456789012345678901234567890, "m": {"x": 1, "y": "z"}}',
            {"m": {"x": 1, "y": "z"}},
            {"n": 123456789012345678901234567890},
        ),
        ('{"platform": "tv", "duration_seconds": "9"}', {"platform": "tv"}, {"duration_seconds": "9"}),
        ("null", {}, {}),
    ],
)
def test_whatever_properties_hold_they_are_stored(tmp_path: Path, properties: str, attributes: Row, metrics: Row) -> None:
    line = json.dumps(fixture_line("segment", 6, type="track", event="x", anonymousId=..., properties="HERE"))
    write(tmp_path, "events/tenant=one/a.jsonl", [line.replace('"HERE"', properties)])
    (row,) = Processed(tmp_path, "events").rows["events"]
    assert json.loads(row["attributes"] or "{}") == attributes
    assert json.loads(row["metrics"]) == metrics


def test_files_are_found_under_the_names_that_vendors_give_them(tmp_path: Path) -> None:
    found = [
        "events/240333/240333_2026-03-01_9#0.json.gz",
        "events/segment-logs/DVSPAf1b/1772323200000/1772355600000.a5d1e0b3.1.1.1.gz",
        "events/stream-1-2026-03-01-09-00-00-5fcbf65e.gz",
    ]
    for path in (*found, "events/users.csv.gz", "events/all.tar.gz", "payments/a.gz"):
        write(tmp_path, path, [fixture_line("pinpoint", 1, tenant_id="one")])
    assert sorted(path for path, _ in Processed(tmp_path, "events").files) == found
    assert not Processed(tmp_path, "payments").files


def test_an_event_without_id_is_the_same_whenever_it_is_loaded(tmp_path: Path) -> None:
    line = fixture_line("pinpoint", 3)
    write(
        tmp_path,
        "events/tenant=one/a.jsonl",
        [line, line | {"arrival_timestamp": 1772357099999}, line | {"event_timestamp": 1772357035121}],
    )
    first, repeated, other = (row["event_id"] for row in Processed(tmp_path, "events").rows["events"])
    assert first == repeated != other


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Product Viewed", "product.viewed"),
        ("  [Amplitude] Start   Session", "amplitude.start.session"),
        ("checkout_started", "checkout_started"),
        ("Signed Up", "user.registered"),
        ("Signed In", "user.login"),
        ("mailto:canary@example.com", "mailto:[email]"),
    ],
)
def test_names_of_events_are_words(tmp_path: Path, sent: str, stored: str) -> None:
    write(tmp_path, "events/tenant=one/a.jsonl", [fixture_line("segment", 3, event=sent)])
    assert [row["event_type"] for row in Processed(tmp_path, "events").rows["events"]] == [stored]


def test_a_visitor_who_is_identified_and_aliased_is_one_person(tmp_path: Path) -> None:
    visit = fixture_line("segment", 1)
    earlier = visit | {"anonymousId": "canary-previous-39239", "messageId": "ajs-page-0", "timestamp": "2026-02-27T09:00:00Z"}
    stranger = visit | {"anonymousId": "canary-stranger", "messageId": "ajs-page-1"}
    content = lines([earlier, stranger]) + (FIXTURES / "segment.jsonl").read_bytes()
    write(tmp_path / "landing", "events/tenant=mindmetric/segment.jsonl", content)
    database = tmp_path / "w.duckdb"
    load_into(database, tmp_path / "landing")
    dbt("build", "-q", "-s", "+dim_users", "--indirect-selection", "cautious", database=database)
    users = "select user_id, cast(first_seen_at as varchar), is_identified from marts.dim_users order by is_identified desc"
    user, visitor = query(database, users)
    assert user == (keyed_hash(tenant_key(SECRET, "mindmetric"), "canary-user-97980cfe"), "2026-02-27 09:00:00", True)
    assert visitor == (None, "2026-03-01 09:00:00.328", False)
