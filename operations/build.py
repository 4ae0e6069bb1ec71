"""Build the models and run their tests: dbt in this process, one invocation, with progress."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ingestion.errors import BuildError
from operations.settings import PROJECT, Settings
from operations.warehouse import close_dbt_connection, connect, require_loaded
from quality.results import require_valid

# Called with the number of finished nodes, the number of all nodes and the name of the last one.
Progress = Callable[[int, int, str], None]

FAILURES = ("error", "fail", "runtime error")
FAILURES_TOLD = 10


@dataclass(frozen=True)
class BuildSummary:
    """What a build did, by count of nodes (models, seeds and tests)."""

    passed: int
    warned: int
    skipped: int


def build(
    settings: Settings,
    *,
    select: Sequence[str] = (),
    full_refresh: bool = False,
    as_of: str = "",
    progress: Progress | None = None,
) -> BuildSummary:
    """Run `dbt build` for `select` (everything when empty) at the clock `as_of` (ISO 8601; empty: the data's own).

    Raises BuildError naming each failed node, WarehouseError when the warehouse cannot be opened, and ValidationError when a load
    that did not pass its validation would keep a full build from being published."""
    with connect(settings, read_only=True) as warehouse:
        require_loaded(warehouse)
        if not select:
            require_valid(warehouse)
    os.environ |= settings.environment() | {"PLUMBLINE_AS_OF": as_of, "DO_NOT_TRACK": "1"}
    # dbt takes seconds to import: only a build pays for it.
    from dbt.cli.main import dbtRunner

    finished = 0

    def follow(event: Any) -> None:
        nonlocal finished
        if progress and event.info.name in ("NodeFinished", "LogSkipBecauseError", "SkippingDetails"):
            finished += 1
            progress(finished, total, event.data.node_info.node_name)

    total = 0

    def count(event: Any) -> None:
        nonlocal total
        if event.info.name == "LogStartLine":
            total = max(total, event.data.total)

    arguments = ["build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    arguments += ["--log-level", "none", "--log-level-file", "info"]
    if select:
        arguments += ["--select", *select]
    if full_refresh:
        arguments.append("--full-refresh")
    outcome = dbtRunner(callbacks=[count, follow]).invoke(arguments)
    close_dbt_connection(settings)
    if outcome.exception:
        raise BuildError(
            f"dbt could not run the project: {_first_lines(str(outcome.exception))}",
            "Run `dbt build` in the project's folder for the whole message.",
        )
    # The type of the result depends on the command; a build gives the results of its nodes.
    results: list[Any] = list(getattr(outcome.result, "results", []))
    failed = [result for result in results if result.status in FAILURES]
    if failed:
        told = [f"{result.node.name}: {_first_lines(result.message)}" for result in failed[:FAILURES_TOLD]]
        more = [f"and {len(failed) - FAILURES_TOLD} more"] if len(failed) > FAILURES_TOLD else []
        raise BuildError(
            "\n  ".join([f"{len(failed)} of {len(results)} nodes failed.", *told, *more]),
            "Nothing was published; what people read is unchanged. See dbt.log (in logs/, or in DBT_LOG_PATH) for each, "
            "mend the cause and run `plumbline build` again.",
        )
    statuses = [str(result.status) for result in results]
    return BuildSummary(
        passed=sum(status in ("success", "pass") for status in statuses),
        warned=statuses.count("warn"),
        skipped=statuses.count("skipped"),
    )


def _first_lines(message: str | None) -> str:
    """What dbt says of a failure, short of the SQL that follows it."""
    return " ".join((message or "no message").split("\n\n")[0].split())[:300]
