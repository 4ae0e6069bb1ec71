"""Writes `docs/raw_tables.md`, the reference of the raw tables, from the contract.

Usage: `python -m ingestion.reference` from the project's root, after a change of `ingestion/contracts.py` or
`ingestion/reasons.py`; a test holds the page equal to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ingestion.contracts import BOOKKEEPING, TABLES, TENANT_ID, Column, Privacy, Table
from ingestion.reasons import Reason

PAGE = Path("docs/raw_tables.md")

_OPENING = """\
<!-- Written by `python -m ingestion.reference` from ingestion/contracts.py: change the contract, not this page. -->
# Raw tables

What [raw inputs](raw_inputs.md) become. **Bold** columns are required: a row without them is rejected. "Read from" is the field of the
input (the first one found wins, in snake_case or camelCase); "stored" says what of its value reaches the warehouse.
"""

_STORED = {
    Privacy.IDENTIFIER: "keyed hash",
    Privacy.IP: "hash, new salt each month",
    Privacy.PERSON: "keyed hash; of an address: new salt each month",
    Privacy.DIRECT: "nothing",
    Privacy.FREE_TEXT: "its length",
    Privacy.SCANNED: "masked text",
    Privacy.TOKEN: "masked word",
    Privacy.PLAIN: "as it is",
}


def _grid(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _row(column: Column) -> tuple[str, ...]:
    name = f"**{column.name}**" if column.required else column.name
    accepted = f" One of: {', '.join(column.accepted)}." if column.accepted else ""
    minimum = f" At least {column.minimum:g}." if column.minimum is not None else ""
    paths = ", ".join(f"`{path}`" for path in column.paths) or "the same"
    return name, column.type, paths, _STORED[column.privacy], column.description + accepted + minimum


def _section(table: Table) -> str:
    key = ", ".join((TENANT_ID.name, *table.key))
    rows = _grid(("column", "type", "read from", "stored", "what"), (_row(column) for column in table.columns))
    return f"\n## {table.schema}.{table.name}\n\n{table.description} Key of the thing itself: {key}.\n\n{rows}"


def render() -> str:
    """The text of the page."""
    bookkeeping = _grid(("column", "type", "what"), ((c.name, c.type, c.description) for c in (TENANT_ID, *BOOKKEEPING)))
    reasons = _grid(("reason code", "meaning"), ((f"`{reason.value}`", reason.meaning) for reason in Reason))
    return (
        f"{_OPENING}\n## In every raw table\n\n{bookkeeping}"
        f"{''.join(_section(table) for table in TABLES)}"
        "\n## Reason codes\n\n"
        "Of `raw_quarantine.rejected_rows`, which holds each refused line with its file, line number and masked text.\n\n"
        f"{reasons}"
    )


def main() -> None:
    PAGE.write_text(render(), encoding="utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
