"""The tutorial does what it says: its commands run in a copy of the project, and what it shows appears."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from project import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text()
BASH = shutil.which("bash") or "bash"
# What runs leave in the project's folder.
LEFT_OUT = {".git", ".venv", "target", "logs", "landing", "warehouse", "build", ".plumbline", ".hypothesis", ".mypy_cache", ".ruff_cache"}


def blocks(kind: str) -> list[str]:
    """The fenced blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def words(line: str) -> str:
    """A line of a table without its borders and its padding."""
    return " ".join(line.replace("│", " ").split())


def test_commands_of_the_tutorial_show_what_it_says(tmp_path: Path) -> None:
    copy = tmp_path / "plumbline"
    shutil.copytree(ROOT, copy, ignore=lambda folder, _: LEFT_OUT if Path(folder) == ROOT else {"__pycache__"})
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("PLUMBLINE_", "DBT_"))}
    # The copy's own code runs, not that of the installed project.
    settings |= {"PATH": f"{Path(sys.executable).parent}:{settings['PATH']}", "PYTHONPATH": str(copy)}
    settings |= {"COLUMNS": "200", "NO_COLOR": "1", "DO_NOT_TRACK": "1"}
    script = "\n".join(["set -e", 'plumbline() { python -m operations "$@"; }', *blocks("bash")])
    finished = subprocess.run([BASH, "-c", script], cwd=copy, env=settings, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    printed = [words(line) for line in finished.stdout.splitlines()]
    shown = [words(line) for block in blocks("text") for line in block.splitlines() if line.strip()]
    missing = [line for line in shown if line not in printed]
    assert len(shown) >= 10
    assert not missing, finished.stdout
    assert b"ada@example.com" not in (copy / "acme" / "acme.duckdb").read_bytes()
