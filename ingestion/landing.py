"""The landing area: a folder, or a bucket or any other store that fsspec has a driver for.

    landing = open_landing("s3://bucket/prefix", S3Access(endpoint_url="http://localhost:9000"))
    for found in landing.find("events"):
        with found.open() as stream:
            ...

A file is known by its path below the landing area, which is the same in a folder and in a store, and by a stamp, which
differs after every write. Both come from the listing: no file is asked about one by one, and only one with a new stamp is read.

An object that is replaced while it is read would be a mixture of two. S3 is asked for the content that was listed and no other;
of other stores the stamps before the first byte and after the last are compared. Either way the load ends with an error, and
nothing of it is visible. A folder's files are read as they are: a file that is being appended to gives what it holds so far.

Errors are `PlumblineError`s. They name no credentials, and of a driver's own error only its kind.
"""

from __future__ import annotations

import errno
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from os import DirEntry, fsencode, scandir, stat_result
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ingestion.contracts import Family
from ingestion.errors import InputError, PlumblineError, SettingsError
from ingestion.privacy import shown_path

# What a store may say of an object that is another after a write: a checksum, a version, or a time.
_MARKS = (
    *("ETag", "etag", "md5Hash", "sha", "generation", "VersionId", "version_id"),
    *("LastModified", "last_modified", "last_write_time", "modified", "modify", "updated", "mtime", "created"),
)
_BLOCK_BYTES = 8 << 20


@dataclass(frozen=True)
class Found:
    """A file of the landing area: its path below it, with forward slashes, its stamp, its size in bytes, and how to open it."""

    path: str
    stamp: str
    size: int
    open: Callable[[], AbstractContextManager[BinaryIO]] = field(compare=False)


class Landing(Protocol):
    """A landing area. `name` is for people; `readers` is how many files are best read at once."""

    name: str
    readers: int

    def find(self, family: Family) -> Iterator[Found]:
        """The files of a family in no order, without those that are hidden. Raises InputError."""


@dataclass(frozen=True)
class S3Access:
    """How to reach S3, or a store that speaks like it. What is None comes from the usual AWS variables, files or roles."""

    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    region: str | None = None

    def options(self) -> dict[str, Any]:
        """The options of s3fs. Raises SettingsError."""
        if self.endpoint_url and not self.endpoint_url.startswith(("http://", "https://")):
            raise SettingsError(
                "The address of the object store is no http:// or https:// address.",
                "Set PLUMBLINE_S3_ENDPOINT_URL to its address, for instance http://localhost:9000, or leave it empty for AWS.",
            )
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise SettingsError(
                "Of the object store's access key and its secret only one is set.",
                "Set PLUMBLINE_S3_ACCESS_KEY_ID and PLUMBLINE_S3_SECRET_ACCESS_KEY, or neither: then AWS_ACCESS_KEY_ID and its like count.",
            )
        return {
            "endpoint_url": self.endpoint_url,
            "key": self.access_key_id,
            "secret": self.secret_access_key,
            "client_kwargs": {"region_name": self.region} if self.region else {},
            "config_kwargs": {"max_pool_connections": 2 * _Bucket.readers},
            # Each answer is held against what was listed, and refused when it is of another content.
            "local_expiry_check": True,
        }


def open_landing(address: str | Path, s3: S3Access | None = None) -> Landing:
    """The landing area at a folder's path or an fsspec URL. Raises InputError, SettingsError."""
    if "://" not in str(address):
        return _Folder(Path(address))
    # Drivers take their time to import: loads of folders do not wait for them.
    from fsspec.core import split_protocol, url_to_fs
    from fsspec.implementations.local import LocalFileSystem

    scheme = str(split_protocol(str(address))[0])
    name = _shown(str(address))
    if name != str(address).partition("?")[0]:
        raise SettingsError(
            f"The address of the landing area {name} holds credentials.",
            "Leave them out of it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what the driver of that store reads.",
        )
    is_s3 = scheme in ("s3", "s3a")
    options: dict[str, Any] = (s3 or S3Access()).options() if is_s3 else {}
    try:
        store, root = url_to_fs(str(address), use_listings_cache=False, skip_instance_cache=True, **options)
    except (ImportError, ValueError) as error:
        raise SettingsError(
            f"There is no driver for landing areas such as {scheme}://.",
            "Name a folder or an s3:// address, or install the fsspec driver of that store beside Plumbline (gcsfs for gs://, adlfs for az://).",
        ) from error
    if isinstance(store, LocalFileSystem):
        return _Folder(Path(root))
    return _Bucket(store, root, name) if is_s3 else _Store(store, root, name)


class _Folder:
    """A folder of this machine."""

    # Unpacking is work for the processor, of which the database needs the rest.
    readers = 2

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise InputError(f"There is no landing folder {folder}.", "Name the folder of the raw files with --from or PLUMBLINE_LANDING.")
        self.name = str(folder)
        self._folder = folder

    def find(self, family: Family) -> Iterator[Found]:
        """Links to files are followed. Links to folders are not: they may lead in a circle, or to files that are listed already."""
        folder = self._folder / family
        return self._below(str(folder), family) if folder.is_dir() else iter(())

    def _below(self, folder: str, path: str) -> Iterator[Found]:
        with _reading(path):
            entries = [entry for entry in scandir(folder) if not _is_hidden(entry.name)]
        for entry in entries:
            below = f"{path}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(entry.path, below)
                continue
            with _reading(below):
                status = _status(entry)
            if status and stat.S_ISREG(status.st_mode):
                if not _is_utf8(below):
                    raise InputError(f"The name of the file {fsencode(below)!r} is not UTF-8.", "Rename it, then load again.")
                stamp = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
                yield Found(below, stamp, status.st_size, partial(_open_file, entry.path, below))


