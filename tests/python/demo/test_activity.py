"""People and what they do: the shapes that the marts measure are there to be found."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from statistics import correlation, mean, stdev
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.reader import Read, Row, moment

ZONES = {"mindmetric": "America/New_York", "clausewise": "Europe/Berlin", "dansora": "Asia/Tokyo", "loomwick": "Europe/London"}
TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")


@pytest.fixture(scope="module")
def rows(events: list[Read]) -> dict[str, list[Row]]:
    """By tenant, the sound events of the daily files in the order of time."""
    found: dict[str, list[Row]] = defaultdict(list)
    for line in events:
        if line.tenant and line.row and line.path.endswith("/events.jsonl.gz"):
            found[line.tenant].append(line.row)
    return {tenant: sorted(part, key=lambda row: moment(row["timestamp"])) for tenant, part in found.items()}


def _local(tenant: str, row: Row) -> datetime:
    return moment(row["timestamp"]).astimezone(ZoneInfo(ZONES[tenant]))


def test_each_tenant_keeps_its_hours_and_weekdays(rows: dict[str, list[Row]]) -> None:
    hours = {tenant: Counter(_local(tenant, row).hour for row in part if "anonymous_id" in row) for tenant, part in rows.items()}
    weekend = {tenant: mean(_local(tenant, row).weekday() >= 5 for row in part) for tenant, part in rows.items()}
    assert 8 <= hours["clausewise"].most_common(1)[0][0] <= 17
    assert 9 <= hours["loomwick"].most_common(1)[0][0] <= 17
    assert 18 <= hours["dansora"].most_common(1)[0][0] <= 22
    assert all(counts[3] * 5 < max(counts.values()) for counts in hours.values())
    assert weekend["clausewise"] < 0.1 < weekend["mindmetric"] < 2 / 7 < weekend["dansora"]


@pytest.mark.parametrize("tenant", ZONES)
def test_use_grows_over_the_year(tenant: str, rows: dict[str, list[Row]]) -> None:
    months = Counter(_local(tenant, row).strftime("%Y-%m") for row in rows[tenant])
    assert months["2026-06"] > 2 * months["2025-08"] > 0


def test_cohorts_shrink_as_they_age(rows: dict[str, list[Row]]) -> None:
    active: Counter[int] = Counter()
    old = 0
    for tenant, part in rows.items():
        registered = {row["user_id"]: _local(tenant, row) for row in part if row["event_type"] == "user.registered"}
        pioneers = {user for user, at in registered.items() if at.strftime("%Y-%m") < "2026-01"}
        old += len(pioneers)
        seen = [row for row in part if row.get("user_id") in pioneers and "anonymous_id" in row]
        months = {((_local(tenant, row) - registered[row["user_id"]]) // timedelta(days=30), row["user_id"]) for row in seen}
        active.update(month for month, _ in months)
    assert active[0] == old
    assert active[0] > active[1] > active[5] > 0.1 * old


@pytest.mark.parametrize("tenant", ZONES)
def test_strangers_become_users(tenant: str, rows: dict[str, list[Row]]) -> None:
    """Whoever registers was seen before on the same device, without a user id; others never come out of the dark."""
    first_seen: dict[str, datetime] = {}
    known: set[str] = set()
    for row in rows[tenant]:
        device = row.get("anonymous_id")
        if row["event_type"] == "user.registered":
            assert first_seen[row["anonymous_id"]] < moment(row["timestamp"])
        if device:
            first_seen.setdefault(device, moment(row["timestamp"]))
        if device and row.get("user_id"):
            known.add(device)
    assert 0.3 < len(known) / len(first_seen) < 0.8
    devices: dict[str, set[str]] = defaultdict(set)
    for row in rows[tenant]:
        if row.get("user_id") and row.get("anonymous_id"):
            devices[row["user_id"]].add(row["anonymous_id"])
    owners: dict[str, set[str]] = defaultdict(set)
    for user, ids in devices.items():
        for device in ids:
            owners[device].add(user)
    assert Counter(len(ids) for ids in devices.values()).keys() >= {1, 2}
    assert Counter(len(users) for users in owners.values()).keys() == {1, 2}


def test_assessments_start_before_they_end_and_some_never_do(rows: dict[str, list[Row]]) -> None:
    started: dict[str, Row] = {}
    completed: dict[str, Row] = {}
    for row in rows["mindmetric"]:
        if row["event_type"] in ("assessment.started", "assessment.completed"):
            seen = started if row["event_type"] == "assessment.started" else completed
            assert row["attributes"]["assessment_id"] not in seen
            seen[row["attributes"]["assessment_id"]] = row
    assert set(completed) < set(started)
    assert 0.65 < len(completed) / len(started) < 0.85
    for id_, row in completed.items():
        start = started[id_]
        assert (row["user_id"], row["attributes"]["assessment_type"]) == (start["user_id"], start["attributes"]["assessment_type"])
        assert moment(row["timestamp"]) - moment(start["timestamp"]) == timedelta(seconds=row["metrics"]["duration_seconds"])
    assert len({row["attributes"]["assessment_type"] for row in completed.values()}) == 4
    assert len({row["attributes"]["organization_id"] for row in completed.values()}) == 8


def _scores(metrics: dict[str, Any]) -> tuple[str, list[float]]:
    """Which of the spellings a sender used, and the five scores."""
    nested = metrics.get("ocean_scores")
    if nested is None:
        return "flat", [metrics[f"ocean_{trait}"] for trait in TRAITS]
    if "O" in nested:
        return "letters", [nested[trait[0].upper()] for trait in TRAITS]
    return "names", [nested[trait] for trait in TRAITS]


def test_scores_are_those_of_people(rows: dict[str, list[Row]]) -> None:
    completed = [row for row in rows["mindmetric"] if row["event_type"] == "assessment.completed"]
    assert {_scores(row["metrics"])[0] for row in completed} == {"flat", "letters", "names"}
    latest = {row["user_id"]: _scores(row["metrics"])[1] for row in completed}
    o, c, e, a, n = zip(*latest.values(), strict=True)
    for trait in (o, c, e, a, n):
        assert 0 <= min(trait) <= max(trait) <= 100
        assert 40 < mean(trait) < 70
        assert 10 < stdev(trait) < 22
    assert correlation(o, e) > 0.25
    assert correlation(c, a) > 0.25
    assert correlation(c, n) < -0.2


@pytest.mark.parametrize("tenant", ZONES)
def test_every_promised_kind_of_event_is_there(tenant: str, rows: dict[str, list[Row]]) -> None:
    types = {row["event_type"] for row in rows[tenant]}
    everywhere = {"page.viewed", "user.registered", "user.login", "feature.used", "subscription.created", "payment.failed"}
    own = {
        "mindmetric": {"assessment.started", "assessment.completed", "api.scores.called", "feature.report.generated"},
        "clausewise": {"feature.upload.used", "feature.analysis.used"},
        "dansora": {"checkin.created"},
        "loomwick": {"feature.inbox.used", "feature.catalog.used", "feature.brand_center.used"},
    }
    assert types > everywhere | own[tenant]
    assert all(row["attributes"]["feature"] for row in rows[tenant] if row["event_type"] == "feature.used")


def test_a_retailers_users_work_in_a_team_of_a_brand(rows: dict[str, list[Row]]) -> None:
    work: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in rows["loomwick"]:
        if row.get("user_id") and row.get("anonymous_id"):
            place = row["attributes"]
            work[row["user_id"]].add((place["brand_id"], place["team_id"], place["role"]))
    assert all(len(places) == 1 for places in work.values())
    (places,) = zip(*work.values(), strict=True)
    assert all(team.startswith(f"{brand}-") for brand, team, _ in places)
    assert len({brand for brand, _, _ in places}) == 3
    assert len({team for _, team, _ in places}) == 5
    roles = Counter(role for _, _, role in places)
    assert roles["owner"] == 1 <= roles["brand"] <= roles["team"] < roles["self"]
    others = (row for tenant in ("mindmetric", "clausewise", "dansora") for row in rows[tenant])
    assert not any("team_id" in row.get("attributes", {}) for row in others)


def test_modules_of_a_retailer(rows: dict[str, list[Row]]) -> None:
    used = Counter(row["attributes"].get("module") for row in rows["loomwick"] if row["event_type"].startswith("feature."))
    assert set(used) - {None} == {"inbox", "ai_assist", "templates", "catalog", "crm", "brand_center", "analytics"}
    assert used.most_common(1)[0][0] == "inbox"
