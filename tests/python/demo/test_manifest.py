"""The counts of the manifest against the files."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from demo.reader import Read, moment, read, rejected

TENANTS = ("mindmetric", "clausewise", "dansora")


@pytest.mark.parametrize("family", ["events", "payments", "logs"])
def test_refused_lines(family: str, landing: Path, manifest: dict[str, Any]) -> None:
    assert rejected(read(landing, family)) == manifest["rejected"][family]


def test_every_reason_is_planted_in_the_documented_number(manifest: dict[str, Any]) -> None:
    assert manifest["rejected_by_reason"] == {
        "malformed_json": 13,
        "not_an_object": 9,
        "missing_required": 14,
        "bad_timestamp": 8,
        "implausible_timestamp": 6,
        "wrong_type": 7,
        "invalid_encoding": 3,
        "oversized_row": 3,
        "unknown_tenant": 6,
        "truncated_file": 1,
    }


@pytest.mark.parametrize("tenant", TENANTS)
def test_event_oddities(tenant: str, events: list[Read], manifest: dict[str, Any]) -> None:
    lines = [line for line in events if line.tenant == tenant and line.row]
    by_id: dict[str, list[Read]] = defaultdict(list)
    nameless = 0
    for line in lines:
        assert line.row
        if "event_id" in line.row:
            by_id[line.row["event_id"]].append(line)
        else:
            nameless += 1
    repeated = [group for group in by_id.values() if len(group) > 1]
    exact = [group for group in repeated if all(line.row == group[0].row for line in group)]
    conflicting = [group for group in repeated if group not in exact]
    oddities = manifest["oddities"][tenant]
    assert len(exact) == oddities["exact_duplicates"] + oddities.get("salvaged_duplicates", 0)
    assert len(conflicting) == oddities["conflicting_duplicates"]
    assert nameless == oddities["missing_event_ids"]
    counts = manifest["tables"]["events"][tenant]
    assert counts == {"accepted": len(lines), "unique": len(by_id) + nameless}
    # Repeats stand in another file; of a conflict the one received first is the sound one.
    for group in repeated:
        assert group[0].path != group[1].path
    for group in conflicting:
        sound, other = sorted(group, key=lambda line: "resent" in line.path)
        assert sound.row
        assert other.row
        assert moment(sound.row["received_at"]) < moment(other.row["received_at"])


@pytest.mark.parametrize("tenant", TENANTS)
def test_late_and_out_of_order_lines(tenant: str, events: list[Read], manifest: dict[str, Any]) -> None:
    late, inversions, last = 0, 0, ("", 0.0)
    for line in events:
        if line.tenant != tenant or not line.row or not line.path.endswith("/events.jsonl.gz"):
            continue
        received = moment(line.row["received_at"])
        late += (received - moment(line.row["timestamp"])).days >= 1
        inversions += last[0] == line.path and received.timestamp() < last[1]
        last = (line.path, received.timestamp())
    assert late == manifest["oddities"][tenant]["late_events"]
    assert inversions == manifest["oddities"][tenant]["out_of_order_lines"]


def test_personal_data_stand_in_unknown_attributes(events: list[Read], manifest: dict[str, Any]) -> None:
    found: Counter[str] = Counter()
    for line in events:
        if line.row and line.tenant and "card" in line.row["attributes"] and line.path.endswith("/events.jsonl.gz"):
            found[line.tenant] += 1
            text = json.dumps(line.row)
            assert all(word in text for word in ("Robin Madeup", "robin.madeup@example.com", "202-555-0142", "4111111111111111"))
    assert found == {tenant: manifest["oddities"][tenant]["personal_data"] for tenant in TENANTS}


def test_file_cut_short_loses_nothing(events: list[Read], manifest: dict[str, Any]) -> None:
    cut_short = [line for line in events if "cut-short" in line.path]
    [broken] = [line for line in cut_short if not line.row]
    assert (broken.reason, broken.line_no) == ("truncated_file", len(cut_short))
    salvaged = [line.row for line in cut_short if line.row]
    assert len(salvaged) == manifest["oddities"]["mindmetric"]["salvaged_duplicates"] > 0
    elsewhere = [line.row for line in events if line.row and "cut-short" not in line.path]
    assert all(row in elsewhere for row in salvaged)


def test_tables_of_logs(logs: list[Read], manifest: dict[str, Any]) -> None:
    keys = {"ai_model_requests": "id", "raw_message": "message_id", "tournaments": "tournament_id", "tournament_entries": "entry_id"}
    for table, key in keys.items():
        ids = [line.row[key] for line in logs if line.row and line.path.startswith(f"logs/{table}/")]
        [counts] = manifest["tables"][table].values()
        assert counts == {"accepted": len(ids), "unique": len(set(ids))}


def test_truths_of_logs(logs: list[Read], manifest: dict[str, Any]) -> None:
    requests = {line.row["id"]: line.row for line in logs if line.row and "/ai_model_requests/" in line.path}
    succeeded = sum(row["success"] for row in requests.values())
    truth = manifest["truths"]["clausewise"]["ai_requests"]
    assert (truth["succeeded"], truth["failed"]) == (succeeded, len(requests) - succeeded)
    silent = [row for row in requests.values() if not row["success"] and not row.get("error_type")]
    assert truth["failed_without_error_type"] == len(silent) > 0
    cost = sum(round(float(row["cost_estimate"]) * 10**8) for row in requests.values() if row.get("cost_estimate") is not None)
    assert cost == round(float(truth["cost_usd"]) * 10**8)
    assert any(float(row["cost_estimate"]) < 0.00003 for row in requests.values() if row.get("cost_estimate") is not None)
    assert any(row.get("cost_estimate") is None for row in requests.values())
    assert len({(row["model_name"], row["model_version"]) for row in requests.values()}) == 4

    contests: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in logs:
        if line.row and "/tournaments/" in line.path:
            contests[line.row["tournament_id"]].append(line.row)
    last = [max(versions, key=lambda row: moment(row["updated_at"]))["status"] for versions in contests.values()]
    truth = dict(manifest["truths"]["dansora"]["tournaments"])
    players = {line.row["player_id"] for line in logs if line.row and "/tournament_entries/" in line.path}
    assert truth.pop("players") == len(players)
    assert truth == Counter(last)
    assert set(truth) == {"completed", "cancelled"}

    messages = {line.row["message_id"]: line.row for line in logs if line.row and "/raw_message/" in line.path}
    inbound = {id_ for id_, row in messages.items() if row["direction"] == "inbound"}
    answered = {row["in_reply_to"] for row in messages.values() if row["in_reply_to"] and row["is_automated"] == "false"}
    truth = manifest["truths"]["dansora"]["messages"]
    assert truth == {"inbound": len(inbound), "outbound": len(messages) - len(inbound), "answered_by_person": len(answered)}
    assert answered < inbound


def test_truths_of_activity(events: list[Read], manifest: dict[str, Any]) -> None:
    for tenant in TENANTS:
        rows: dict[str, dict[str, Any]] = {}
        for line in events:
            if line.tenant == tenant and line.row and line.path.endswith("/events.jsonl.gz"):
                rows[line.row.get("event_id", f"{line.path}:{line.line_no}")] = line.row
        truth = manifest["truths"][tenant]
        assert Counter(row["event_type"] for row in rows.values()) == truth["events_by_type"]
        assert len({row["user_id"] for row in rows.values() if row.get("user_id")}) == truth["users"]
        if tenant != "mindmetric":
            continue
        completed = [row for row in rows.values() if row["event_type"] == "assessment.completed"]
        metrics = [row["metrics"] for row in completed]
        assert truth["assessments"] == {
            "completed": len(completed),
            "completed_in_full": sum(metric["completion_percentage"] == 100 for metric in metrics),
            "low_agreement": sum(metric.get("dual_ai_agreement", 1) < 0.7 for metric in metrics),
            "low_confidence": sum(metric.get("ai_confidence", 1) < 0.7 for metric in metrics),
            "without_ai": sum("ai_confidence" not in metric for metric in metrics),
            "respondents": len({row["user_id"] for row in completed}),
        }
        assert min(truth["assessments"].values()) > 0
