"""The staged logs of the demo against the books of those who made them: how many rows, and what they tell.

Every number was counted while the demo was invented. Here it is counted again, in SQL over the staging models, in the way
in which docs and metrics define it, after files, formats, repeated and refused lines, hashes and versions.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from log_rows import MODELS
from project import Plumbline


@pytest.fixture(scope="module")
def manifest(landing: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((landing / "manifest.json").read_text())
    return read


@pytest.fixture(scope="module")
def truths(manifest: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifest["truths"]
    return found


class Staging:
    """Queries over the staging models of the demo's working file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("set schema = 'staging'")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()

    def record(self, sql: str) -> dict[str, Any]:
        """The only row, by the names of its columns."""
        cursor = self._connection.execute(sql)
        names = [column[0] for column in cursor.description or []]
        (row,) = cursor.fetchall()
        return dict(zip(names, row, strict=True))

    def tally(self, column: str, source: str, count: str = "count(*)") -> dict[str, Any]:
        """Counts of a column's words."""
        return dict(self._connection.execute(f"select {column}, {count} from {source} group by {column}").fetchall())


@pytest.fixture(scope="module")
def staging(built: Plumbline) -> Iterator[Staging]:
    with duckdb.connect(str(built.database), read_only=True) as connection:
        yield Staging(connection)


@pytest.mark.parametrize("table", MODELS)
def test_a_staging_model_holds_each_planted_thing_once(table: str, manifest: dict[str, Any], staging: Staging) -> None:
    planted = {tenant: count["unique"] for tenant, count in manifest["tables"][table].items()}
    assert planted
    assert staging.tally("tenant_id", f"stg_logs__{MODELS[table]}") == planted


@pytest.mark.parametrize("tenant", ["dansora", "loomwick"])
def test_messages_and_their_answers(tenant: str, truths: dict[str, Any], staging: Staging) -> None:
    found = staging.record(
        f"""
        with messages as (select * from stg_logs__messages where tenant_id = '{tenant}'),
        answers as (
            select in_reply_to, count(*) as answers, min(sent_at) as answered_at, arg_min(channel, sent_at) as answer_channel
            from messages
            where direction = 'outbound' and not is_automated and in_reply_to is not null
            group by in_reply_to
        )
        select
            count(*) filter (direction = 'inbound') as inbound,
            count(*) filter (direction = 'outbound') as outbound,
            count(*) filter (is_automated) as automated,
            count(distinct thread_id) as conversations,
            count(answers) as answered,
            count(*) filter (answered_at <= sent_at + interval 60 minutes) as answered_within_an_hour,
            count(*) filter (answer_channel <> channel) as answered_on_another_channel,
            count(*) filter (answers = 2) as answered_twice
        from messages
        left join answers on messages.message_id = answers.in_reply_to
        """
    )
    assert found == truths[tenant]["messages"]
    # Answers in time, late ones and none: each can be told apart.
    assert 0 < found["answered_within_an_hour"] < found["answered"] < found["inbound"]


def test_people_answer_in_office_hours_of_the_retailer(staging: Staging) -> None:
    ((first, last, weekend),) = staging.rows(
        """
        select min(hour(local_at)), max(hour(local_at)), count(*) filter (isodow(local_at) > 5)
        from (
            select timezone('Europe/London', timezone('UTC', sent_at)) as local_at
            from stg_logs__messages
            where tenant_id = 'loomwick' and not is_automated and in_reply_to is not null
        )
        """
    )
    assert (first, last, weekend) == (9, 17, 0)


def test_ai_assistance(truths: dict[str, Any], staging: Staging) -> None:
    found = staging.record(
        """
        with generations as (
            select
                generation_id,
                count(*) filter (action = 'apply') as applies,
                min(acted_at) filter (action = 'edit') as edited_at,
                max(acted_at) filter (action = 'save') as saved_at,
                max(acted_at) filter (action = 'send') as sent_at,
                sum(tokens) as tokens
            from stg_logs__ai_assist_actions
            group by generation_id
        )
        select
            count(*) as generations,
            count(*) filter (applies > 0) as applied,
            count(edited_at) as edited,
            count(saved_at) as saved,
            count(*) filter (saved_at > edited_at) as saved_after_edit,
            count(sent_at) as sent,
            count(*) filter (sent_at > saved_at) as saved_and_sent,
            cast(sum(tokens) as bigint) as tokens
        from generations
        """
    )
    assert found == truths["loomwick"]["ai_assist_log"]


