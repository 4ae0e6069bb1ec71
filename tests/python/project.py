"""Run the dbt project of this repository in a process of its own, as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def environment(database: Path, postgres_dsn: str | None = None, **more: str) -> dict[str, str]:
    """The settings of a run: DuckDB's file, or a PostgreSQL server when a DSN is given."""
    settings = {
        "PLUMBLINE_TARGET": "postgres" if postgres_dsn else "duckdb",
        "PLUMBLINE_DATABASE": str(database),
        "PLUMBLINE_POSTGRES_DSN": postgres_dsn or "",
        "DO_NOT_TRACK": "1",
        "NO_COLOR": "1",
    }
    return {**os.environ, **settings, **more}


def dbt(
    *arguments: str,
    database: Path,
    postgres_dsn: str | None = None,
    as_of: str = "",
    variables: Mapping[str, object] | None = None,
) -> str:
    """Run one dbt command; return what it printed. Raises AssertionError with the last lines when it fails."""
    command: Sequence[str] = [
        sys.executable,
        "-m",
        "dbt.cli.main",
        "--no-use-colors",
        *arguments,
        "--project-dir",
        str(ROOT),
        "--profiles-dir",
        str(ROOT),
        "--target-path",
        str(database.parent / "target"),
        "--log-path",
        str(database.parent / "logs"),
        *(["--vars", str(dict(variables))] if variables else []),
    ]
    finished = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(database, postgres_dsn, PLUMBLINE_AS_OF=as_of),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, "\n".join(finished.stdout.splitlines()[-80:]) + finished.stderr
    return finished.stdout
