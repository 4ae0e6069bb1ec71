"""The least that a load into PostgreSQL could do: read_json, CSV, COPY: `python -m benchmarks.copy_events DSN STATEMENTS.json`.

The statements make a table `events` in DuckDB; its rows go into a table of the same columns on the server.
"""

import json
import sys
import tempfile
from pathlib import Path

import duckdb
import psycopg2

dsn, statements = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 2}) as connection:
    for statement in json.loads(Path(statements).read_text()):
        connection.execute(statement)
    columns = connection.execute("select column_name, data_type from information_schema.columns where table_name = 'events'").fetchall()
    rows = Path(folder, "events.csv")
    connection.execute(f"copy events to '{rows}' (format csv, header false)")
    connection.execute("drop table events")
    types = {"DOUBLE": "double precision", "JSON": "text", "VARCHAR": "text"}
    with psycopg2.connect(dsn) as server, server.cursor() as cursor, rows.open() as stream:
        cursor.execute("drop schema if exists benchmark cascade")
        cursor.execute("create schema benchmark")
        cursor.execute(f"create table benchmark.events ({', '.join(f'{name} {types.get(type_, type_)}' for name, type_ in columns)})")
        cursor.copy_expert("copy benchmark.events from stdin (format csv)", stream)
    server.close()
