"""Invented people, planted wherever a text may stand, and searched for in everything that the commands leave behind.

What is planted follows the contract: a column is searched from the day it is declared. Names and streets are told by
their blanks or by the key that they stand under, and a user's id by its key only; they are planted where that holds.
"""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pyarrow
import pytest
from conftest import TEST_KEY
from landing_files import Row, event, lines, message, stripe_event, write
from loads import query
from project import ROOT, Plumbline, fresh_database
from pyarrow import parquet

from ingestion.contracts import EVENTS, LOGS, PAYMENTS, TABLES, Column, Privacy, Table
from ingestion.extraction import ENVELOPE
from ingestion.reasons import Reason
from ingestion.scanner import CLASSES
from ingestion.stripe import PART_TABLES


@dataclass(frozen=True)
class Canary:
    """Something personal, the pieces by which it would be recognised, and whether its shape alone tells what it is."""

    text: str
    pieces: tuple[str, ...]
    is_pattern: bool = False


USER = Canary("canary-user-4711", ("canary-user",))
PEOPLE = (
    Canary("Quintilla Canarybird", ("quintilla", "canarybird")),
    Canary("742 Featherstone Crescent", ("featherstone",)),
    Canary("zaphod.canary@example.com", ("zaphod", "canary@example"), is_pattern=True),
    Canary("+1 212 555 0147", ("212 555 0147",), is_pattern=True),
    Canary("4000056655665556", ("4000056655665556",), is_pattern=True),
    Canary("198.51.100.77", ("198.51.100.77",), is_pattern=True),
    Canary(
        "DE89370400440532013000;536-22-4711;2001:db8:85a3::8a2e:370:7334",
        ("89370400440532013000", "536-22-4711", "85a3::8a2e", "370:7334"),
        is_pattern=True,
    ),
    Canary("trillianne\u200b.canary\uff20example.com", ("trillianne",), is_pattern=True),
    USER,
)
PIECES = tuple(piece.encode() for canary in PEOPLE for piece in canary.pieces)

STRIPE_OBJECTS = tuple(table for table in PAYMENTS if table.object and not table.explode)

TERMS = {"currency": "usd", "interval": "month", "usage_type": "licensed", "billing_scheme": "per_unit"}
Words = dict[str, dict[str, str]]

# Models choose rows by these words, and their tests refuse others: a canary in their place stays in the raw tables.
WORDS: Words = {
    "events": {"event_type": "assessment.completed"},
    "prices": TERMS,
    "subscriptions": {"status": "active", "currency": "usd"},
    "subscription_items": TERMS,
    "invoices": {"currency": "usd"},
    "refunds": {"status": "succeeded", "currency": "usd"},
    "disputes": {"status": "lost", "currency": "usd"},
    "charges": {"status": "succeeded", "currency": "usd"},
    "tournaments": {"status": "completed", "currency": "USD"},
}


def put(row: Row, path: str, value: Any) -> None:
    """Set the value at a dotted path."""
    *above, last = path.split(".")
    for key in above:
        row = row.setdefault(key, {})
    row[last] = value


def document(canary: Canary) -> Row:
    """A JSON object with something personal in its keys, its values, and at any depth."""
    text = canary.text
    identified = {"userId": text, "customer": text, "client_reference_id": text, "deep": [{"playerId": text}]}
    if canary is USER:
        return identified
    word = text.split()[0]
    direct = {"name": text, "firstName": word, "email": text, "phone_number": text, "billingAddress": {"line1": text, "city": word}}
    inside = json.dumps({"x": text, "lastName": word})
    return identified | direct | {"note": f"ask {text} now", f"for {text}": 1, "list": [text, {text: [f"{text}!"]}], "inside": inside}


def good_value(column: Column, canary: Canary) -> Any:
    """A value that the column accepts: the canary where it is text."""
    is_id = column.privacy in (Privacy.IDENTIFIER, Privacy.PERSON)
    if column.accepted:
        return column.accepted[0]
    if is_id and column.type == "json":
        return [canary.text]
    if column.type == "text" and column.privacy is Privacy.SCANNED:
        return f"Plan of {canary.text}" if canary.is_pattern else "Plan"
    if column.type == "text":
        if canary is USER and not is_id:
            return f"word-{column.name}"
        return canary.text if is_id or not column.name.endswith("_id") else f"{column.name}/{canary.text}"
    other: dict[str, Any] = {"json": document(canary), "bool": True, "timestamp": "2026-03-01T09:12:44Z", "date": "2026-03-01"}
    return other.get(column.type, 1)


