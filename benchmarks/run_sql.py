"""Run a list of statements in DuckDB: `python -m benchmarks.run_sql DATABASE STATEMENTS.json`."""

import json
import sys
from pathlib import Path

import duckdb

database, statements = sys.argv[1:]
with duckdb.connect(database, config={"threads": 2}) as connection:
    for statement in json.loads(Path(statements).read_text()):
        connection.execute(statement).fetchall()
