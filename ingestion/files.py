"""Landing files: which there are, whether they can be trusted, and their records as JSON texts.

Every format ends as the same thing, an Arrow array of JSON texts with their record numbers, so that one path validates
all of them. A file is inspected before any of its records is used: its gzip checksums, its end and its SHA-256 come from
one pass, which also keeps the content of a file that fits in memory (`CHUNK_BYTES`); a larger one is streamed again, and
must be the same then.

What is wrong with a file as a whole
    truncated_file   a compressed file ends early: the complete lines before are used, the rest is one rejected row
    corrupt_file     a checksum is wrong, the format cannot be read, or two columns have one name: nothing of it is used, one
                     rejected row
"""

from __future__ import annotations

import csv as standard_csv
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np
import pyarrow as pa
from pyarrow import compute, csv, parquet

from ingestion.contracts import Family
from ingestion.landing import Landing, changed
from ingestion.reasons import Reason

# Decompressed bytes that are held at a time.
CHUNK_BYTES = 48 << 20
_READ_BYTES = 1 << 20
# A longer line is rejected.
OVERSIZED_BYTES = 1 << 20
_GZIP = zlib.MAX_WBITS | 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_END = "plumbline-end-of-file"

_SUFFIXES: dict[Family, tuple[str, ...]] = {
    "events": (".json", ".jsonl"),
    "payments": (".json", ".jsonl", ".csv"),
    "logs": (".json", ".jsonl", ".csv", ".parquet"),
}


# A file of events that is compressed and says no more in its name holds JSON lines: so vendors name what they archive.
_OTHER_KINDS = (".csv", ".parquet", ".tar", ".zip")


@dataclass(frozen=True)
class Origin:
    """Where records come from: a file of the landing area by its path in it, with forward slashes, or a table or an endpoint of a
    live source by a path of the same shape. A file with the same stamp has the same content; what is live has none."""

    family: Family
    path: str
    stamp: str | None

    @property
    def folders(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts[:-1]

    @property
    def tenant(self) -> str | None:
        """The tenant that a `tenant=<id>` folder names."""
        return next((part.removeprefix("tenant=") for part in self.folders if part.startswith("tenant=")), None)


@dataclass(frozen=True)
class LandingFile(Origin):
    """A file of the landing area; `open` gives its bytes."""

    stamp: str
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]] = field(compare=False)

    @property
    def is_compressed(self) -> bool:
        return self.path.endswith(".gz")

    @property
    def format(self) -> str:
        """json, csv or parquet."""
        suffix = PurePosixPath(self.path.removesuffix(".gz")).suffix
        return {".csv": "csv", ".parquet": "parquet"}.get(suffix, "json")


@dataclass(frozen=True)
class Damage:
    """A record, or the rest of a file, that never became a JSON text."""

    record: int
    reason: Reason
    text: str


@dataclass(frozen=True)
class Inspection:
    """What one pass over a file told: its size, its fingerprint, what is wrong with it, and its content if that is small."""

    size: int
    fingerprint: str
    problem: Reason | None
    content: bytes | None