def planted(table: Table, canary: Canary, words: Words) -> Row:
    """An object that a table accepts, personal in every text that the table reads and in fields that nobody declared."""
    row: Row = {"surprise": document(canary)}
    # A document comes before the columns that are read from inside of it.
    for column in sorted(table.columns, key=lambda column: column.type != "json"):
        path = column.paths[0] if column.paths else column.name
        if column.name not in (*ENVELOPE, "dialect") and path not in ("#", ".") and not path.startswith("^"):
            put(row, path, words.get(table.name, {}).get(column.name) or good_value(column, canary))
    for part in PART_TABLES.get(table.name, ()):
        put(row, part.explode or "", [planted(part, canary, words)])
    undeclared = document(canary)
    return undeclared | row


def stripe_object(table: Table, canary: Canary, words: Words) -> Row:
    return planted(table, canary, words) | {"object": "payout" if table.object == "*" else table.object}


def broken(row: Row, canary: Canary) -> bytes:
    """Lines that are rejected, each for a reason of its own, and hold the canary nevertheless."""
    text = canary.text
    word = "word" if canary is USER else text
    times = [key for key, value in row.items() if str(value).startswith("2026-03-01")] or ["created"]
    rejected: list[Row | str] = [
        {**row, **dict.fromkeys(times, text)},
        {**row, "metrics": word, "metadata": word},
        {**row, "direction": word},
        {**row, "tenant_id": f"{text}@" if canary is USER else text},
        {**row, "surprise": f"{text} " * 60_000},
        f'{{"email": "{text}", "user_id": "{text}", {text}',
        f'{{"note": "{text}"}}{text}',
        f'{{"deep": {"[" * 1001}"{text}"{"]" * 1001}}}',
        json.dumps({"note": text}),
        json.dumps(text),
    ]
    return lines(rejected) + f'{{"user_id": "{text}'.encode() + b'\xff"}\n'


def plant(landing: Path, words: Words) -> None:
    """Every canary in every family, format and fate of a row, but for the words of some columns."""
    write(landing, "payments/fx_rates/usd.csv", b"date,currency,rate_to_usd\n2026-03-01,EUR,1.1\n")
    for number, canary in enumerate(PEOPLE):
        text = canary.text
        # A user's id is known by its key only: in a path it is a word like any other.
        folder = "mindmetric" if canary is USER else text
        product_event = planted(EVENTS, canary, words) | {"tenant_id": "mindmetric"}
        write(landing, f"events/{folder}/{number}.jsonl", lines([product_event]) + broken(event(), canary))
        # The same id with another content: a conflicting duplicate.
        write(landing, f"events/{folder}/{number}.again.jsonl.gz", lines([event(tenant_id="mindmetric", attributes=document(canary))]))
        objects = [stripe_object(table, canary, words) for table in STRIPE_OBJECTS]
        changes: list[Row] = [stripe_event(row, f"{row['object']}.updated", 1772356364 + at) for at, row in enumerate(objects)]
        content = lines([*objects, *changes]) + broken({"object": "charge", "id": text}, canary)
        write(landing, f"payments/{folder}/tenant=clausewise/{number}.jsonl", content)
        for table in LOGS:
            row = planted(table, canary, words) | {"tenant_id": "dansora"}
            write(landing, f"logs/{table.name}/{folder}/{number}.jsonl", lines([row]) + broken(row, canary))
        header = f"message_id,tenant_id,type,direction,timestamp,body,{'customer_id' if canary is USER else text}"
        rows_of_text = [f'm-{number},dansora,email,inbound,2026-03-01T10:00:00Z,"{text}","{text}"', f"{text},too,few"]
        write(landing, f"logs/raw_message/{number}.csv", "\n".join([header, *rows_of_text, ""]).encode())
        table_of_rows = io.BytesIO()
        parquet.write_table(pyarrow.Table.from_pylist([message(tenant_id="dansora", customer_id=text, body=text)]), table_of_rows)
        write(landing, f"logs/raw_message/{number}.parquet", table_of_rows.getvalue())
        write(landing, f"logs/raw_message/{number}.corrupt.parquet", table_of_rows.getvalue()[:-9] + text.encode())
        whole = write(landing, f"logs/raw_message/{number}.cut.jsonl.gz", lines([message(tenant_id="dansora", agent_id=text)] * 9))
        whole.write_bytes(whole.read_bytes()[:-12])
        write(landing, f"logs/{folder}/{number}.jsonl", [{"note": text}])