@contextmanager
def _open_file(location: str, path: str) -> Iterator[BinaryIO]:
    with _reading(path), Path(location).open("rb") as stream:
        yield stream


@contextmanager
def _reading(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{shown_path(path)} cannot be read: {error.strerror}.", "Check its permissions, then load again.") from error


def _status(entry: DirEntry[str]) -> stat_result | None:
    """None for a link that leads nowhere, and for a file that went away."""
    try:
        return entry.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return None
        raise


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Store:
    """A store that fsspec has a driver for."""

    # An answer takes its time, which is waited for here and not by the processor.
    readers = 16

    def __init__(self, store: Any, root: str, name: str) -> None:
        self.name = name
        self._store = store
        self._root = root.rstrip("/")

    def find(self, family: Family) -> Iterator[Found]:
        """One listing of all that is below the family's folder. An object whose name ends with a slash stands for a folder."""
        with self._explained():
            try:
                listed = self._list(family)
            except FileNotFoundError as error:
                if not self._store.exists(self._root):
                    raise InputError(
                        f"There is no landing area {self.name}.",
                        "Check the names of bucket and folder in --from or PLUMBLINE_LANDING, and, for a store of your own, "
                        "PLUMBLINE_S3_ENDPOINT_URL.",
                    ) from error
                listed = {}
        for key, facts in listed.items():
            path = key.removeprefix(f"{self._root}/")
            is_file = facts["type"] == "file" and path.startswith(f"{family}/") and not path.endswith("/")
            if is_file and not any(map(_is_hidden, path.split("/"))):
                yield Found(path, self._stamp(facts), facts["size"], partial(self._open, path, facts))

    def _list(self, family: Family) -> dict[str, dict[str, Any]]:
        listed: dict[str, dict[str, Any]] = self._store.find(f"{self._root}/{family}", detail=True)
        return listed

    @contextmanager
    def _open(self, path: str, facts: dict[str, Any]) -> Iterator[BinaryIO]:
        """Facts are compared with facts that were asked for in the same way: a listing may tell the same ones in another form."""
        with self._explained(path):
            before = self._store.info(facts["name"])
            with self._store.open(facts["name"], "rb") as stream:
                yield stream
            if self._stamp(self._store.info(facts["name"])) != self._stamp(before):
                raise changed(path)

    def _stamp(self, facts: dict[str, Any]) -> str:
        marks = [str(facts[mark]).strip('"') for mark in _MARKS if facts.get(mark)]
        if not marks:
            raise InputError(
                f"The store of {self.name} tells neither a checksum nor a time of its files: a changed one would go unnoticed.",
                "Copy the files to a folder or an object store, and load from there.",
            )
        return "-".join((str(facts["size"]), *marks))

    @contextmanager
    def _explained(self, path: str = "") -> Iterator[None]:
        """Errors of the driver as errors that a user can act on. Drivers raise whatever the libraries below them do."""
        try:
            yield
        except PlumblineError:
            raise
        except PermissionError as error:
            raise InputError(
                f"The store refuses access to {shown_path(path) or self.name}.",
                "Check the access key and its secret, and that they may list and read the landing area.",
            ) from error
        except Exception as error:
            if path and self._is_gone(error):
                raise changed(path) from error
            raise InputError(
                f"{shown_path(path) or self.name} cannot be read ({type(error).__name__}); nothing of it is loaded.",
                "Check the network, the credentials and, for a store of your own, PLUMBLINE_S3_ENDPOINT_URL; then load again.",
            ) from error

    def _is_gone(self, error: Exception) -> bool:
        return isinstance(error, FileNotFoundError)


class _Bucket(_Store):
    """A bucket of S3, or of a store that speaks like it."""

    def _list(self, family: Family) -> dict[str, dict[str, Any]]:
        listed: dict[str, dict[str, Any]] = self._store.find(self._root, prefix=f"{family}/", detail=True)
        return listed

    @contextmanager
    def _open(self, path: str, facts: dict[str, Any]) -> Iterator[BinaryIO]:
        ahead = {"cache_type": "background", "block_size": _BLOCK_BYTES, "cache_options": {"maxblocks": 2}}
        with self._explained(path), self._store.open(facts["name"], "rb", size=facts["size"], **ahead) as stream:
            # What was listed is what is read; s3fs would ask once more, and take what is there by then.
            stream.details = facts
            yield stream

    def _is_gone(self, error: Exception) -> bool:
        from s3fs.utils import FileExpired

        return isinstance(error, FileNotFoundError | FileExpired)


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "_"))


def changed(path: str) -> InputError:
    """The error of a file that is not any more what was read of it before."""
    return InputError(
        f"{shown_path(path)} was changed while it was read; nothing of this load is visible.", "Load again when nobody writes to it."
    )


def _shown(address: str) -> str:
    """The address without what may be a secret in it."""
    return re.sub(r"//[^/@]*@", "//", address).partition("?")[0]
