"""What validations found, in `raw_operations.validations`, and the gate that it is for.

A load is validated as often as one likes; its latest results replace those before. A load with an unmet expectation of
severity `fail` keeps everything from being published, until it is validated anew without one, or somebody accepts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from ingestion.connections import Connection
from ingestion.errors import ValidationError
from quality.declarations import Severity

_TYPES = {"observed": "double precision", "validated_at": "timestamp", "loaded_at": "timestamp", "is_accepted": "boolean"}


class Outcome(StrEnum):
    """What became of an expectation; a skipped one could not be judged, its detail says why."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Result:
    """One expectation of one table in one load. `observed` is the share of rows, or the measure, that was found; null where the
    expectation is about columns or was skipped. `detail` says it in words, and never holds a value that could be personal."""

    family: str
    load_id: str
    loaded_at: datetime
    table_name: str
    expectation: str
    expected: str
    severity: Severity
    outcome: Outcome
    observed: float | None
    detail: str
    validated_at: datetime
    is_accepted: bool = False

    @property
    def blocks(self) -> bool:
        return self.outcome is Outcome.FAILED and self.severity is Severity.FAIL and not self.is_accepted

    def record(self) -> dict[str, Any]:
        """As plain data."""
        return dict(zip(COLUMNS, astuple(self), strict=True))


# What a result means for its load, worst first.
VERDICTS = ("failed", "accepted", "warned", "passed", "skipped")

COLUMNS = tuple(column.name for column in fields(Result))
_TABLE = "raw_operations.validations"


def verdict(result: Result) -> str:
    """What a result means for the load, in one word of VERDICTS."""
    if result.outcome is not Outcome.FAILED:
        return str(result.outcome)
    if result.severity is Severity.WARN:
        return "warned"
    return "accepted" if result.is_accepted else "failed"


def tally(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Each load with the number of its results by verdict."""
    loads: dict[tuple[str, str], dict[str, Any]] = {}
    for result in results:
        start = {"family": result.family, "load": result.load_id, "loaded_at": result.loaded_at} | dict.fromkeys(VERDICTS, 0)
        loads.setdefault((result.family, result.load_id), start)[verdict(result)] += 1
    return list(loads.values())


def save(warehouse: Connection, results: Sequence[Result]) -> None:
    """Replace what was found before of the same loads."""
    columns = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in COLUMNS)
    warehouse.execute(f"create table if not exists {_TABLE} ({columns})")
    for family, load_id in sorted({(result.family, result.load_id) for result in results}):
        warehouse.execute(f"delete from {_TABLE} where family = ? and load_id = ?", (family, load_id))
    marks = ", ".join("?" for _ in COLUMNS)
    for result in results:
        warehouse.execute(f"insert into {_TABLE} values ({marks})", astuple(result))


def validated_loads(warehouse: Connection, family: str) -> set[str]:
    """The loads of a family that were validated."""
    if not warehouse.has_table("raw_operations", "validations"):
        return set()
    return {load_id for (load_id,) in warehouse.execute(f"select distinct load_id from {_TABLE} where family = ?", (family,))}


def last_validations(warehouse: Connection) -> list[dict[str, Any]]:
    """The latest validated load of each family, by number of outcomes."""
    if not warehouse.has_table("raw_operations", "validations"):
        return []
    names = ("family", "load_id", "loaded_at", "validated_at", "passed", "warned", "failed", "accepted", "skipped")
    rows = warehouse.execute(
        f"""
        select family, load_id, max(loaded_at), max(validated_at),
            count(case when outcome = 'passed' then 1 end),
            count(case when outcome = 'failed' and severity = 'warn' then 1 end),
            count(case when outcome = 'failed' and severity = 'fail' and not is_accepted then 1 end),
            count(case when outcome = 'failed' and severity = 'fail' and is_accepted then 1 end),
            count(case when outcome = 'skipped' then 1 end)
        from {_TABLE} as validations
        where loaded_at = (select max(loaded_at) from {_TABLE} as latest where latest.family = validations.family)
        group by family, load_id
        order by family, load_id
        """
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def require_valid(warehouse: Connection) -> None:
    """Raise ValidationError while a validated load has an unmet expectation that its suite fails a load for."""
    if not warehouse.has_table("raw_operations", "validations"):
        return
    blocking = warehouse.execute(
        f"select family, load_id, table_name, expectation from {_TABLE} "
        "where outcome = 'failed' and severity = 'fail' and not is_accepted order by loaded_at, family, table_name, expectation"
    )
    if blocking:
        raise blocked([(family, load_id, f"{table}: {expectation}") for family, load_id, table, expectation in blocking])


def blocked(failures: Sequence[tuple[str, str, str]]) -> ValidationError:
    """The error about failures, each a family, a load id, and what was not met."""
    family, load_id, _ = failures[0]
    told = "; ".join(f"{family}.{what}" for family, _, what in failures[:3])
    more = f"; and {len(failures) - 3} more" if len(failures) > 3 else ""
    return ValidationError(
        f"A load did not pass its validation ({told}{more}).",
        f"See build/validation/index.html (`plumbline validate {family} --load {load_id}` writes it). Where the data is right after all, "
        "say so with --accept, or change the expectation in quality/suites.py and validate again.",
    )
