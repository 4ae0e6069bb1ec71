"""Landing files: which there are, whether they can be trusted, and their records as JSON texts.

Every format ends as the same thing, an Arrow array of JSON texts with their record numbers, so that one path validates
all of them. A file is inspected before any of its records is used: its gzip checksums, its end and its SHA-256 come from
one pass, which also keeps the content of a file that fits in memory (`CHUNK_BYTES`); a larger one is streamed again.

What is wrong with a file as a whole
    truncated_file   a compressed file ends early: the complete lines before are used, the rest is one rejected row
    corrupt_file     a checksum is wrong or the format cannot be read: nothing of it is used, one rejected row
"""

from __future__ import annotations

import csv as standard_csv
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from ingestion.contracts import Family
from ingestion.errors import InputError
from ingestion.reasons import Reason

# Decompressed bytes that are held at a time.
CHUNK_BYTES = 48 << 20
_READ_BYTES = 1 << 20
_GZIP = zlib.MAX_WBITS | 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

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
    """A file of the landing area."""

    location: Path
    size: int

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
    """What one pass over a file told: its fingerprint, what is wrong with it, and its content if that is small."""

    fingerprint: str
    problem: Reason | None
    content: bytes | None


@dataclass
class Chunk:
    """Some records of a file: JSON texts, or a table of columns to be turned into such. They are numbered from `first`, leaving
    out the numbers of malformed CSV rows."""

    records: pa.LargeStringArray | pa.Table
    first: int
    damages: list[Damage] = field(default_factory=list)

    @property
    def numbers(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        left_out = [damage.record for damage in self.damages if damage.reason is Reason.MALFORMED_CSV]
        numbers = np.arange(self.first, self.first + len(self.records) + len(left_out), dtype=np.int64)
        return numbers[~np.isin(numbers, left_out)] if left_out else numbers


def list_files(landing: Path, family: Family) -> list[LandingFile]:
    """The family's files in the order of their paths. Files in hidden folders or of other kinds are not input."""
    files = []
    for location in sorted((landing / family).rglob("*")):
        path = location.relative_to(landing).as_posix()
        is_hidden = any(part.startswith((".", "_")) for part in PurePosixPath(path).parts)
        if is_hidden or not _is_input(path, family) or not location.is_file():
            continue
        status = location.stat()
        stamp = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
        files.append(LandingFile(family, path, stamp, location, status.st_size))
    return files


def _is_input(path: str, family: Family) -> bool:
    kind = path.removesuffix(".gz")
    is_archived = family == "events" and path.endswith(".gz") and not kind.endswith(_OTHER_KINDS)
    return kind.endswith(_SUFFIXES[family]) or is_archived


def inspect(file: LandingFile) -> Inspection:
    """Read a file through once. Raises InputError when the system does not let it be read."""
    digest = hashlib.sha256()
    kept: list[bytes] | None = []
    size = 0
    problem = None
    try:
        with file.location.open("rb") as stream:
            for block in _decompressed(_hashed(stream, digest)) if file.is_compressed else _hashed(stream, digest):
                size += len(block)
                # Parquet is read from its end, so it is kept whatever its size.
                if size > CHUNK_BYTES and file.format != "parquet":
                    kept = None
                elif kept is not None:
                    kept.append(block)
    except EOFError:
        problem = Reason.TRUNCATED_FILE
    except zlib.error:
        # The pass stopped at the damage: the fingerprint is that of all bytes nevertheless.
        problem = Reason.CORRUPT_FILE
        digest = hashlib.sha256(file.location.read_bytes())
    except OSError as error:
        raise InputError(f"The file {file.path} cannot be read: {error.strerror}.", "Check its permissions, then load again.") from error
    return Inspection(digest.hexdigest(), problem, None if kept is None else b"".join(kept))


def chunks(file: LandingFile, inspection: Inspection) -> Iterator[Chunk]:
    """The file's records in order, in pieces of about CHUNK_BYTES; at least one chunk, which may be empty."""
    if inspection.problem is Reason.CORRUPT_FILE:
        yield _unreadable()
    elif file.format == "json":
        yield from _json_chunks(file, inspection)
    else:
        content = inspection.content if inspection.content is not None else b"".join(_blocks(file))
        try:
            yield _csv_chunk(content, inspection.problem) if file.format == "csv" else _parquet_chunk(content)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
            yield _unreadable()


def _unreadable() -> Chunk:
    return Chunk(_texts(b""), 1, [Damage(1, Reason.CORRUPT_FILE, "")])


def _hashed(stream: io.BufferedReader, digest: hashlib._Hash) -> Iterator[bytes]:
    while block := stream.read(_READ_BYTES):
        digest.update(block)
        yield block


def _decompressed(blocks: Iterator[bytes]) -> Iterator[bytes]:
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


def _blocks(file: LandingFile) -> Iterator[bytes]:
    """The decompressed content of an inspected file; a truncated one simply ends."""
    with file.location.open("rb") as stream:
        blocks = iter(lambda: stream.read(_READ_BYTES), b"")
        if not file.is_compressed:
            yield from blocks
            return
        try:
            yield from _decompressed(blocks)
        except EOFError:
            return


def _json_chunks(file: LandingFile, inspection: Inspection) -> Iterator[Chunk]:
    is_truncated = inspection.problem is Reason.TRUNCATED_FILE
    blocks = iter([inspection.content]) if inspection.content is not None else _blocks(file)
    first = 1
    rest = b""
    for piece in _pieces(blocks):
        whole = rest + piece if rest else piece
        if first == 1:
            whole = whole.removeprefix(_BYTE_ORDER_MARK)
        end = whole.rfind(b"\n") + 1
        rest = whole[end:]
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
            damages.append(Damage(first + index, Reason.INVALID_ENCODING, line.decode(errors="replace")))
            lines[index] = b""
    return Chunk(_texts(b"\n".join(lines)), first, damages)


def _csv_chunk(content: bytes, problem: Reason | None) -> Chunk:
    """All columns as text: the contract, not a guess, gives the types. A row with too many or too few fields is damaged."""
    damages: list[Damage] = []

    def damaged(row: csv.InvalidRow) -> str:
        damages.append(Damage((row.number or 0) - 1, Reason.MALFORMED_CSV, row.text))
        return "skip"

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Chunk(_texts(b""), 1, [Damage(1, Reason.INVALID_ENCODING, "")])
    if problem is Reason.TRUNCATED_FILE:
        content = content[: content.rfind(b"\n") + 1]
    if not content.strip():
        empty = _texts(b"")
        return Chunk(empty, 1, [Damage(1, problem, "")] if problem else [])
    names = next(standard_csv.reader(io.StringIO(text)))
    if len({name.lower() for name in names}) < len(names):
        return _unreadable()
    table = csv.read_csv(
        io.BytesIO(content),
        read_options=csv.ReadOptions(use_threads=False, block_size=max(len(content), 1 << 20)),
        parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=damaged),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=True
        ),
    )
    if problem:
        damages.append(Damage(table.num_rows + len(damages) + 1, problem, ""))
    return Chunk(table, 1, damages)


def _parquet_chunk(content: bytes) -> Chunk:
    return Chunk(parquet.read_table(io.BytesIO(content)), 1)