def contents(file: Path) -> Iterator[bytes]:
    """The bytes of a file, and what they hold once they are decompressed."""
    content = file.read_bytes()
    yield content
    if content.startswith(b"\x1f\x8b"):
        yield zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content)
    if content.startswith(b"PAR1") and content.endswith(b"PAR1"):
        yield repr(parquet.read_table(io.BytesIO(content)).to_pydict()).encode()


def found_in_files(folder: Path) -> set[tuple[str, str]]:
    """The files below a folder, but for its landing area, that tell something personal by their name or content."""
    found = set()
    for file in folder.rglob("*"):
        path = file.relative_to(folder)
        if file.is_file() and path.parts[0] != "landing":
            texts = b"\n".join([str(path).encode(), *contents(file)]).lower()
            found |= {(str(path), piece.decode()) for piece in PIECES if piece in texts}
    return found


def found_in_rows(name: str, rows: list[Any]) -> set[tuple[str, str]]:
    text = f"{name}\n{rows!r}".lower().encode()
    return {(name, piece.decode()) for piece in PIECES if piece in text}


TABLES_QUERY = (
    "select table_schema, table_name, string_agg(column_name, ' ') from information_schema.columns "
    "where table_schema not in ('information_schema', 'pg_catalog') group by table_schema, table_name"
)


