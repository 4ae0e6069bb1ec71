"""Writes the dbt sources of the raw tables from the contract.

Usage: `python -m ingestion.dbt_sources` from the project's root, after a change of `ingestion/contracts.py`. It writes
`models/staging/<family>/_<family>__sources.yml`, `models/staging/operations/_operations__sources.yml` and the list of raw tables
`macros/operations/raw_tables.sql`; a test holds the files equal to the declaration. Nothing of dbt is imported: the files are plain text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ingestion.contracts import BOOKKEEPING, TABLES, Column, Family, Privacy, Table
from ingestion.warehouse import BOOKKEEPING_TABLES, FAMILIES, LANE, REALTIME, VIEW_SCHEMAS

_HEADER = "# Written by `python -m ingestion.dbt_sources` from ingestion/contracts.py: change the contract, not this file.\n"

_FRESHNESS = {
    "loaded_at_field": "loaded_at",
    "freshness": {"warn_after": {"count": 2, "period": "day"}, "error_after": {"count": 7, "period": "day"}},
}

_FAMILY_DESCRIPTIONS: dict[Family, str] = {
    "events": "Product events as received, pseudonymised at the edge.",
    "payments": "Stripe objects as received, one row per state, and exchange rates.",
    "logs": "Application logs as received, pseudonymised at the edge.",
}

_REALTIME_DESCRIPTION = (
    "What the realtime lane brought of the events: the types in seeds/event_lanes.csv. The batch lane brings each of them too."
)

_VIEW_DESCRIPTIONS = {
    "deleted_rows": "One row per raw row and load that noticed that it is gone from its live source, or there again, over completed loads.",
    "load_files": "One row per landing file, table and load: what was read and what became of it, over completed loads.",
    "pii_findings": "One row per file, tenant, column and class of personal data that was found and removed, over completed loads.",
    "rejected_rows": "One row per line that no raw table accepted, with its reason, over completed loads.",
    "source_cursors": "One row per table or endpoint of a live source and load that read it: how far it came, over completed loads.",
    "unknown_fields": "One row per load, tenant, table and field that rows held and the contract does not name, over completed loads.",
}

_DLT_LOADS: dict[str, Any] = {
    "name": "_dlt_loads",
    "description": "One row per completed load package of dlt (status 0). Raw rows of other packages are not to be read.",
    "columns": [
        {"name": "load_id", "description": "The load package, as in `_dlt_load_id`."},
        {"name": "status", "description": "0 once the package completed."},
        {"name": "inserted_at", "description": "When it completed."},
    ],
}


def _column(column: Column) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": column.name, "description": column.description}
    if column.privacy is not Privacy.PLAIN:
        entry["config"] = {"meta": {"privacy": column.privacy.value}}
    return entry


def _as_declared(table: Table, schema: str) -> dict[str, Any]:
    """One test for all that the contract says of a table's values. The bookkeeping columns are filled by the loader itself and
    tested with it, not once more in every table."""
    columns = [column for column in table.stored_columns if column not in BOOKKEEPING]
    arguments = {
        "required": [column.name for column in columns if column.required],
        "accepted": {column.name: list(column.accepted) for column in columns if column.accepted},
        "minimum": {column.name: column.minimum for column in columns if column.minimum is not None},
    }
    name = f"{schema}_{table.name}_as_declared"
    return {"as_declared": {"name": name, "arguments": {argument: value for argument, value in arguments.items() if value}}}


def _table(table: Table, schema: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": table.name, "description": table.description}
    if schema == "raw_events":
        entry["config"] = _FRESHNESS
    entry["data_tests"] = [_as_declared(table, schema)]
    entry["columns"] = [_column(column) for column in table.stored_columns]
    return entry


def _view(name: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": name, "description": _VIEW_DESCRIPTIONS[name]}
    if name == "load_files":
        entry["config"] = _FRESHNESS
    entry["columns"] = [_column(column) for column in (*BOOKKEEPING_TABLES[name], *((LANE,) if name == "load_files" else ()))]
    return entry


def _dataset(schema: str, family: Family, description: str) -> dict[str, Any]:
    tables = [_table(table, schema) for table in TABLES if table.family == family]
    return {"name": schema, "schema": schema, "description": description, "tables": [*tables, _DLT_LOADS]}


def sources() -> dict[str, list[dict[str, Any]]]:
    """The sources of each folder below models/staging."""
    result: dict[str, list[dict[str, Any]]] = {
        family: [_dataset(f"raw_{family}", family, _FAMILY_DESCRIPTIONS[family])] for family in FAMILIES
    }
    result["events"].append(_dataset(f"raw_{REALTIME}", "events", _REALTIME_DESCRIPTION))
    result["operations"] = [
        {
            "name": schema,
            "schema": schema,
            "description": description,
            "tables": [_view(name) for name in VIEW_SCHEMAS if VIEW_SCHEMAS[name] == schema],
        }
        for schema, description in (
            ("raw_operations", "What the loads did, over all families."),
            ("raw_quarantine", "What the loads could not accept, over all families."),
        )
    ]
    return result


class _PlainDumper(yaml.SafeDumper):
    """Repeats a shared value instead of writing an anchor."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def render(folder_sources: list[dict[str, Any]]) -> str:
    """The text of one sources file."""
    body = yaml.dump({"version": 2, "sources": folder_sources}, Dumper=_PlainDumper, sort_keys=False, width=140, allow_unicode=True)
    return _HEADER + body


RAW_TABLES = Path("macros/operations/raw_tables.sql")


def raw_tables() -> str:
    """The macro that lists every raw table: family, name, and the column that places a row in time, if one does."""
    entries = [
        f"    {{'family': '{table.family}', 'name': '{table.name}', 'event_time': '{table.event_time or 'cast(null as timestamp)'}'}},"
        for table in TABLES
    ]
    header = "{# Written by `python -m ingestion.dbt_sources` from ingestion/contracts.py: change the contract, not this file. #}"
    return "\n".join([header, "{% macro raw_tables() -%}", "    {{ return([", *entries, "    ]) }}", "{%- endmacro %}", ""])


def path_of(folder: str) -> Path:
    return Path("models/staging") / folder / f"_{folder}__sources.yml"


def main() -> None:
    for folder, folder_sources in sources().items():
        path = path_of(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(folder_sources), encoding="utf-8")
        print(f"wrote {path}")
    RAW_TABLES.write_text(raw_tables(), encoding="utf-8")
    print(f"wrote {RAW_TABLES}")


if __name__ == "__main__":
    main()