def test_account_bindings(truths: dict[str, Any], staging: Staging) -> None:
    bindings = "stg_logs__account_bindings"
    succeeded = f"(select *, bool_or(status = 'success') over (partition by user_id, binding_type) as is_bound from {bindings})"
    assert truths["loomwick"]["account_binding_log"] == {
        "attempts": staging.tally("binding_type", bindings),
        "successes": staging.tally("binding_type", f"{bindings} where status = 'success'"),
        **staging.record(
            "select count(distinct user_id) filter (status = 'success') as users_activated, "
            f"count(*) filter (is_bound and status = 'failure') as failures_before_success from {succeeded}"
        ),
    }


def test_modules_and_notifications(truths: dict[str, Any], staging: Staging) -> None:
    actions = "stg_logs__user_actions where action"
    assert truths["loomwick"]["user_log"] == {
        "logins": staging.rows(f"select count(*) from {actions} = 'login'")[0][0],
        "activated": staging.tally("module", f"{actions} = 'activate_module'", "count(distinct user_id)"),
        "used": staging.tally("module", f"{actions} = 'use_module'", "count(distinct user_id)"),
    }
    notified = dict(truths["loomwick"]["notification_log"])
    opened_again = notified.pop("opened_again")
    assert staging.tally("status", "stg_logs__notification_statuses") == notified
    ((times_opened,),) = staging.rows(
        "select count(distinct (notification_id, occurred_at)) from raw_logs.notification_log where status = 'opened'"
    )
    assert times_opened == notified["opened"] + opened_again


def test_templates_and_catalogue(truths: dict[str, Any], staging: Staging) -> None:
    truth = truths["loomwick"]
    templates, products = "stg_logs__template_actions", "stg_logs__product_actions"
    assert truth["template_log"] == {
        "by_action": staging.tally("action", templates),
        "by_scope": staging.tally("template_scope", templates),
    }
    ((uploaded,),) = staging.rows(f"select cast(sum(uploaded_bytes) as bigint) from {products}")
    assert truth["product_log"] == {"by_action": staging.tally("action", products), "uploaded_bytes": uploaded}
    assert truth["sync_log"] == {
        "succeeded": staging.tally("source_platform", "stg_logs__syncs where status = 'success'"),
        "failed": staging.tally("source_platform", "stg_logs__syncs where status = 'failure'"),
    }


def test_clients_and_what_automations_lead_to(truths: dict[str, Any], staging: Staging) -> None:
    truth = truths["loomwick"]
    contacts, runs = "stg_logs__contact_actions", "stg_logs__automation_runs"
    graded = f"(select contact_id, arg_max(new_grade, acted_at) as grade from {contacts} where action = 'grade_change' group by contact_id)"
    ((imported,),) = staging.rows(f"select cast(sum(record_count) as bigint) from {contacts} where action = 'import'")
    assert truth["contact_log"] == {
        "by_action": staging.tally("action", contacts),
        "grades": staging.tally("grade", graded),
        "imported": imported,
    }
    # Each change of grade starts from the grade that the one before came to.
    steps = "lag(new_grade, 1, 'bronze') over (partition by contact_id order by acted_at)"
    broken_chains = (
        f"select * from (select old_grade, {steps} as before from {contacts} where action = 'grade_change') where old_grade <> before"
    )
    assert staging.rows(broken_chains) == []
    ((sent,),) = staging.rows(f"select count(*) from {runs} where status <> 'skipped'")
    assert truth["automation_log"] == {
        "runs": staging.tally("trigger_type", runs),
        "sent": sent,
        "converted": staging.tally("trigger_type", f"{runs} where converted_at is not null"),
    }


def test_brand_material(truths: dict[str, Any], staging: Staging) -> None:
    assets = "stg_logs__asset_actions"
    downloads = f"(select asset_id, count(*) as times from {assets} where action = 'download' group by asset_id)"
    assert truths["loomwick"]["asset_log"] == staging.record(
        f"select count(*) filter (action = 'view') as views, count(*) filter (action = 'download') as downloads, "
        f"(select max(times) from {downloads}) as most_downloads_of_an_asset from {assets}"
    )
    assert truths["loomwick"]["campaign_log"] == {"by_action": staging.tally("action", "stg_logs__campaign_actions")}
    ((brands, retailers),) = staging.rows(f"select count(distinct brand_id), count(distinct retailer_id) from {assets}")
    assert (brands, retailers) == (3, 6)