def found_in_duckdb(database: Path) -> set[tuple[str, str]]:
    """The tables and views of a DuckDB file that hold something personal."""
    found = set()
    for schema, table, columns in query(database, TABLES_QUERY):
        found |= found_in_rows(f"{schema}.{table} ({columns})", query(database, f'select * from "{schema}"."{table}"'))
    return found


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing area with a canary in every text."""
    folder = tmp_path_factory.mktemp("planted") / "landing"
    plant(folder, {})
    return folder


def places(folder: Path) -> dict[str, str]:
    """Settings that keep in the folder what tools write elsewhere."""
    for name in ("home", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    return {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "DLT_DATA_DIR": str(folder / "home" / "dlt")}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Plumbline:
    """Every command on planted files that can be built, and what each of them printed in a file of its own."""
    plumbline = Plumbline(tmp_path_factory.mktemp("privacy"), key=TEST_KEY)
    plant(plumbline.folder / "landing", WORDS)
    settings = places(plumbline.folder)
    for number, command in enumerate((["load"], ["build"], ["status"], ["status", "--json"], ["kpis", "--json"])):
        finished = plumbline.attempt(*command, **settings)
        (plumbline.folder / f"printed.{number}.{command[0]}").write_text(finished.stdout + finished.stderr)
        assert finished.returncode == 0, finished.stdout + finished.stderr
    documented = plumbline.attempt(module="operations.docs", **settings)
    (plumbline.folder / "printed.docs").write_text(documented.stdout + documented.stderr)
    assert documented.returncode == 0, documented.stderr
    return plumbline


def test_the_search_finds_what_is_there(landing: Path, tmp_path: Path) -> None:
    everything = {piece.decode() for piece in PIECES}
    for suffix in (".jsonl", ".jsonl.gz", ".csv", "0.parquet"):
        searched = {piece for path, piece in found_in_files(landing) if path.endswith(suffix)}
        assert searched == (set(PEOPLE[0].pieces) if suffix == "0.parquet" else everything), suffix
    with duckdb.connect(str(tmp_path / "held.duckdb")) as connection:
        connection.execute("create schema marts")
        connection.execute(f"create view marts.people as select unnest({[canary.text for canary in PEOPLE]}) as person")
    assert found_in_duckdb(tmp_path / "held.duckdb") == {("marts.people (person)", piece) for piece in everything}


def test_nothing_personal_is_in_any_table(ran: Plumbline) -> None:
    for mart in ("fct_events", "fct_assessments", "dim_customers", "fct_payments", "fct_ai_requests", "dim_plans"):
        assert query(ran.published, f"select count(*) >= {len(PEOPLE)} from marts.{mart}") == [(True,)], mart
    assert found_in_duckdb(ran.database) == set()
    assert found_in_duckdb(ran.published) == set()


def test_nothing_personal_is_in_any_file_or_in_what_the_commands_print(ran: Plumbline) -> None:
    assert (ran.folder / "build/docs/index.html").is_file()
    assert {"warehouse", "target", ".plumbline"} <= {path.name for path in ran.folder.iterdir()}
    assert found_in_files(ran.folder) == set()


def test_nothing_personal_is_left_by_a_load_that_was_killed_or_by_the_one_that_completes_it(landing: Path, tmp_path: Path) -> None:
    plumbline = Plumbline(tmp_path, key=TEST_KEY)
    died = interrupted(plumbline, landing, "duck.DuckDbClient.complete_load", "killed")
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert list((tmp_path / ".plumbline").rglob("*.parquet")) != []
    assert found_in_files(tmp_path) == set()

    (tmp_path / "printed").write_text(plumbline.run("load", "--from", str(landing), **places(tmp_path)))
    for table in TABLES:
        least = 1 if table.name == "fx_rates" else len(PEOPLE)
        assert query(plumbline.database, f"select count(*) >= {least} from {table.schema}.{table.name}") == [(True,)], table.name
    reasons = {reason for (reason,) in query(plumbline.database, "select distinct reason_code from raw_quarantine.rejected_rows")}
    assert reasons == set(Reason) - {Reason.OUT_OF_RANGE}
    classes = {class_ for (class_,) in query(plumbline.database, "select distinct pii_class from raw_operations.pii_findings")}
    assert classes == {*CLASSES, "direct", "prose"}
    assert found_in_duckdb(plumbline.database) == set()
    assert found_in_files(tmp_path) == set()


@pytest.mark.parametrize("place", ["Processor.process", "Processor._quarantine"])
def test_an_error_while_rows_are_read_repeats_nothing_of_them(landing: Path, tmp_path: Path, place: str) -> None:
    """What an engine says of a row that it cannot read holds the row: at the start of a load, and in the midst of one."""
    plumbline = Plumbline(tmp_path, key=TEST_KEY)
    failed = interrupted(plumbline, landing, place, "failed")
    assert failed.returncode == 4, failed.stderr
    assert "Traceback" not in failed.stderr
    assert found_in_files(tmp_path) == set()


def interrupted(plumbline: Plumbline, landing: Path, place: str, fate: str) -> subprocess.CompletedProcess[str]:
    """Run `plumbline load` until it comes to a place in the code, where it is killed, or fails with somebody's name."""
    script = f"""
import os, signal, duckdb
from dlt.destinations.impl.duckdb import duck
from ingestion.processing import Processor
def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def failed(*_):
    raise duckdb.ConversionException("{PEOPLE[0].text} is no number")
{place} = {fate}
from operations.cli import main
main()
"""
    finished = subprocess.run(
        [sys.executable, "-c", script, "load", "--from", str(landing)],
        cwd=plumbline.folder,
        env={**plumbline.environment, **places(plumbline.folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    (plumbline.folder / "printed.interrupted").write_text(finished.stdout + finished.stderr)
    return finished


def test_nothing_personal_is_in_postgres(landing: Path, tmp_path: Path, postgres_server: str) -> None:
    dsn = fresh_database(postgres_server, "privacy")
    plumbline = Plumbline(tmp_path, key=TEST_KEY, postgres_dsn=dsn)
    (tmp_path / "printed.load").write_text(plumbline.run("load", "--from", str(landing), **places(tmp_path)))
    found = found_in_files(tmp_path)
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES_QUERY)
        tables = cursor.fetchall()
        assert len(tables) > len(TABLES)
        for schema, table, columns in tables:
            cursor.execute(f'select * from "{schema}"."{table}"')
            found |= found_in_rows(f"{schema}.{table} ({columns})", cursor.fetchall())
    assert found == set()
