"""Run this project in processes of its own, as a user would: the `plumbline` command and plain `dbt`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg2

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
    **settings: str,
) -> str:
    """Run one dbt command, with more settings; return what it printed. Raises AssertionError with the last lines when it fails."""
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
        env=environment(database, postgres_dsn, PLUMBLINE_AS_OF=as_of, **settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, "\n".join(finished.stdout.splitlines()[-80:]) + finished.stderr
    return finished.stdout


def fresh_database(server_dsn: str, name: str, template: str | None = None) -> str:
    """Create an empty database on the server, or a copy of another one; return its DSN."""
    connection = psycopg2.connect(server_dsn)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(f'drop database if exists "{name}" with (force)')
            cursor.execute(f'create database "{name}"' + (f' template "{template}"' if template else ""))
    finally:
        connection.close()
    address, _, query = server_dsn.partition("?")
    return f"{address.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


@dataclass(frozen=True)
class Plumbline:
    """The `plumbline` command with a working folder, a warehouse and dbt artefacts of its own."""

    folder: Path
    key: str
    postgres_dsn: str | None = None

    @property
    def database(self) -> Path:
        return self.folder / "warehouse" / "plumbline.duckdb"

    @property
    def published(self) -> Path:
        return self.folder / "warehouse" / "plumbline.published.duckdb"

    @property
    def environment(self) -> dict[str, str]:
        return environment(
            self.database,
            self.postgres_dsn,
            PLUMBLINE_PSEUDONYM_KEY=self.key,
            DBT_TARGET_PATH=str(self.folder / "target"),
            DBT_LOG_PATH=str(self.folder / "logs"),
            COLUMNS="200",
        )

    def attempt(self, *arguments: str, module: str = "operations", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run the command, or another module of the project, with more settings; return how it ended."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=self.folder,
            env={**self.environment, "PYTHONPATH": str(ROOT), **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *arguments: str, module: str = "operations", **settings: str) -> str:
        """Run the command; return what it printed. Raises AssertionError when it fails."""
        finished = self.attempt(*arguments, module=module, **settings)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return finished.stdout
