"""The results of a validation as one HTML file that opens offline: no script, no font, no address that a browser would fetch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from quality.results import VERDICTS, Result, tally, verdict

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --bad: #b3261e; --odd: #8a5a00; --good: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff9a92; --odd: #f2c14e; --good: #7fd6a0; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 0 auto; padding: 1.5rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1.5rem; }
caption { text-align: left; font-weight: 600; padding: 0.25rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.8rem 0.3rem 0; border-bottom: 1px solid var(--line); }
.scroll { overflow-x: auto; }
.failed { color: var(--bad); font-weight: 600; } .warned { color: var(--odd); font-weight: 600; } .passed { color: var(--good); }
summary { cursor: pointer; padding: 0.3rem 0; }
"""
_LEGEND = (
    "What the raw tables of a load were expected to hold, and what they held. An unmet expectation of severity <b>fail</b> keeps "
    "everything from being published; one of severity <b>warn</b> is told, and no more. A skipped one could not be judged."
)


def write_report(results: Sequence[Result], path: Path) -> None:
    """Write the page; the folder is made when it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(results), encoding="utf-8")


def render(results: Sequence[Result]) -> str:
    """The page: what is to be looked at first, then every expectation, by family and table."""
    ordered = sorted(results, key=lambda result: (VERDICTS.index(verdict(result)), result.family, result.load_id))
    notable = [result for result in ordered if verdict(result) in ("failed", "accepted", "warned")]
    loads = tally(results)
    first = (
        _table("What was not as expected", _HEADINGS, (_cells(result) for result in notable))
        if notable
        else "<p>Everything that could be judged was as expected.</p>"
    )
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Validation of loads</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
            "<h1>Validation of loads</h1>",
            f"<p>{_LEGEND}</p>",
            _table("Loads", loads[0], ([f"<td>{escape(str(value))}</td>" for value in load.values()] for load in loads)),
            first,
            "<h2>Every expectation</h2>",
            *_details(results),
            "</main>\n</body>\n</html>\n",
        ]
    )


_HEADINGS = ("Outcome", "Severity", "Table", "Load", "Expectation", "Expected", "Found")


def _cells(result: Result) -> list[str]:
    word = verdict(result)
    told = [result.severity, f"{result.family}.{result.table_name}", result.load_id, result.expectation, result.expected, result.detail]
    return [f'<td class="{word}">{word}</td>', *(f"<td>{escape(text)}</td>" for text in told)]


def _details(results: Sequence[Result]) -> Iterable[str]:
    for (family, load_id, table), group in groupby(results, key=lambda result: (result.family, result.load_id, result.table_name)):
        own = sorted(group, key=lambda result: VERDICTS.index(verdict(result)))
        words = [verdict(result) for result in own]
        counts = ", ".join(f"{words.count(word)} {word}" for word in VERDICTS if word in words)
        caption = f"{family}.{table}, load {load_id}"
        body = _table(caption, _HEADINGS, (_cells(result) for result in own))
        is_open = " open" if words[0] in ("failed", "accepted", "warned") else ""
        yield f"<details{is_open}><summary>{escape(caption)}: {counts}</summary>\n{body}\n</details>"


def _table(caption: str, headings: Iterable[str], rows: Iterable[list[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    inside = f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>"
    return f'<div class="scroll"><table>\n{inside}\n</table></div>'
