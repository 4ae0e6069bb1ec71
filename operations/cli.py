"""The `plumbline` command.

Exit codes: 0 done; 2 wrong call; 3 a setting is missing; 4 the landing area or the source is missing, empty or unreadable; 5 the
warehouse is locked, unreachable or empty; 6 a model or a test failed; 7 there is nothing that may be published; 8 a load did not
pass its validation; 9 data is stale or incomplete (`status --check`); 130 and 143 a load was stopped by Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ingestion.errors import HealthError, PlumblineError, StoppedError
from operations.settings import Settings, make_demo_key, read_settings
from operations.sources import open_source

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help=__doc__,
)
out = Console()
err = Console(stderr=True)


class FamilyName(StrEnum):
    """The three kinds of raw files, each a folder of the landing area."""

    EVENTS = "events"
    PAYMENTS = "payments"
    LOGS = "logs"


class LaneName(StrEnum):
    """How events are loaded: everything, or at once the few types that seeds/event_lanes.csv names."""

    BATCH = "batch"
    REALTIME = "realtime"


class Target(StrEnum):
    """The engines of the warehouse."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"


TargetOption = Annotated[Target | None, typer.Option(help="Engine of the warehouse [env: PLUMBLINE_TARGET; default: duckdb].")]
DatabaseOption = Annotated[
    Path | None, typer.Option(help="DuckDB's working file [env: PLUMBLINE_DATABASE; default: warehouse/plumbline.duckdb].")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine.")]


def _settings(target: Target | None, database: Path | None, landing: str | None = None) -> Settings:
    return read_settings({"target": target.value if target else None, "database": str(database) if database else None, "landing": landing})


@contextmanager
def _bar(title: str) -> Iterator[Any]:
    """A progress bar on standard error; yields a function (done, total, what) that moves it."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=not err.is_terminal) as progress:
        task = progress.add_task(title, total=None)

        def move(done: int, total: int, what: str = "") -> None:
            progress.update(task, completed=done, total=total or None, description=f"{title} {what[:40]}".ljust(len(title) + 41))

        yield move


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Within, Ctrl-C and SIGTERM end the command like any other error: with one line and an exit code of their own."""

    def stop(number: int, _: object) -> None:
        raise StoppedError(number)

    former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _table(records: Sequence[dict[str, Any]], title: str) -> None:
    if not records:
        return
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in records[0]:
        numeric = all(isinstance(record[name], int | float) or record[name] is None for record in records)
        table.add_column(name.removeprefix("rows_").replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for record in records:
        # As text: `[email]` in a masked path is no markup.
        table.add_row(*(Text(_cell(name, value)) for name, value in record.items()))
    out.print(table)


def _transposed(records: Sequence[dict[str, Any]], heading: str) -> list[dict[str, str]]:
    """The records side by side: one per column under its `heading`, one field per line."""
    fields = [field for field in (records[0] if records else ()) if field != heading]
    return [{"": field.replace("_", " ")} | {record[heading]: _cell(field, record[field]) for record in records} for field in fields]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if name.endswith(("_rate", "_retention")):
        return f"{float(value):.1%}"
    if name.endswith("_amount"):
        return f"{float(value):,.2f}"
    if isinstance(value, float) and name.endswith("_seconds"):
        return f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _print_json(data: Any) -> None:
    sys.stdout.write(json.dumps(data, indent=2, default=str) + "\n")


@app.command("demo-data")
def demo_data(
    to: Annotated[Path, typer.Option(help="Landing folder to write into; must be empty or absent.")] = Path("landing"),
    events: Annotated[int, typer.Option(min=10_000, help="How many product events to write.")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed and size give the same bytes.")] = 7,
) -> None:
    """Write demo data in the raw formats: four tenants, twelve months, every log, every oddity in known numbers."""
    from ingestion.demo_data import generate

    with _bar("Writing demo data") as move:
        manifest = generate(to, events=events, seed=seed, progress=move)
    make_demo_key()
    out.print(f"Wrote {manifest.lines:,} lines to {to} (counts of every oddity: {to / 'manifest.json'}).")


@app.command()
def load(
    family: Annotated[FamilyName | None, typer.Argument(help="Load this family only.")] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Landing folder or s3:// address [env: PLUMBLINE_LANDING; default: landing]; or a live source: stripe, stripe:NAME, "
            "database, database:NAME, postgresql://...",
        ),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="From stripe: list all objects again, not only what changed.")] = False,
    lane: Annotated[
        LaneName, typer.Option(help="realtime: only the events that matter at once (seeds/event_lanes.csv), also beside a running load.")
    ] = LaneName.BATCH,
    target: TargetOption = None,
    database: DatabaseOption = None,
) -> None:
    """Load what is new in the landing area or a live source; bad rows go to quarantine, and nothing personal passes."""
    # The address of a database holds a password: it is no landing folder.
    live = open_source(source, again=again) if source else None
    if live and family and family.value != live.family:
        raise typer.BadParameter(f"{live.family} come from there, not {family.value}.", param_hint="--from")
    if again and not (live and live.family == "payments"):
        raise typer.BadParameter("Only what comes from stripe can be listed again.", param_hint="--again")
    if lane is LaneName.REALTIME and (live or family is not FamilyName.EVENTS):
        raise typer.BadParameter("Only files of events have a realtime lane: plumbline load events --lane realtime", param_hint="--lane")
    settings = _settings(target, database, None if live else source)
    key = settings.require_pseudonym_key()
    # What a load needs takes a second to import: other commands do not pay for it.
    from ingestion.connections import Patience
    from ingestion.load import load as load_families
    from ingestion.load import load_source

    families = (family.value,) if family else tuple(name.value for name in FamilyName)
    with _stopped_by_signals(), _bar("Loading") as move:
        into: dict[str, Any] = {
            "target": settings.target,
            "database": settings.database,
            "postgres_dsn": settings.postgres_dsn,
            "pseudonym_key": key,
            "patience": Patience(settings.lock_wait_seconds, lambda message: err.print(message, soft_wrap=True, highlight=False)),
            "progress": move,
        }
        if live:
            results = [load_source(live, **into)]
        else:
            results = load_families(families, landing=settings.landing, s3=settings.s3, lane=lane.value, **into)
    _table([result.summary() for result in results], "Loaded")
    for notice in (notice for result in results for notice in result.notices):
        out.print(f"[yellow]{notice}[/]", highlight=False)
    for tenant in sorted({tenant for result in results for tenant in result.unregistered_tenants}):
        out.print(f"[yellow]Tenant {tenant} is not in seeds/tenants.csv[/]: it got the defaults (UTC, USD, weeks from Monday).")
    if any(result.rows_rejected for result in results):
        out.print("Rejected rows are in quarantine, each with file, line and reason: see `plumbline status`.")


