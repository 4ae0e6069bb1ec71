"""Validate the loads of the warehouse and keep what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ingestion.errors import WarehouseError
from ingestion.warehouse import FAMILIES
from operations.settings import Settings
from operations.warehouse import connect, require_loaded
from quality.measures import find_load, loads_to_validate
from quality.results import Result, save, validated_loads

Progress = Callable[[int, int, str], None]


def validate(
    settings: Settings,
    families: Sequence[str],
    *,
    load_id: str | None = None,
    accept: bool = False,
    progress: Progress | None = None,
) -> list[Result]:
    """The results of the loads of `families` since the last validated ones (or of the load `load_id`), which are kept in
    `raw_operations.validations`. With `accept` these loads may be published whatever was found.

    Raises WarehouseError when there is no such load, or nothing to validate."""
    with connect(settings) as warehouse:
        require_loaded(warehouse)
        if load_id:
            found = find_load(warehouse, load_id)
            loads = [found] if found and found.family in families else []
            if not loads:
                raise WarehouseError(
                    f"No completed load has the id {load_id}.",
                    "Take an id from `plumbline status --json`, or leave --load out.",
                )
        else:
            wanted = [family for family in FAMILIES if family in families]
            loads = [load for family in wanted for load in loads_to_validate(warehouse, family, validated_loads(warehouse, family))]
            if not loads:
                raise WarehouseError(
                    "Nothing of these families has been loaded yet.", "Run `plumbline load --from <landing folder>` first."
                )
        # Great Expectations takes seconds to import: only a validation pays for it.
        from quality.run import validate as validate_load

        results = [replace(result, is_accepted=accept) for load in loads for result in validate_load(warehouse, load, progress)]
        save(warehouse, results)
        return results