def test_campaigns_and_the_rules_that_they_break(truths: dict[str, Any], staging: Staging) -> None:
    found = staging.record(
        """
        with repeated as (
            select *, row_number() over (
                partition by campaign_id, recipient_id, delivery_channel, content_hash order by created_at
            ) - 1 as copies
            from stg_logs__message_deliveries
        ),
        spaced as (
            select
                repeated.campaign_id, recipient_id, created_at, max_deliveries_per_user, cooldown_hours,
                row_number() over receiving as number,
                lag(created_at) over receiving as before
            from repeated
            inner join stg_logs__message_campaigns as campaigns on repeated.campaign_id = campaigns.campaign_id
            where copies = 0
            window receiving as (partition by repeated.campaign_id, recipient_id order by created_at)
        )
        select
            (select count(*) from stg_logs__message_campaigns) as campaigns,
            (select count(*) from repeated) as deliveries,
            (select count(*) from repeated where copies > 0) as repeated_contents,
            count(*) filter (number > max_deliveries_per_user) as cap_violations,
            count(*) filter (created_at < before + to_seconds(3600 * cooldown_hours)) as cooldown_violations
        from spaced
        """
    )
    found["by_status"] = staging.tally("delivery_status", "stg_logs__message_deliveries")
    assert found == truths["dansora"]["campaigns"]


def test_credits_balance(truths: dict[str, Any], staging: Staging) -> None:
    found = sorted(staging.tally("organizer_id", "stg_logs__organizer_credits", "sum(amount)").values())
    assert found == sorted(Decimal(balance) for balance in truths["dansora"]["credits"].values())
    assert min(found) >= 0


def test_threads(truths: dict[str, Any], staging: Staging) -> None:
    assert truths["dansora"]["threads"] == {
        "threads": staging.tally("thread_type", "stg_logs__message_threads"),
        **staging.record(
            "select count(*) as messages, count(read_at) as read, count(*) filter (sender_role = 'organizer') as by_organizers "
            "from stg_logs__thread_messages"
        ),
    }
    # Whoever wrote is one of those who take part.
    strangers = (
        "select message_id from stg_logs__thread_messages as messages inner join stg_logs__message_threads as threads "
        "on messages.thread_id = threads.thread_id where not contains(participants, sender_id)"
    )
    assert staging.rows(strangers) == []


def test_places_and_profiles(truths: dict[str, Any], staging: Staging) -> None:
    truth = truths["dansora"]
    visits = staging.tally("person_type", "stg_logs__visits")
    ((dancers,),) = staging.rows("select count(distinct person_key) from stg_logs__checkins")
    assert truth["places"] == {
        "checkins": staging.tally("event_type", "stg_logs__checkins"),
        "dancers": dancers,
        "visits_of_users": visits["user"],
        "visits_of_addresses": visits["ip"],
    }
    assert truth["profiles"] == staging.record(
        "select count(*) as people, count(linked_keys) as linked, "
        "cast(sum(cast(json_extract_string(visit_counts, '$.total') as bigint)) as bigint) as visits from stg_logs__experience_profiles"
    )


@pytest.mark.parametrize("tenant", ["mindmetric", "clausewise"])
def test_experiments(tenant: str, truths: dict[str, Any], staging: Staging) -> None:
    units = f"""(
        select exposures.experiment_id, unit_id, any_value(metric_name) as metric, min(exposed_at) as exposed_at,
            arg_min(variant, exposed_at) as variant, count(distinct variant) > 1 as is_contaminated
        from stg_logs__experiment_exposures as exposures
        inner join stg_logs__experiments as experiments
            on exposures.tenant_id = experiments.tenant_id and exposures.experiment_id = experiments.experiment_id
        where exposures.tenant_id = '{tenant}'
        group by exposures.experiment_id, unit_id
    )"""
    converted = f"""{units} as units where not is_contaminated and exists (
        select 1 from marts.fct_events as events
        where events.tenant_id = '{tenant}' and events.user_id = units.unit_id and events.event_type = units.metric
            and events.occurred_at >= units.exposed_at and events.occurred_at < units.exposed_at + interval 7 days
    )"""
    found: dict[str, Any] = {}
    for experiment, contaminated in staging.rows(f"select experiment_id, count(*) filter (is_contaminated) from {units} group by all"):
        found[experiment] = {
            "units": staging.tally("variant", f"{units} where not is_contaminated and experiment_id = '{experiment}'"),
            "converted": staging.tally("variant", f"{converted} and experiment_id = '{experiment}'"),
            "contaminated": contaminated,
        }
    assert found == truths[tenant]["experiments"]


def chi_square(units: dict[str, int]) -> float:
    """Of the hypothesis that both variants were shown to as many."""
    expected = sum(units.values()) / 2
    return sum((count - expected) ** 2 / expected for count in units.values())


def test_planted_results_of_experiments_can_be_seen(truths: dict[str, Any]) -> None:
    """An effect, no effect, and variants that were not shown to as many (critical chi-square of p = 0.001: 10.83)."""
    results = truths["mindmetric"]["experiments"] | truths["clausewise"]["experiments"]
    scores = {}
    for experiment, result in results.items():
        (control, treatment) = (result["units"][variant] for variant in ("control", "treatment"))
        (c, t) = (result["converted"].get(variant, 0) for variant in ("control", "treatment"))
        pooled = (c + t) / (control + treatment)
        scores[experiment] = (t / treatment - c / control) / math.sqrt(pooled * (1 - pooled) * (1 / control + 1 / treatment))
    assert scores["exp-short-welcome"] > 2.58
    assert abs(scores["exp-button-colour"]) < 1.96
    assert abs(scores["exp-reader-prompt"]) < 1.96
    assert {experiment for experiment, result in results.items() if chi_square(result["units"]) > 10.83} == {"exp-upload-dialog"}