@app.command()
def validate(
    family: Annotated[FamilyName | None, typer.Argument(help="Validate this family only.")] = None,
    load_id: Annotated[
        str | None, typer.Option("--load", help="Validate this load; default: the loads since the last validated one, at least the last.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Let the load be published in spite of what is found.")] = False,
    report: Annotated[Path, typer.Option(help="Where to write the HTML report.")] = Path("build/validation/index.html"),
    as_json: JsonOption = False,
    target: TargetOption = None,
    database: DatabaseOption = None,
) -> None:
    """Check what the last loads brought against the suites of quality/; a load that fails is not published."""
    settings = _settings(target, database)
    from operations.validate import validate as validate_loads
    from quality.report import write_report
    from quality.results import blocked, tally, verdict

    families = (family.value,) if family else tuple(name.value for name in FamilyName)
    with _bar("Validating") as move:
        results = validate_loads(settings, families, load_id=load_id, accept=accept, progress=move)
    write_report(results, report)
    if as_json:
        _print_json([result.record() for result in results])
    else:
        _table(tally(results), "Validated")
        unmet = [result for result in results if result.outcome == "failed"]
        shown = ("family", "table_name", "expectation", "expected", "detail")
        _table([{"outcome": verdict(each)} | {name: each.record()[name] for name in shown} for each in unmet], "Not as expected")
        out.print(f"Report: {report}")
    if failures := [(each.family, each.load_id, f"{each.table_name}: {each.expectation}") for each in results if each.blocks]:
        raise blocked(failures)


@app.command()
def build(
    select: Annotated[
        list[str] | None, typer.Option(help="dbt selection, such as +marts.revenue; a partial build is not published.")
    ] = None,
    full_refresh: Annotated[bool, typer.Option("--full-refresh", help="Rebuild incremental models from nothing.")] = False,
    as_of: Annotated[
        datetime | None, typer.Option(help="The build's clock, UTC [env: PLUMBLINE_AS_OF; default: the latest moment in the data].")
    ] = None,
    target: TargetOption = None,
    database: DatabaseOption = None,
) -> None:
    """Build all models, run every test, and publish when all have passed."""
    settings = _settings(target, database)
    from operations.build import build as build_models
    from operations.publish import publish as publish_build

    clock = as_of.replace(tzinfo=None).isoformat() if as_of else os.environ.get("PLUMBLINE_AS_OF", "")
    with _bar("Building") as move:
        summary = build_models(settings, select=select or (), full_refresh=full_refresh, as_of=clock, progress=move)
    warnings = f", {summary.warned} with a warning" if summary.warned else ""
    out.print(f"Built and tested: {summary.passed} nodes passed{warnings}.")
    if select:
        out.print("A partial build is not published. Run `plumbline build` without --select for that.")
    else:
        out.print(f"Published: {publish_build(settings)}")


