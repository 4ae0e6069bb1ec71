"""The counts of the manifest against the files."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from demo.reader import LOGS, Read, moment, read, rejected

TENANTS = ("mindmetric", "clausewise", "dansora", "loomwick")


@pytest.mark.parametrize("family", ["events", "payments", "logs"])
def test_refused_lines(family: str, landing: Path, manifest: dict[str, Any]) -> None:
    assert rejected(read(landing, family)) == manifest["rejected"][family]


def test_every_reason_is_planted_in_the_documented_number(manifest: dict[str, Any]) -> None:
    event_reasons = {
        "malformed_json": 3,
        "not_an_object": 2,
        "missing_required": 3,
        "bad_timestamp": 2,
        "implausible_timestamp": 2,
        "wrong_type": 2,
        "invalid_encoding": 1,
        "oversized_row": 1,
    }
    events = dict.fromkeys(TENANTS, event_reasons) | {"unknown": {"unknown_tenant": 6}}
    events["mindmetric"] = event_reasons | {"truncated_file": 1}
    assert manifest["rejected"]["events"] == events
    payments = {"malformed_json": 1, "not_an_object": 1, "missing_required": 1}
    assert manifest["rejected"]["payments"] == dict.fromkeys(TENANTS, payments)
    everywhere = {"missing_required": 1, "bad_timestamp": 1}
    for table, tenants in manifest["logs"].items():
        for planted in tenants.values():
            assert planted.items() > everywhere.items(), table
            assert planted.get("malformed_json", 0) + planted.get("malformed_csv", 0) == 1, table
    planted_in_logs = sum((Counter(planted) for tenants in manifest["logs"].values() for planted in tenants.values()), Counter())
    del planted_in_logs["late"], planted_in_logs["repeated"]
    assert planted_in_logs == sum((Counter(reasons) for reasons in manifest["rejected"]["logs"].values()), Counter())
    assert planted_in_logs.keys() >= {"not_accepted", "out_of_range", "wrong_type"}
    reasons = [reasons for family in manifest["rejected"].values() for reasons in family.values()]
    assert manifest["rejected_by_reason"] == sum(map(Counter, reasons), Counter())


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
    assert set(manifest["logs"]) == set(LOGS)
    found: dict[str, dict[str, list[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(list))
    for line in logs:
        table = line.path.split("/")[1]
        if line.row and line.tenant:
            found[table][line.tenant].append(tuple(_text(line.row[name]) for name in LOGS[table].key))
    for table, tenants in found.items():
        counted = {tenant: {"accepted": len(keys), "unique": len(set(keys))} for tenant, keys in tenants.items()}
        assert manifest["tables"][table] == counted, table


def test_ai_requests_of_four_versions_cost_next_to_nothing(logs: list[Read]) -> None:
    requests = [line.row for line in logs if line.row and "/ai_model_requests/" in line.path]
    assert len({(row["model_name"], row["model_version"]) for row in requests}) == 4
    costs = [row.get("cost_estimate") for row in requests]
    assert None in costs
    assert 0 < min(float(cost) for cost in costs if cost is not None) < 0.00003


def test_logs_come_in_every_format_and_both_spellings(logs: list[Read], landing: Path) -> None:
    paths = {line.path for line in logs}
    endings = {path.partition(".")[2] for path in paths}
    assert endings == {"jsonl", "jsonl.gz", "csv", "csv.gz", "parquet"}
    assert '"grant_id":' in (landing / "logs/access_grants/tenant=mindmetric/sent-again.jsonl").read_text()
    assert '"grantId":' in (landing / "logs/access_grants/tenant=loomwick/sent-again.jsonl").read_text()


def test_oddities_of_logs(logs: list[Read], manifest: dict[str, Any]) -> None:
    """In every log: lines sent again, refused ones, and rows of its first file that arrived with its last."""
    by_file: dict[tuple[str, str], dict[str, list[Read]]] = defaultdict(lambda: defaultdict(list))
    for line in logs:
        folder, _, name = line.path.rpartition("/")
        owner = folder.partition("tenant=")[2] or {"platform_costs": "*"}.get(folder.split("/")[1], "dansora")
        by_file[folder.split("/")[1], owner][name].append(line)
    for (table, tenant), files in by_file.items():
        *pieces, again = sorted(files)
        assert again.startswith("sent-again")
        repeated = [line.row for line in files[again] if line.row]
        refused = Counter(line.reason for line in files[again] if line.reason)
        elsewhere = [_comparable(line.row) for name in pieces for line in files[name] if line.row]
        assert all(_comparable(row) in elsewhere for row in repeated), table
        time = LOGS[table].time
        first_month = pieces[0][:7]
        earlier = [line for line in files[pieces[-1]] if line.row and moment(line.row[time]).strftime("%Y-%m") < pieces[-1][:7]]
        assert all(line.row and moment(line.row[time]).strftime("%Y-%m") >= first_month for line in earlier)
        assert manifest["logs"][table][tenant] == {"late": len(earlier), "repeated": len(repeated), **refused}, table
        assert all(line.row for name in pieces for line in files[name])


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is in every format: nulls left out, numbers and times as the same text."""
    return {name: _text(value) for name, value in row.items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    if isinstance(value, datetime) or re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", str(value)):
        return moment(value).isoformat()
    number = isinstance(value, bool) is False and re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", str(value), re.IGNORECASE)
    return format(Decimal(str(value)).normalize(), "f") if number else str(value).lower()


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
