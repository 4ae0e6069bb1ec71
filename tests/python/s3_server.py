"""A store that speaks S3, in this process: it tells what it was asked, and fails on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from ingestion.landing import S3Access

SECRET_ACCESS_KEY = "the-secret-of-the-store"
Answer = Iterable[bytes]
# Called with the WSGI environment and what answers it otherwise; returns an answer of its own, or None.
Hook = Callable[[dict[str, Any], Any], Answer | None]


class Bucket:
    """A bucket of its own on the server.

    asked   every request for objects since it was last cleared: ("LIST", prefix) or (method, key)
    hook    asked before each answer; see `Hook`
    page    how many objects a listing tells at once; None leaves it to the server
    """

    def __init__(self, address: str, name: str) -> None:
        self.name = name
        self.access = S3Access(address, "the-key-of-the-store", SECRET_ACCESS_KEY, "us-east-1")
        self.asked: list[tuple[str, str]] = []
        self.hook: Hook | None = None
        self.page: int | None = None
        self.is_watched = True
        self._client = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id=self.access.access_key_id,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            region_name="us-east-1",
        )
        self._client.create_bucket(Bucket=name)

    @property
    def url(self) -> str:
        return f"s3://{self.name}/archive"

    def put(self, path: str, content: bytes) -> None:
        """Write an object; `path` is that below the landing area."""
        with self._unwatched():
            self._client.put_object(Bucket=self.name, Key=f"archive/{path}" if path else "archive", Body=content)

    def delete(self, path: str) -> None:
        with self._unwatched():
            self._client.delete_object(Bucket=self.name, Key=f"archive/{path}")

    def put_folder(self, folder: Path) -> list[str]:
        """Write all that is in a folder; returns the paths."""
        paths = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
        for path in paths:
            self.put(path, (folder / path).read_bytes())
        return paths

    def gets(self) -> list[str]:
        """The paths of the objects that were read, once for each request."""
        return [path for method, path in self.asked if method == "GET"]

    @contextmanager
    def _unwatched(self) -> Iterator[None]:
        """What the test itself does is not recorded and does not fail."""
        was, self.is_watched = self.is_watched, False
        try:
            yield
        finally:
            self.is_watched = was


class Server:
    """The server; buckets on it are made by `bucket`."""

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self._buckets: dict[str, Bucket] = {}
        self.address = f"http://127.0.0.1:{self._server.port}"

    def bucket(self) -> Bucket:
        bucket = Bucket(self.address, f"bucket-{len(self._buckets)}")
        self._buckets[bucket.name] = bucket
        return bucket

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Answer:
        # The raw address: a decoded one could not tell %2F from /.
        path, _, query = environ["RAW_URI"].partition("?")
        name, _, key = path.lstrip("/").partition("/")
        bucket = self._buckets.get(name)
        if bucket and bucket.is_watched:
            if "list-type=2" in query:
                prefix = next(part.removeprefix("prefix=") for part in query.split("&") if part.startswith("prefix="))
                bucket.asked.append(("LIST", unquote(prefix)))
                if bucket.page:
                    environ["QUERY_STRING"] += f"&max-keys={bucket.page}"
            else:
                bucket.asked.append((environ["REQUEST_METHOD"], unquote(key).removeprefix("archive/")))
            answer = bucket.hook(environ, start_response) if bucket.hook else None
            if answer is not None:
                return answer
        answered: Answer = self._application(environ, start_response)
        return answered


def refusal(start_response: Any, status: str, code: str) -> Answer:
    """The answer of a store that refuses."""
    start_response(status, [("Content-Type", "application/xml")])
    return [f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'.encode()]
