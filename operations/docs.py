"""`make docs`: the dbt docs of the working warehouse as one HTML file that opens without a network.

    python -m operations.docs [target folder]      # default build/docs

Raises WarehouseError when nothing is built yet, BuildError when dbt cannot document the project.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ingestion.errors import BuildError, PlumblineError
from operations.settings import PROJECT, Settings, read_settings
from operations.warehouse import close_dbt_connection, connect, require_loaded

# dbt's page carries a script that would report views to its makers; a page that opens offline has no use for it.
_TRACKER = "//d1fc8wv8zag5ca.cloudfront.net/2.9.0/sp.js"


def write_docs(settings: Settings, folder: Path) -> Path:
    """Write `index.html` into `folder`; return its path."""
    with connect(settings, read_only=True) as warehouse:
        require_loaded(warehouse)
    os.environ |= settings.environment() | {"DO_NOT_TRACK": "1"}
    from dbt.cli.main import dbtRunner

    arguments = ["docs", "generate", "--static", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--log-level", "none"]
    outcome = dbtRunner().invoke(arguments)
    close_dbt_connection(settings)
    if not outcome.success:
        raise BuildError("dbt could not write its docs.", "Run `dbt docs generate` in the project's folder for the whole message.")
    target = PROJECT / os.environ.get("DBT_TARGET_PATH", "target")
    page = (target / "static_index.html").read_text()
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "index.html"
    # Neither the tracker nor the folders of the machine that wrote the page belong into it.
    written.write_text(page.replace(_TRACKER, "").replace(str(target), "target").replace(str(PROJECT), "."))
    return written


def main() -> None:
    """Write the docs of the settings' warehouse; end with the documented exit code."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build/docs")
    try:
        sys.stdout.write(f"Docs: {write_docs(read_settings({}), folder)}\n")
    except PlumblineError as error:
        sys.stderr.write(f"Error: {error.message}\nWhat to do: {error.remedy}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