def test_ai_requests_of_an_experiment_name_their_users_variant(truths: dict[str, Any], staging: Staging) -> None:
    ((in_experiment,),) = staging.rows("select count(experiment_id) from stg_logs__ai_model_requests")
    assert in_experiment == truths["clausewise"]["ai_requests"]["in_experiment"] > 0
    first_seen = "(select unit_id, arg_min(variant, exposed_at) as variant from stg_logs__experiment_exposures "
    first_seen += "where experiment_id = 'exp-reader-prompt' group by unit_id)"
    ((known, same),) = staging.rows(
        f"select count(*), count(*) filter (requests.variant = exposed.variant) from stg_logs__ai_model_requests as requests "
        f"inner join {first_seen} as exposed on requests.user_id = exposed.unit_id where requests.experiment_id is not null"
    )
    assert known == same == in_experiment


@pytest.mark.parametrize("tenant", ["mindmetric", "clausewise", "dansora", "loomwick"])
def test_consent_and_requests(tenant: str, truths: dict[str, Any], staging: Staging) -> None:
    consents = f"stg_logs__consents where tenant_id = '{tenant}'"
    latest = f"(select purpose, arg_max(is_granted, decided_at) as is_granted from {consents} group by person_key, purpose)"
    assert truths[tenant]["consent"] == {
        **staging.record(f"select count(*) as decisions, count(*) - count(distinct (person_key, purpose)) as changes from {consents}"),
        "granted": staging.tally("purpose", f"{latest} where is_granted"),
        "requests": staging.tally("request_type", f"stg_logs__subject_requests where tenant_id = '{tenant}'"),
    }


@pytest.mark.parametrize("tenant", ["mindmetric", "clausewise", "dansora", "loomwick"])
def test_access(tenant: str, truths: dict[str, Any], staging: Staging) -> None:
    grants = f"(select * from stg_logs__access_grants where tenant_id = '{tenant}')"
    assert truths[tenant]["access"] == {
        "in_force": staging.tally("access_role", f"{grants} where valid_to is null"),
        **staging.record(
            f"select (select count(valid_to) from {grants}) as revoked, count(*) as readings, "
            "count(*) filter (not accessed_at between valid_from and coalesce(valid_to, accessed_at)) as readings_without_right "
            f"from stg_logs__accesses as accesses inner join {grants} as grants on accesses.principal = grants.principal "
            f"where accesses.tenant_id = '{tenant}'"
        ),
    }


def test_reports_and_costs(manifest: dict[str, Any], truths: dict[str, Any], staging: Staging) -> None:
    for tenant, truth in truths.items():
        assert staging.tally("status", f"stg_logs__report_deliveries where tenant_id = '{tenant}'") == truth["reports"]
    for tenant, costs in (("*", manifest["shared"]["costs"]), ("clausewise", truths["clausewise"]["costs"])):
        found = staging.tally("service", f"stg_logs__platform_costs where tenant_id = '{tenant}'", "sum(amount)")
        assert found == {service: Decimal(amount) for service, amount in costs.items()}


def test_tournaments_and_their_players(truths: dict[str, Any], staging: Staging) -> None:
    ((players,),) = staging.rows("select count(distinct player_id) from stg_logs__tournament_entries")
    assert truths["dansora"]["tournaments"] == {**staging.tally("status", "stg_logs__tournaments"), "players": players}


def test_nobody_who_was_invented_is_in_the_warehouse(built: Plumbline) -> None:
    """The bodies of messages, bills and planted attributes name people, addresses and numbers: no table holds one of them."""
    pieces = ("madeup", "example.com", "202-555", "4111111111111111", "203.0.113.", "198.51.100.", "192.0.2.", "user-00", "sample street")
    pattern = "|".join(piece.replace(".", "[.]") for piece in pieces)
    found = []
    with duckdb.connect(str(built.database), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables() where not internal").fetchall()
        assert {f"raw_logs.{table}" for table in MODELS} < {f"{schema}.{table}" for schema, table in tables}
        for schema, table in tables:
            named = f'select count(*) from "{schema}"."{table}" as held where regexp_matches(lower(cast(held as varchar)), \'{pattern}\')'
            found += [(schema, table, count) for (count,) in connection.execute(named).fetchall() if count]
    assert found == []
