"""What is personal: found, hashed, masked or dropped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from landing_files import SECRET, Processed, event, message, write

from ingestion.privacy import Scrubber, keyed_hash, mask_line, mask_path, month_key, tenant_key
from ingestion.scanner import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("jane.roe@example.com", "[email]"),
        ("https://example.com/?mail=jane%40example.com&x=1", "https://example.com/?mail=[email]&x=1"),
        ("+1 212 555 0100", "[phone]"),
        ("(212) 555-0100", "[phone]"),
        ("555-0100", "[phone]"),
        ("203.0.113.9", "[ip]"),
        ("2001:db8::1", "[ip]"),
        ("4111 1111 1111 1111", "[card]"),
        ("378282246310005", "[card]"),
        ("DE89370400440532013000", "[iban]"),
    ],
)
def test_what_is_personal_is_masked(text: str, masked: str) -> None:
    assert mask(text)[0] == masked
    assert "jane" not in mask(f"call {text} now")[0]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T09:12:44.120+02:00",
        "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
        "2.4.0",
        "1767225600000",
        "4111111111111112",
        "12:30:45",
        "Foo::Bar",
    ],
)
def test_what_machines_write_stays(text: str) -> None:
    assert mask(text) == (text, set())


def test_ids_with_personal_data_stay_distinct(tmp_path: Path) -> None:
    ids = ["jane.roe@example.com", "john.doe@example.com", "Jane Roe", "plain-1"]
    write(tmp_path, "events/a.jsonl", [event(event_id=id_, session_id=id_, event_type="a b" if id_ == "Jane Roe" else "a") for id_ in ids])
    rows = Processed(tmp_path, "events").rows["events"]
    assert len({row["event_id"] for row in rows}) == 4
    assert [row["event_id"] == row["session_id"] for row in rows] == [True] * 4
    assert rows[3]["event_id"] == "plain-1"
    assert [row["event_type"] for row in rows] == ["a", "a", "[text]", "a"]


def test_a_person_is_the_same_in_every_table_and_somebody_else_in_another_tenant(tmp_path: Path) -> None:
    write(tmp_path, "events/a.jsonl", [event(), event(tenant_id="two")])
    write(tmp_path, "logs/raw_message/a.jsonl", [message()])
    write(tmp_path, "payments/tenant=one/a.jsonl", [{"id": "c", "object": "customer", "metadata": {"user_id": "u-1"}}])
    one, two = (row["user_id"] for row in Processed(tmp_path, "events").rows["events"])
    (mail,) = Processed(tmp_path, "logs").rows["raw_message"]
    (customer,) = Processed(tmp_path, "payments").rows["customers"]
    assert one == keyed_hash(tenant_key(SECRET, "one"), "u-1") == mail["customer_id"] == customer["user_id"]
    assert two == keyed_hash(tenant_key(SECRET, "two"), "u-1") != one


def test_addresses_cannot_be_joined_across_months(tmp_path: Path) -> None:
    times = ["2026-03-01T00:00:00Z", "2026-03-31T23:59:59Z", "2026-04-01T00:00:00Z"]
    write(tmp_path, "events/a.jsonl", [event(timestamp=time, ip="203.0.113.9") for time in times])
    first, same, other = (row["ip_hash"] for row in Processed(tmp_path, "events").rows["events"])
    assert first == same == keyed_hash(month_key(SECRET, "one", "2026-03"), "203.0.113.9")
    assert other == keyed_hash(month_key(SECRET, "one", "2026-04"), "203.0.113.9") != first


def test_findings_are_counted_by_column_and_class(tmp_path: Path) -> None:
    attributes = {"platform": "web", "note": "call me", "mail": "x", "contact": "jane.roe@example.com", "userId": "u-9"}
    write(tmp_path, "events/a.jsonl", [event(attributes=attributes, session_id="+12125550100"), event(), event(country="203.0.113.9")])
    processed = Processed(tmp_path, "events")
    assert processed.findings == {
        ("events", "attributes", "prose"): 1,
        ("events", "attributes", "direct"): 1,
        ("events", "attributes", "email"): 1,
        ("events", "session_id", "phone"): 1,
        ("events", "extra", "ip"): 1,
    }
    row = processed.rows["events"][0]
    hashed = keyed_hash(tenant_key(SECRET, "one"), "u-9")
    assert json.loads(row["attributes"]) == {"platform": "web", "note": "[text]", "contact": "[email]", "userId": hashed}


def test_only_the_length_of_free_text_is_kept(tmp_path: Path) -> None:
    write(tmp_path, "logs/raw_message/a.jsonl", [message(), message(body='{"looks": "like JSON"}'), message(body=...)])
    rows = Processed(tmp_path, "logs").rows["raw_message"]
    assert [row["body_length"] for row in rows] == [11, 22, None]


def test_documents_are_scrubbed_at_any_depth() -> None:
    scrubber = Scrubber(b"key")
    document = {"a": [{"firstName": "Jane", "ok": "word", "n": 4111111111111111, "t": True}], "jane.roe@example.com": 1, "z": "a\u0000b"}
    assert json.loads(scrubber.document("extra", json.dumps(document))) == {
        "a": [{"ok": "word", "n": "[card]", "t": True}],
        "[email]": 1,
        "z": "ab",
    }


@pytest.mark.parametrize(
    "key",
    [
        *("firstName", "first_name", "FIRST-NAME", "firstname", "first.name", "$First Name", "userFirstName", "user_firstname", "Vorname"),
        *(
            "prénom",
            "prenom",
            "имя",
            "名前",
            "\uff45\uff4d\uff41\uff49\uff4c",
            "e\u200bmail",
            "E-Mail",
            "contact.email",
            "phoneNumber",
            "tel",
            "SSN",
            "cardholder",
        ),
    ],
)
def test_who_somebody_is_is_dropped_however_its_key_is_spelled(tmp_path: Path, key: str) -> None:
    write(tmp_path, "events/a.jsonl", [event(attributes={"platform": "web", key: "Quintilla"}, **{key: "Quintilla"})])
    processed = Processed(tmp_path, "events")
    (row,) = processed.rows["events"]
    assert json.loads(row["attributes"]) == {"platform": "web"}
    assert json.loads(row["extra"]) == {}
    assert processed.findings == {("events", "attributes", "direct"): 1, ("events", "extra", "direct"): 1}


@pytest.mark.parametrize(
    "key", ["plan_name", "microphone", "filename", "hostname", "emailed", "address_count", "namespace", "telemetry", "zipped"]
)
def test_other_keys_stay(key: str) -> None:
    document = json.dumps({key: "word"}, separators=(",", ":"))
    assert Scrubber(b"key").document("extra", document) == document


def test_a_persons_id_is_hashed_however_its_key_is_spelled() -> None:
    keys = ("userId", "userid", "USER_ID", "$user_id", "user.id", "customerid")
    hashed = json.loads(Scrubber(b"key").document("extra", json.dumps(dict.fromkeys(keys, "u-9"))))
    assert set(hashed.values()) == {keyed_hash(b"key", "u-9")}


def test_objects_packed_into_texts_are_scrubbed_like_objects(tmp_path: Path) -> None:
    packed = json.dumps({"firstName": "Jane", "plan": "pro", "sizes": [1, "jane.roe@example.com"]}, separators=(",", ":"))
    write(tmp_path, "events/a.jsonl", [event(attributes={"profile": packed, "broken": '{"firstName'})])
    (row,) = Processed(tmp_path, "events").rows["events"]
    assert json.loads(row["attributes"]) == {"profile": '{"plan":"pro","sizes":[1,"[email]"]}', "broken": '{"firstName'}


@pytest.mark.parametrize("value", ["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, "9" * 5_000])
def test_a_document_that_cannot_be_searched_is_not_stored(tmp_path: Path, value: str) -> None:
    line = json.dumps(event())
    write(tmp_path, "events/a.jsonl", [line[:-1] + f', "note": "Jane Roe", "n": {value}}}', line])
    rows = Processed(tmp_path, "events").rows["events"]
    assert [row["extra"] for row in rows] == ['"[text]"', None]


@pytest.mark.parametrize(
    "number",
    ["212 555 0100", "(212) 555-0100", "4111 1111 1111 1111", "0171 23 45 67", "1980 05 02", "192.0.2.44", "2001:db8::8a2e:370:7334"],
)
def test_rejected_lines_keep_no_number_written_in_groups(number: str) -> None:
    assert mask_line(f'{{"phone": {number}, "n": 12.5, [1, 22, 333, 4444]}}') == '{"*": #, "n": 12.5, [1, 22, 333, 4444]}'


def test_rejected_lines_keep_their_shape_and_no_word_of_a_person() -> None:
    line = (
        '{"event_type": "page.viewed", "name": "Jane Roe", "metrics": {"duration_seconds": "x9"}, "n": 12.5, "phone": 12125550100, broken'
    )
    assert mask_line(line) == '{"event_type": "*", "name": "* *", "metrics": {"duration_seconds": "*"}, "n": 12.5, "*": #, *'


def test_paths_are_masked_and_stay_distinct() -> None:
    masked = [mask_path(f"events/{name}@example.com/a.jsonl", SECRET) for name in ("jane.roe", "john.doe")]
    assert masked[0] != masked[1]
    assert all(path.startswith("events/[email]/a.jsonl#") for path in masked)
    assert mask_path("events/year=2026/month=03/a.jsonl", SECRET) == "events/year=2026/month=03/a.jsonl"
