"""The layering, the documentation and the tests of the dbt project, held as code over its manifest: no exceptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from project import dbt

LAYERS = ("staging", "intermediate", "marts")
PREFIXES = {"staging": ("stg_",), "intermediate": ("int_",), "marts": ("dim_", "fct_", "bridge_", "rpt_")}
DOMAINS = {"tenants", "revenue", "behaviour", "assessments", "ai_models", "messaging", "retail", "tournaments", "operations"}
GRAIN_TESTS = {"grain", "grain_with_nulls", "unique"}
# A model of one row has no key.
ONE_ROW = {"int_clock_set"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("manifest")
    dbt("parse", database=folder / "none.duckdb")
    loaded: dict[str, Any] = json.loads((folder / "target" / "manifest.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}


def layer(node: dict[str, Any]) -> str:
    return str(node["fqn"][1])


def test_models_stand_in_their_layer_and_domain(models: dict[str, dict[str, Any]]) -> None:
    wrong = [
        node["name"]
        for node in models.values()
        if layer(node) not in LAYERS
        or not node["name"].startswith(PREFIXES[layer(node)])
        or (layer(node) != "staging" and node["fqn"][2] not in DOMAINS)
    ]
    assert wrong == []


def test_only_staging_reads_raw_tables(models: dict[str, dict[str, Any]]) -> None:
    wrong = [
        node["name"]
        for node in models.values()
        if layer(node) != "staging" and any(parent.startswith("source.") for parent in node["depends_on"]["nodes"])
    ]
    assert wrong == []


def test_layers_read_downwards_only(models: dict[str, dict[str, Any]]) -> None:
    order = {name: number for number, name in enumerate(LAYERS)}
    wrong = [
        (node["name"], models[parent]["name"])
        for node in models.values()
        for parent in node["depends_on"]["nodes"]
        if parent in models and order[layer(models[parent])] > order[layer(node)]
    ]
    # An intermediate may build on the facts and dimensions of another domain, never on its reports.
    assert [(child, parent) for child, parent in wrong if not (child.startswith("int_") and parent.startswith(("fct_", "dim_")))] == []


def test_reports_never_read_staging(models: dict[str, dict[str, Any]]) -> None:
    wrong = [
        (node["name"], models[parent]["name"])
        for node in models.values()
        if node["name"].startswith("rpt_")
        for parent in node["depends_on"]["nodes"]
        if parent in models and layer(models[parent]) == "staging"
    ]
    assert wrong == []


def test_every_model_is_described_by_its_grain(models: dict[str, dict[str, Any]]) -> None:
    assert [node["name"] for node in models.values() if not node["description"].strip().startswith("One row")] == []


def test_every_mart_has_a_contract_a_group_and_described_columns(models: dict[str, dict[str, Any]]) -> None:
    marts = [node for node in models.values() if layer(node) == "marts"]
    assert [node["name"] for node in marts if not node["config"]["contract"]["enforced"]] == []
    assert [node["name"] for node in marts if node["config"].get("group") != node["fqn"][2]] == []
    assert [node["name"] for node in marts if node["config"]["access"] != "public"] == []
    assert [(node["name"], name) for node in marts for name, column in node["columns"].items() if not column["description"]] == []


def test_every_model_has_a_grain_test_and_another_one(manifest: dict[str, Any], models: dict[str, dict[str, Any]]) -> None:
    tests: dict[str, list[str]] = {key: [] for key in models}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test":
            name = (node.get("test_metadata") or {}).get("name", "singular")
            for parent in node["depends_on"]["nodes"]:
                if parent in tests:
                    tests[parent].append(name)
    for node in manifest["unit_tests"].values():
        for parent in node["depends_on"]["nodes"]:
            if parent in tests:
                tests[parent].append("unit")
    without_grain = [models[key]["name"] for key, names in tests.items() if not GRAIN_TESTS & set(names)]
    assert [name for name in without_grain if name not in ONE_ROW and not name.startswith("stg_operations__")] == []
    only_grain = [models[key]["name"] for key, names in tests.items() if layer(models[key]) != "staging" and not set(names) - GRAIN_TESTS]
    assert only_grain == []


def test_tenant_comes_first(models: dict[str, dict[str, Any]]) -> None:
    marts = [node for node in models.values() if layer(node) == "marts"]
    assert [node["name"] for node in marts if next(iter(node["columns"])) != "tenant_id"] == []


def test_incremental_models_read_only_what_tells_of_its_changes(models: dict[str, dict[str, Any]]) -> None:
    """Incremental models, views over them, and tables that are policy; small tables that are compared as a whole may read anything."""

    def changes_unseen(node: dict[str, Any]) -> set[str]:
        found = set()
        for parent in (models[key] for key in node["depends_on"]["nodes"] if key in models):
            if parent["config"]["materialized"] == "view":
                found |= changes_unseen(parent)
            elif parent["config"]["materialized"] != "incremental":
                found.add(parent["name"])
        return found

    seen_otherwise = {"int_clock_set", "int_tenants_resolved", "stg_events__realtime_copies"}
    wrong = {
        node["name"]: sorted(unseen)
        for node in models.values()
        if node["config"]["materialized"] == "incremental"
        and node["config"]["meta"].get("redo_by") != "all"
        and (unseen := changes_unseen(node) - seen_otherwise - set(node["config"]["meta"].get("policy", [])))
    }
    assert wrong == {}


def test_incremental_models_name_their_key_and_unit(models: dict[str, dict[str, Any]]) -> None:
    incremental = [node for node in models.values() if node["config"]["materialized"] == "incremental"]
    assert len(incremental) >= 8
    assert [node["name"] for node in incremental if not (node["config"]["unique_key"] and node["config"]["meta"].get("redo_by"))] == []


def test_the_project_uses_nothing_deprecated(tmp_path: Path) -> None:
    printed = dbt("parse", "--show-all-deprecations", "--no-partial-parse", database=tmp_path / "none.duckdb")
    assert "Deprecat" not in printed
