"""Logs as files: cut by time, in the format of each log, with repeated, late and refused lines in known numbers."""

from __future__ import annotations

import io
import json
from csv import reader as csv_reader
from csv import writer as csv_writer
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.demo_data.files import Landing, camel_case, csv, json_lines, parquet
from ingestion.demo_data.logs.world import Ending, Log
from ingestion.demo_data.manifest import UNKNOWN, Manifest
from ingestion.demo_data.oddities import LATE_LOG_ROWS, REPEATED_LOG_ROWS, Broken, joined
from ingestion.demo_data.tenants import Tenant

SHARED = "*"
"""Stands for the tenant of rows that are everybody's."""


def write_log(log: Log, tenant: Tenant | None, files: Landing, manifest: Manifest) -> None:
    """Write a log of a tenant, or one that all tenants share, and count what was written."""
    owner = tenant.id if tenant else SHARED
    folder = f"logs/{log.table}" + (f"/tenant={owner}" if tenant and not log.is_named else "")
    spelled = camel_case if tenant and tenant.camel_case else str
    rows = log.rows.add_column(0, "tenant_id", pa.array([owner] * log.rows.num_rows)) if log.is_named else log.rows
    rows = rows.rename_columns([spelled(name) for name in rows.column_names])
    key, written = [spelled(name) for name in log.key], spelled(log.written)
    spoilt = [(reason, spelled(field), value) for reason, field, value in log.spoilt]

    # Some rows of the first file arrive with the last one.
    pieces = _pieces(rows, written, log.months)
    first_day, first = pieces[0]
    late = first.slice(0, min(LATE_LOG_ROWS, first.num_rows - 1) if len(pieces) > 1 else 0)
    pieces[0] = (first_day, first.slice(late.num_rows))
    pieces[-1] = (pieces[-1][0], pa.concat_tables([pieces[-1][1], late]))
    for place, (day, piece) in enumerate(pieces):
        ending = log.endings[place % len(log.endings)]
        files.write(f"{folder}/{day:%Y-%m}.{ending}", _content(piece, ending), piece.num_rows)

    repeated = rows.slice(rows.num_rows // 2, REPEATED_LOG_ROWS)
    kind: Ending = "csv" if log.endings[0].startswith("csv") else "jsonl"
    broken = _broken(_content(rows.slice(0, 1), kind), key[0], written, spoilt)
    files.write(f"{folder}/sent-again.{kind}", _content(repeated, kind) + joined(broken), repeated.num_rows + len(broken))

    unique = rows.group_by(key).aggregate([]).num_rows
    manifest.count(log.table, owner, rows.num_rows + repeated.num_rows, unique)
    manifest.count_log(log.table, owner, late.num_rows, repeated.num_rows, broken)
    # Where no folder names the tenant, nobody can tell whose a line is that cannot be read.
    is_told = tenant is not None and not log.is_named
    manifest.reject("logs", owner if is_told else UNKNOWN, broken[:1])
    manifest.reject("logs", owner if tenant else UNKNOWN, broken[1:])


def _content(rows: pa.Table, ending: Ending) -> bytes:
    if ending == "parquet":
        return parquet(rows)
    return csv(rows) if ending.startswith("csv") else json_lines(rows)


def _pieces(rows: pa.Table, written: str, months: int) -> list[tuple[date, pa.Table]]:
    """The rows by spans of months in UTC, each with its first day. They are in the order of time."""
    times = rows.column(written)
    since_zero = (np.asarray(pc.year(times)) * 12 + np.asarray(pc.month(times)) - 1) // months * months
    starts = np.flatnonzero(np.append(True, since_zero[1:] != since_zero[:-1])).tolist()
    spans = zip(starts, [*starts[1:], rows.num_rows], strict=True)
    return [
        (date(int(since_zero[start]) // 12, int(since_zero[start]) % 12 + 1, 1), rows.slice(start, end - start)) for start, end in spans
    ]


def _broken(good: bytes, id_: str, time: str, spoilt: list[tuple[str, str, str | int]]) -> list[Broken]:
    """Lines that are refused: one that cannot be read, one without its id, one without a time, and those that the log has of its own.

    `good` is a sound line of JSON, or a sound line of CSV below its header.
    """
    *header, line = good.decode().splitlines()
    changes = (("missing_required", id_, ""), ("bad_timestamp", time, "noon"), *spoilt)
    if not header:
        row = json.loads(line)
        unreadable = Broken("malformed_json", line[: len(line) // 2].encode())
        others = [Broken(reason, json.dumps({**row, field: value}, separators=(",", ":")).encode()) for reason, field, value in changes]
        return [unreadable, *others]
    [names, cells] = csv_reader([*header, line])
    changed = [
        (reason, [str(value) if name == field else cell for name, cell in zip(names, cells, strict=True)])
        for reason, field, value in changes
    ]
    return [Broken(reason, _csv_line(row)) for reason, row in (("malformed_csv", [*cells, "too", "many"]), *changed)]


def _csv_line(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv_writer(line, lineterminator="").writerow(cells)
    return line.getvalue().encode()
