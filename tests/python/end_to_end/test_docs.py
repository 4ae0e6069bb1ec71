"""The docs page: one file that opens without a network, tells every definition, and nothing of the machine that wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pages import remote_references
from project import ROOT, Plumbline


@pytest.fixture(scope="module")
def folder(built: Plumbline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page `docs/index.html` and dbt's artefacts in `target/`."""
    folder = tmp_path_factory.mktemp("documented")
    printed = built.run(str(folder / "docs"), module="operations.docs", DBT_TARGET_PATH=str(folder / "target"))
    assert str(folder / "docs" / "index.html") in printed
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    return (folder / "docs" / "index.html").read_text()


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "target" / "manifest.json").read_text())
    return read


def test_the_search_for_references_finds_each_kind() -> None:
    assert [tag for tag, _ in remote_references('<script src="https://example.com/a"></script><a href="https://example.com">a</a>')] == [
        "script"
    ] * 2
    assert remote_references("<style>@import url(//example.com/a)</style>") == [("style", "//example.com/a")]
    assert remote_references("<script>load('//example.com/a.js')</script>") == [("string", "//example.com/a.js")]


def test_the_page_is_one_file_that_loads_nothing_from_a_network(folder: Path, page: str) -> None:
    assert [path.name for path in (folder / "docs").iterdir()] == ["index.html"]
    assert remote_references(page) == []


def test_the_page_names_no_path_of_the_machine(folder: Path, page: str) -> None:
    places = {str(ROOT), str(folder), str(folder.parent), str(Path.home()), str(Path(json.__file__).parent)}
    assert [place for place in places if f"{place}/" in page] == []


def test_every_model_is_described_with_its_columns_tests_and_sql(page: str, manifest: dict[str, Any]) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(models) > 50
    texts = {node["unique_id"]: node["description"] for node in models}
    texts |= {f"{node['unique_id']}.{name}": column["description"] for node in models for name, column in node["columns"].items()}
    texts |= {f"{node['unique_id']} (SQL)": node["raw_code"] for node in models}
    texts |= {node["unique_id"]: node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    assert [name for name, text in texts.items() if not text or json.dumps(text) not in page] == []


def test_every_definition_is_in_the_page(page: str, manifest: dict[str, Any]) -> None:
    definitions = {key: block["block_contents"] for key, block in manifest["docs"].items() if key.startswith("doc.plumbline.")}
    assert len(definitions) > 10
    assert [key for key, text in definitions.items() if json.dumps(text) not in page] == []


def test_the_page_knows_the_built_tables(folder: Path, page: str) -> None:
    """The catalogue, with the types that the warehouse gave, is inside the page too."""
    catalog = json.loads((folder / "target" / "catalog.json").read_text())["nodes"]
    assert catalog["model.plumbline.fct_events"]["columns"]["occurred_at"]["type"] == "TIMESTAMP"
    assert [key for key, node in catalog.items() if json.dumps(node) not in page] == []