@dataclass
class Chunk:
    """Some records of a file: JSON texts, or a table of columns to be turned into such. They are numbered from `first`; a table
    leaves out the numbers of its damaged rows. Where some were chosen, `chosen` tells which of those numbers they have."""

    records: pa.LargeStringArray | pa.Table
    first: int
    damages: list[Damage] = field(default_factory=list)
    chosen: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None

    def matching(self, pattern: str) -> Chunk:
        """The texts in which a regular expression finds something, whatever their case; without what is damaged."""
        places = np.flatnonzero(compute.match_substring_regex(self.records, pattern, ignore_case=True).to_numpy(zero_copy_only=False))
        return Chunk(self.records.take(pa.array(places)), self.first, chosen=self.first + places)

    @property
    def numbers(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        if self.chosen is not None:
            return self.chosen
        left_out = [damage.record for damage in self.damages] if isinstance(self.records, pa.Table) else []
        numbers = np.arange(self.first, self.first + len(self.records) + len(left_out), dtype=np.int64)
        return numbers[~np.isin(numbers, left_out)][: len(self.records)]


def list_files(landing: Landing, family: Family) -> list[LandingFile]:
    """The family's files in the order of their paths, folder by folder. Files of other kinds are not input."""
    found = sorted(landing.find(family), key=lambda file: file.path.split("/"))
    return [LandingFile(family, file.path, file.stamp, file.size, file.open) for file in found if _is_input(file.path, family)]


def _is_input(path: str, family: Family) -> bool:
    kind = path.removesuffix(".gz")
    is_archived = family == "events" and path.endswith(".gz") and not kind.endswith(_OTHER_KINDS)
    return kind.endswith(_SUFFIXES[family]) or is_archived


def inspect(file: LandingFile) -> Inspection:
    """Read a file through once. Raises InputError when it cannot be read."""
    kept: list[bytes] | None = []
    size = 0
    problem = None
    with file.open() as stream:
        read = _Bytes(stream)
        try:
            for block in _decompressed(read) if file.is_compressed else read:
                size += len(block)
                # Parquet is read from its end, so it is kept whatever its size.
                if size > CHUNK_BYTES and file.format != "parquet":
                    kept = None
                elif kept is not None:
                    kept.append(block)
        except EOFError:
            problem = Reason.TRUNCATED_FILE
        except zlib.error:
            problem = Reason.CORRUPT_FILE
            # The pass stopped at the damage: the fingerprint is that of all bytes nevertheless.
            for _ in read:
                pass
    return Inspection(read.size, read.fingerprint, problem, None if kept is None else b"".join(kept))


def chunks(file: LandingFile, inspection: Inspection) -> Iterator[Chunk]:
    """The file's records in order, in pieces of about CHUNK_BYTES; at least one chunk, which may be empty."""
    if inspection.problem is Reason.CORRUPT_FILE:
        yield _unreadable()
    elif file.format == "json":
        yield from _json_chunks(file, inspection)
    else:
        content = inspection.content if inspection.content is not None else b"".join(_blocks(file, inspection))
        try:
            yield _csv_chunk(content, inspection.problem) if file.format == "csv" else _parquet_chunk(content)
        except (pa.ArrowException, standard_csv.Error, UnicodeError, OSError):
            yield _unreadable()


def _unreadable() -> Chunk:
    return Chunk(_texts(b""), 1, [Damage(1, Reason.CORRUPT_FILE, "")])


class _Bytes:
    """The first `limit` bytes of a file, block by block, counted and hashed on the way."""

    def __init__(self, stream: BinaryIO, limit: int = sys.maxsize) -> None:
        self.size = 0
        self._stream = stream
        self._limit = limit
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        while block := self._stream.read(min(_READ_BYTES, self._limit - self.size)):
            self.size += len(block)
            self._digest.update(block)
            yield block

    @property
    def fingerprint(self) -> str:
        return self._digest.hexdigest()


def _decompressed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Gunzip, checking every checksum. Raises EOFError at an early end, zlib.error when damaged."""
    member = zlib.decompressobj(_GZIP)
    is_started = False
    for compressed in blocks:
        block = compressed
        while block:
            if member.eof:
                block = block.lstrip(b"\0")
                if not block:
                    break
                member = zlib.decompressobj(_GZIP)
            is_started = True
            yield member.decompress(block)
            block = member.unused_data
    if not is_started or not member.eof:
        raise EOFError


def _blocks(file: LandingFile, inspection: Inspection) -> Iterator[bytes]:
    """The decompressed content of an inspected file once more; a truncated one simply ends. What was appended to it since is left
    to the next load. Raises InputError when it is not the same any more."""
    with file.open() as stream:
        read = _Bytes(stream, inspection.size)
        try:
            yield from _decompressed(read) if file.is_compressed else read
        except EOFError:
            pass
        except zlib.error as error:
            raise changed(file.path) from error
    if read.fingerprint != inspection.fingerprint:
        raise changed(file.path)


def _json_chunks(file: LandingFile, inspection: Inspection) -> Iterator[Chunk]:
    is_truncated = inspection.problem is Reason.TRUNCATED_FILE
    blocks = iter([inspection.content]) if inspection.content is not None else _blocks(file, inspection)
    first = 1
    rest = b""
    for piece in _pieces(blocks):
        whole = rest + piece if rest else piece
        if first == 1:
            whole = whole.removeprefix(_BYTE_ORDER_MARK)
        end = whole.rfind(b"\n") + 1
        # Of a line that is too long, however long it is, one byte too many is kept.
        rest = whole[end : end + OVERSIZED_BYTES + 1]
        if end:
            chunk = _chunk(whole[:end], first)
            yield chunk
            first += len(chunk.records)
    if is_truncated:
        yield Chunk(_texts(b""), first, [Damage(first, Reason.TRUNCATED_FILE, rest.decode(errors="replace"))])
    elif rest or first == 1:
        yield _chunk(rest, first)


def _pieces(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks, joined to pieces of about CHUNK_BYTES."""
    gathered: list[bytes] = []
    size = 0
    for block in blocks:
        gathered.append(block)
        size += len(block)
        if size >= CHUNK_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


def _texts(content: bytes) -> pa.LargeStringArray:
    """The lines of a text as an Arrow array over the same bytes: only the offsets of the line ends are computed."""
    ends = np.flatnonzero(np.frombuffer(content, dtype=np.uint8) == ord("\n")).astype(np.int64) + 1
    if content and (not len(ends) or ends[-1] != len(content)):
        ends = np.append(ends, len(content))
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), ends])
    return pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(content))


def _chunk(content: bytes, first: int) -> Chunk:
    texts = _texts(content)
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return _mended_chunk(content, first)
    return Chunk(texts, first)


def _mended_chunk(content: bytes, first: int) -> Chunk:
    """The same lines, with those that are not UTF-8 emptied and reported."""
    lines = content.split(b"\n")
    damages = []
    for index, line in enumerate(lines):
        try:
            line.decode()
        except UnicodeDecodeError:
            # What was cut off a line that is too long may have cut a letter in two.
            reason = Reason.OVERSIZED_ROW if len(line) > OVERSIZED_BYTES else Reason.INVALID_ENCODING
            damages.append(Damage(first + index, reason, line.decode(errors="replace")))
            lines[index] = b""
    return Chunk(_texts(b"\n".join(lines)), first, damages)


