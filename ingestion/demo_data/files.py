"""Landing files, byte for byte the same for the same content."""

from __future__ import annotations

import gzip
import io
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet


def compress(content: bytes) -> bytes:
    """Gzip without a time in its header."""
    return gzip.compress(content, compresslevel=5, mtime=0)


def camel_case(key: str) -> str:
    """A snake_case key in camelCase."""
    first, *rest = key.split("_")
    return first + "".join(word.capitalize() for word in rest)


def json_lines(table: pa.Table) -> bytes:
    """A table as JSON Lines; a null is a key left out."""
    fields = ", ".join(_json_field(column) for column in table.schema)
    query = f"select concat('{{', concat_ws(',', {fields}), '}}', chr(10)) as line from rows"
    lines = _connection().register("rows", table).execute(query).to_arrow_table().column("line")
    return "".join(lines.to_pylist()).encode()


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """A connection without tables: to open one for each file would cost more than the files."""
    return duckdb.connect(config={"threads": 1})


def _json_field(column: pa.Field) -> str:
    name = f'"{column.name}"'
    if pa.types.is_timestamp(column.type):
        value = f"strftime({name}::timestamp, '\"%Y-%m-%dT%H:%M:%S.%gZ\"')"
    elif pa.types.is_string(column.type) or pa.types.is_date(column.type):
        value = f"to_json({name}::varchar)::varchar"
    else:
        value = f"{name}::varchar"
    return f"case when {name} is not null then '{name}:' || {value} end"


def csv(table: pa.Table) -> bytes:
    """A table as CSV with a header; nothing stands for null."""
    times = {place: column for place, column in enumerate(table.schema) if pa.types.is_timestamp(column.type)}
    for place, column in times.items():
        text = pc.strftime(table.column(place), "%Y-%m-%dT%H:%M:%SZ")
        table = table.set_column(place, column.name, text)
    for place, column in enumerate(table.schema):
        if isinstance(column.type, pa.JsonType):
            table = table.set_column(place, column.name, table.column(place).cast(pa.string()))
    sink = io.BytesIO()
    pyarrow.csv.write_csv(table, sink, pyarrow.csv.WriteOptions(quoting_style="needed"))
    return sink.getvalue()


def parquet(table: pa.Table) -> bytes:
    """A table as Parquet."""
    sink = io.BytesIO()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


class Landing:
    """Writes files below a folder, in two threads, and remembers how many lines each holds.

    A context manager: leaving it waits for the writes and raises the first error of any.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.lines: dict[str, int] = {}
        self._pool = ThreadPoolExecutor(max_workers=2)
        self._writes: list[Future[None]] = []

    def write(self, path: str, content: bytes, lines: int) -> None:
        """Write a file; a path that ends in .gz is compressed. Errors: ValueError when the path was written before."""
        if path in self.lines:
            raise ValueError(f"{path} is written twice")
        self.lines[path] = lines
        self._writes.append(self._pool.submit(self._store, path, content))

    def write_cut_short(self, path: str, content: bytes) -> int:
        """Write a compressed file that was cut short in transfer; returns how many complete lines can be had from it.

        The broken end counts as one line more.
        """
        whole = compress(content)
        rest = whole[: len(whole) * 3 // 5]
        complete = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(rest).count(b"\n")
        self.lines[path] = complete + 1
        self._target(path).write_bytes(rest)
        return complete

    def _target(self, path: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _store(self, path: str, content: bytes) -> None:
        self._target(path).write_bytes(compress(content) if path.endswith(".gz") else content)

    def __enter__(self) -> Landing:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown()
        for write in self._writes:
            write.result()