@app.command()
def publish(target: TargetOption = None, database: DatabaseOption = None) -> None:
    """Make the last build visible again, if every test of it passed."""
    from operations.publish import publish as publish_build

    out.print(f"Published: {publish_build(_settings(target, database))}")


@app.command()
def status(
    check: Annotated[
        bool, typer.Option("--check", help="End with 9 when data is stale or incomplete, a load is not valid or a build failed.")
    ] = False,
    fresh_within: Annotated[int, typer.Option(min=1, help="How old the last load may be, seconds.")] = 3600,
    everything: Annotated[bool, typer.Option("--all", help="Every line of every section.")] = False,
    as_json: JsonOption = False,
    target: TargetOption = None,
    database: DatabaseOption = None,
) -> None:
    """Tell what was loaded, what was rejected and why, how fresh and complete it is, what was built, and what people read."""
    from operations.status import status as read_status

    settings = _settings(target, database)
    report = read_status(settings, fresh_within)
    if as_json:
        _print_json(report)
    else:
        _print_status(report, everything=everything)
    if check and report["problems"]:
        shown, more = report["problems"][:5], len(report["problems"]) - 5
        raise HealthError(
            "; ".join([*shown, *([f"and {more} more"] if more > 0 else [])]) + ".",
            "`plumbline status` shows each; seeds/table_freshness.csv says how old a table may be.",
        )


# So many lines of a section are shown unless all are asked for.
STATUS_LINES = 12


def _print_status(report: dict[str, Any], *, everything: bool) -> None:
    health = report["health"]
    remarkable = [table for table in health if everything or table["is_fresh"] is False or table["is_complete"] is False]
    titles = {
        "loads": "Last loads",
        "health": f"Health of {'all' if everything else f'{len(remarkable)} of'} {len(health)} tables"
        + ("" if everything else ", those behind or incomplete")
        + " (as of the last build)",
        "quota": "Events dropped by a limit or sampled out, on days when some were (last 7 days)",
        "latency": "From receipt to load, by lane (last 24 hours with live events)",
        "rejects": "Rejected rows, by reason (in raw_quarantine.rejected_rows)",
        "file_errors": "Files with an error",
        "unknown_fields": "Fields that the contract does not name, kept in the column extra",
        "personal_data_masked": "Personal data masked or dropped on the way in",
        "validations": "Last validations",
        "builds": "Last builds",
    }
    if not report["health"]:
        # Before the first build, the raw tables' own counts stand for them.
        titles = {"loads": titles.pop("loads"), "tables": "Raw tables"} | titles
    for section, title in titles.items():
        records = remarkable if section == "health" else report[section]
        shown = records if everything else records[:STATUS_LINES]
        # The id of a load is for machines: it takes the width that the counts need.
        _table([{name: value for name, value in record.items() if name != "load_id"} for record in shown], title)
        if len(shown) < len(records):
            out.print(f"and {len(records) - len(shown)} more: see `plumbline status --all`.\n")
    if report["health"] and not report["knows_last_load"]:
        out.print("The last load is not built yet: health and latency are those of the build before it.")
    published = report["published"]
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    out.print(
        f"Published: {published['where']}, {published['published_at']} UTC (now {now})." if published else "Nothing is published yet."
    )


@app.command()
def kpis(as_json: JsonOption = False, target: TargetOption = None, database: DatabaseOption = None) -> None:
    """Print the headline numbers of each tenant's last complete month, from the published marts."""
    from operations.kpis import kpis as read_kpis

    records = read_kpis(_settings(target, database))
    if as_json:
        _print_json(records)
    else:
        _table(_transposed(records, "tenant_name"), "Last complete month")


def main() -> None:
    """Run the command; end with the documented exit code, one line of error and its remedy."""
    try:
        app(standalone_mode=True)
    except PlumblineError as error:
        err.print(f"[bold red]Error:[/] {error.message}", soft_wrap=True, highlight=False)
        err.print(f"[bold]What to do:[/] {error.remedy}", soft_wrap=True, highlight=False)
        sys.exit(error.exit_code)