def _csv_chunk(content: bytes, problem: Reason | None) -> Chunk:
    """All columns as text: the contract, not a guess, gives the types. A row with too many or too few fields is damaged, and so is
    one whose quotation never ends, with all that it swallows."""
    damages: list[Damage] = []

    def damaged(row: csv.InvalidRow) -> str:
        damages.append(Damage((row.number or 0) - 1, Reason.MALFORMED_CSV, row.text))
        return "skip"

    if problem is Reason.TRUNCATED_FILE:
        content = content[: content.rfind(b"\n") + 1]
    if not content.strip():
        return Chunk(_texts(b""), 1, [Damage(1, problem, "")] if problem else [])
    try:
        names = _csv_names(content)
    except UnicodeEncodeError:
        return Chunk(_texts(b""), 1, [Damage(1, Reason.INVALID_ENCODING, "")])
    # A last row of our own: where it is not found, a quotation before it was still open.
    content += f"\n{_END}{',' * (len(names) - 1)}\n".encode()
    table = csv.read_csv(
        io.BytesIO(content),
        read_options=csv.ReadOptions(use_threads=False, block_size=max(len(content), 1 << 20), autogenerate_column_names=True),
        parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=damaged),
        convert_options=csv.ConvertOptions(
            column_types={f"f{number}": pa.binary() for number in range(len(names))},
            strings_can_be_null=True,
            null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )
    table = table.rename_columns(names).slice(1)
    is_closed = table.num_rows > 0 and table[0][-1].as_py() == _END.encode()
    if not is_closed and not any(_END in damage.text for damage in damages):
        damages.append(Damage(int(Chunk(table, 1, damages).numbers[-1]), Reason.MALFORMED_CSV, _row_text(table, table.num_rows - 1)))
        is_closed = True
    if is_closed:
        table = table.slice(0, table.num_rows - 1)
    if problem:
        damages.append(Damage(table.num_rows + len(damages) + 1, problem, ""))
    return _text_chunk(table, names, damages)


def _csv_names(content: bytes) -> list[str]:
    """The names of the columns; one without a name is called by its number. Raises UnicodeEncodeError where the header is not UTF-8."""

    def lines() -> Iterator[str]:
        for line in io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="surrogateescape"):
            line.encode()
            yield line

    header = next(row for row in standard_csv.reader(lines()) if row)
    return [name.strip() or f"column_{number}" for number, name in enumerate(header, start=1)]


def _parquet_chunk(content: bytes) -> Chunk:
    table = parquet.read_table(io.BytesIO(content))
    for number, column in enumerate(table.columns):
        if not _is_known(column.type):
            table = table.set_column(number, table.field(number).name, [_spelled(column)])
    return _text_chunk(table, [field.name for field in table.schema if _is_text(field.type)], [])


def _is_text(type_: pa.DataType) -> bool:
    return type_ in (pa.string(), pa.large_string(), pa.string_view())


def _is_known(type_: pa.DataType) -> bool:
    """Whether DuckDB reads the type."""
    if pa.types.is_dictionary(type_):
        return _is_known(type_.value_type)
    is_unknown = pa.types.is_float16(type_) or pa.types.is_decimal256(type_)
    return not is_unknown and all(_is_known(type_.field(number).type) for number in range(type_.num_fields))


def _spelled(column: pa.ChunkedArray) -> pa.Array:
    """The values as texts, of lists and objects as JSON."""
    spell = (lambda value: json.dumps(value, default=str)) if pa.types.is_nested(column.type) else str
    return pa.array([None if value is None else spell(value) for value in column.to_pylist()], pa.string())


def _text_chunk(table: pa.Table, texts: Sequence[str], damages: list[Damage]) -> Chunk:
    """The table as a chunk, its columns `texts` as such; a row in which one of them is not UTF-8 is damaged."""
    if len({name.lower() for name in table.column_names}) < table.num_columns:
        return _unreadable()
    wrong: set[int] = set()
    for name in texts:
        values = table[name].cast(pa.large_binary())
        try:
            values.cast(pa.large_string())
        except pa.ArrowInvalid:
            wrong |= {index for index, value in enumerate(values.to_pylist()) if value is not None and not _is_utf8(value)}
    if wrong:
        numbers = Chunk(table, 1, damages).numbers
        damages = damages + [Damage(int(numbers[index]), Reason.INVALID_ENCODING, _row_text(table, index)) for index in sorted(wrong)]
        table = table.filter(pa.array([index not in wrong for index in range(table.num_rows)]))
    for name in texts:
        table = table.set_column(table.column_names.index(name), name, table[name].cast(pa.large_string()))
    return Chunk(table, 1, damages)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _row_text(table: pa.Table, index: int) -> str:
    """A row for people to read, whatever its bytes."""
    row = table.slice(index, 1)
    values = (column.cast(pa.large_binary())[0].as_py() if _is_text(column.type) else column[0].as_py() for column in row.columns)
    return ",".join(value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in values)
