"""One good row of every log, by hand from the declaration of the raw inputs, with what is to be stored of it.

A field is written as its input key; `*` marks the required ones, and `> column` follows where the column is called otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from landing_files import SECRET, Row

from ingestion.privacy import keyed_hash, month_key, tenant_key

TENANT = "one"

# The staging model of every log, `stg_logs__` left out.
MODELS = {
    "account_binding_log": "account_bindings",
    "raw_message": "messages",
    "ai_assist_log": "ai_assist_actions",
    "template_log": "template_actions",
    "product_log": "product_actions",
    "sync_log": "syncs",
    "contact_log": "contact_actions",
    "automation_log": "automation_runs",
    "asset_log": "asset_actions",
    "campaign_log": "campaign_actions",
    "notification_log": "notification_statuses",
    "user_log": "user_actions",
    "ai_model_requests": "ai_model_requests",
    "experiments": "experiments",
    "experiment_exposures": "experiment_exposures",
    "message_campaigns": "message_campaigns",
    "message_deliveries": "message_deliveries",
    "message_threads": "message_threads",
    "thread_messages": "thread_messages",
    "experience_profiles": "experience_profiles",
    "checkins": "checkins",
    "visits": "visits",
    "tournaments": "tournaments",
    "tournament_entries": "tournament_entries",
    "consent_log": "consents",
    "subject_requests": "subject_requests",
    "access_grants": "access_grants",
    "access_log": "accesses",
    "platform_costs": "platform_costs",
    "report_deliveries": "report_deliveries",
    "organizer_credits": "organizer_credits",
}


@dataclass(frozen=True)
class Value:
    """A value as it is sent, and as it is stored."""

    given: Any
    stored: Any


def user(name: str) -> Value:
    return Value(name, keyed_hash(tenant_key(SECRET, TENANT), name))


def address(text: str, month: str) -> Value:
    return Value(text, keyed_hash(month_key(SECRET, TENANT, month), text))


def listed(*values: Value) -> Value:
    return Value([value.given for value in values], json.dumps([value.stored for value in values], separators=(",", ":")))


def document(value: Any) -> Value:
    return Value(value, json.dumps(value, separators=(",", ":")))


def at(text: str) -> Value:
    return Value(f"{text}Z", datetime.fromisoformat(text))


def number(text: str) -> Value:
    return Value(text, Decimal(text))


COMMON: dict[str, Any] = {
    "tenant_id": TENANT,
    "brand_id": "brand-1",
    "team_id": "team-1",
    "user_id": user("u-1"),
    "organization_id": "org-1",
    "metadata": document({"step": 2}),
}

NINE = at("2026-03-01T09:00:00")
TEN = at("2026-03-01T10:00:00")
ELEVEN = at("2026-03-01T11:00:00.250000")

FIELDS: dict[str, dict[str, Any]] = {
    "account_binding_log": {
        "*binding_id": "b-1",
        "*user_id": user("u-1"),
        "*type > binding_type": "sms",
        "*status": "failure",
        "*timestamp > attempted_at": NINE,
        "error_code": "timeout",
    },
    "raw_message": {
        "*message_id": "m-1",
        "*type > channel": "email",
        "*direction": "outbound",
        "*timestamp > sent_at": NINE,
        "in_reply_to": "m-0",
        "thread_id": "th-1",
        "agent_id": user("agent-1"),
        "customer_id": user("u-2"),
        "is_automated": False,
        "delivered_at": TEN,
        "product_ids": document(["p-1", "p-2"]),
        "body > body_length": Value("hello there", 11),
    },
    "ai_assist_log": {
        "*action_id": "a-1",
        "*generation_id": "g-1",
        "*action": "apply",
        "*timestamp > acted_at": NINE,
        "user_id": user("u-1"),
        "model > model_name": "writer-2",
        "template_id": "t-1",
        "macro_id": "ma-1",
        "tokens": 120,
    },
    "template_log": {
        "*action_id": "a-1",
        "*template_id": "t-1",
        "*action": "copy",
        "*timestamp > acted_at": NINE,
        "scope > template_scope": "team",
        "language > template_language": "ja",
        "format > template_format": "html",
        "channel": "email",
    },
    "product_log": {
        "*action_id": "a-1",
        "*product_id": "p-1",
        "*action": "image_upload",
        "*timestamp > acted_at": NINE,
        "source_platform": "shop",
        "bytes > uploaded_bytes": 20480,
    },
    "sync_log": {
        "*sync_id": "s-1",
        "*source_platform": "shop",
        "*status": "success",
        "*started_at": NINE,
        "finished_at": TEN,
        "records > record_count": 40,
        "error_code": "none",
    },
    "contact_log": {
        "*action_id": "a-1",
        "*contact_id": user("u-2"),
        "*action": "grade_change",
        "*timestamp > acted_at": NINE,
        "source": "fair",
        "old_grade": "B",
        "new_grade": "A",
        "segment": "regulars",
        "records > record_count": 1,
    },
    "automation_log": {
        "*run_id": "r-1",
        "*automation": "birthday_mail",
        "*trigger > trigger_type": "birthday",
        "*status": "sent",
        "*timestamp > ran_at": NINE,
        "contact_id": user("u-2"),
        "message_id": "m-1",
        "converted_at": TEN,
        "updated_at": ELEVEN,
    },
    "asset_log": {
        "*action_id": "a-1",
        "*asset_id": "as-1",
        "*action": "download",
        "*timestamp > acted_at": NINE,
        "retailer_id": "ret-1",
    },
    "campaign_log": {
        "*action_id": "a-1",
        "*campaign_id": "c-1",
        "*action": "send",
        "*timestamp > acted_at": NINE,
        "retailer_id": "ret-1",
        "template_id": "t-1",
    },
    "notification_log": {
        "*notification_id": "n-1",
        "*channel": "push",
        "*status": "opened",
        "*timestamp > occurred_at": NINE,
        "user_id": user("u-1"),
        "module": "inbox",
    },
    "user_log": {
        "*action_id": "a-1",
        "*user_id": user("u-1"),
        "*action": "activate_module",
        "*timestamp > acted_at": NINE,
        "module": "inbox",
    },
    "ai_model_requests": {
        "*id > request_id": "req-1",
        "*model_name": "writer",
        "*model_version": "2.1",
        "*input_tokens": 300,
        "*output_tokens": 80,
        "*latency_ms": 812.5,
        "*success > is_success": True,
        "*timestamp > requested_at": NINE,
        "total_tokens": 380,
        "user_id": user("u-1"),
        "session_id": "se-1",
        "error_type": "none",
        "confidence_score": 0.75,
        "cost_estimate": number("0.00031"),
        "satisfaction_score": 4.5,
        "time_to_first_token_ms": 95.0,
        "experiment_id": "x-1",
        "variant": "b",
    },
    "experiments": {
        "*experiment_id": "x-1",
        "name > experiment_name": "Shorter welcome",
        "metric > metric_name": "activation",
        "variants": document(["a", "b"]),
        "started_at": NINE,
        "ended_at": at("2027-03-01T00:00:00"),
        "status": "running",
        "updated_at": ELEVEN,
    },
    "experiment_exposures": {
        "*experiment_id": "x-1",
        "*variant": "b",
        "*unit_id": user("u-1"),
        "*timestamp > exposed_at": NINE,
    },
    "message_campaigns": {
        "*campaign_id": "c-1",
        "*type > campaign_type": "organizer_broadcast",
        "*status": "active",
        "*updated_at": ELEVEN,
        "audience": document({"cities": ["NYC"]}),
        "delivery_channels": document(["inbox", "modal"]),
        "priority": 10,
        "start_at > starts_at": at("2026-12-01T00:00:00"),
        "end_at > ends_at": at("2026-12-31T00:00:00"),
        "cooldown_hours": 36.5,
        "max_deliveries_per_user": 3,
        "release_id": "rel-7",
        "role_requirement": "organizer",
        "paid_tier_requirement": "gold",
        "organizer_id": user("org-user"),
        "cost > cost_amount": number("25.50"),
    },
    "message_deliveries": {
        "*delivery_id": "d-1",
        "*campaign_id": "c-1",
        "*recipient_type": "user",
        "*recipient_id": user("u-1"),
        "*delivery_status": "acknowledged",
        "*delivery_channel": "inbox",
        "*created_at": NINE,
        "delivered_at": NINE,
        "ack_at > acknowledged_at": TEN,
        "dismissed_at": TEN,
        "expires_at": at("2027-01-01T00:00:00"),
        "payload_hash > content_hash": "9f86d081",
        "updated_at": ELEVEN,
    },
    "message_threads": {
        "*thread_id": "th-1",
        "*type > thread_type": "question",
        "*created_by": user("u-1"),
        "*created_at": NINE,
        "participants": listed(user("u-1"), user("org-user")),
        "updated_at": ELEVEN,
    },
    "thread_messages": {
        "*message_id": "m-1",
        "*thread_id": "th-1",
        "*sender_id": user("u-1"),
        "*sender_role": "user",
        "*sent_at": NINE,
        "status": "read",
        "read_at": TEN,
        "body > body_length": Value("is there parking?", 17),
        "updated_at": ELEVEN,
    },
    "experience_profiles": {
        "*person_key": user("u-1"),
        "*person_type": "user",
        "*updated_at": ELEVEN,
        "first_seen_at": NINE,
        "last_seen_at": TEN,
        "visit_counts": document({"total": 24}),
        "last_seen_release_id": "rel-7",
        "acknowledged_releases": document(["rel-6", "rel-7"]),
        "linked_keys": listed(user("u-2"), address("203.0.113.9", "2026-03")),
        "preferences": document({"digest": "weekly"}),
    },
    "checkins": {
        "*checkin_id": "ch-1",
        "*person_key": user("u-1"),
        "person_type": "user",
        "*event_id": "class-7",
        "*event_type": "practica",
        "*timestamp > checked_in_at": NINE,
        "venue_id": "venue-1",
        "city_id": "nyc",
    },
    "visits": {
        "*visit_id": "v-1",
        "*person_key": address("203.0.113.9", "2026-03"),
        "person_type": "ip",
        "*timestamp > visited_at": NINE,
        "city_id": "nyc",
        "time_zone": "America/New_York",
    },
    "tournaments": {
        "*tournament_id": "to-1",
        "*status": "scheduled",
        "*starts_at": at("2026-12-24T18:00:00"),
        "completed_at": at("2026-12-25T00:00:00"),
        "entry_fee_amount": number("1500"),
        "currency": "JPY",
        "updated_at": ELEVEN,
    },
    "tournament_entries": {
        "*entry_id": "en-1",
        "*tournament_id": "to-1",
        "*player_id": user("u-1"),
        "*entered_at": NINE,
        "status": "entered",
        "paid_amount": number("1500"),
        "updated_at": ELEVEN,
    },
    "consent_log": {
        "*consent_id": "co-1",
        "*person_key": user("u-1"),
        "person_type": "user",
        "*purpose": "marketing",
        "*granted > is_granted": False,
        "*timestamp > decided_at": NINE,
        "source": "banner",
    },
    "subject_requests": {
        "*request_id": "sr-1",
        "*person_key": user("u-1"),
        "person_type": "user",
        "*type > request_type": "erasure",
        "*received_at > requested_at": NINE,
    },
    "access_grants": {
        "*grant_id": "gr-1",
        "*principal": user("agent-1"),
        "*role > access_role": "brand",
        "*valid_from": NINE,
        "valid_to": at("2027-03-01T00:00:00"),
        "updated_at": ELEVEN,
    },
    "access_log": {
        "*access_id": "ac-1",
        "*principal": user("agent-1"),
        "*object > object_name": "marts.dim_users",
        "*timestamp > accessed_at": NINE,
    },
    "platform_costs": {
        "*date > cost_date": Value("2026-03-01", date(2026, 3, 1)),
        "*service": "storage",
        "*amount": number("-0.123456789"),
        "*currency": "usd",
        "updated_at": ELEVEN,
    },
    "report_deliveries": {
        "*delivery_id": "d-1",
        "*report > report_name": "weekly_kpis",
        "*format > report_format": "pdf",
        "*scheduled_at": at("2026-12-01T08:00:00"),
        "*status": "scheduled",
        "delivered_at": TEN,
        "updated_at": ELEVEN,
    },
    "organizer_credits": {
        "*entry_id": "cr-1",
        "*organizer_id": user("org-user"),
        "*amount": number("-12.5"),
        "*kind > entry_kind": "spend",
        "*timestamp > entered_at": NINE,
        "campaign_id": "c-1",
    },
}


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    named = {field.lstrip("*").partition(" > ")[0] for field in fields}
    return fields | {field: value for field, value in COMMON.items() if field not in named}


def required(table: str) -> set[str]:
    """The input keys that a row must have, beside its tenant."""
    return {field.lstrip("*").partition(" > ")[0] for field in FIELDS[table] if field.startswith("*")}


def good(table: str, **changes: Any) -> Row:
    """A row as it is sent, with changes; a value of `...` leaves the key out."""
    row = {
        field.lstrip("*").partition(" > ")[0]: value.given if isinstance(value, Value) else value
        for field, value in _filled(FIELDS[table]).items()
    }
    return {key: value for key, value in (row | changes).items() if value is not ...}


def stored(table: str) -> Row:
    """The same row as its raw table holds it, without bookkeeping."""
    return {
        field.lstrip("*").rpartition(" > ")[2]: value.stored if isinstance(value, Value) else value
        for field, value in _filled(FIELDS[table]).items()
    }
