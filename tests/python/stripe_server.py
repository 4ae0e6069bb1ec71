"""A server with the shapes of Stripe's API, for what the stand-in of the package index lacks: lists and events page by page, lists inside
objects that have more, discounts named by id, and every way in which a server fails.

    with StripeServer() as stripe:
        stripe.objects["customers"] = [{"id": "cus_1", "object": "customer"}]
        stripe.events = [...]
        stripe.failures = [429, 500, "drop"]     # what the next requests get
        StripeAccount(name="main", key=KEY, url=stripe.url)
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "sk_test_of_nobody"
ACCOUNT = "acct_one"
SHORT_LIST = 10

StripeObject = dict[str, Any]


class StripeServer:
    """What the server has, and what it was asked. Lists come newest first, as Stripe gives them."""

    def __init__(self) -> None:
        self.objects: defaultdict[str, list[StripeObject]] = defaultdict(list)
        self.events: list[StripeObject] = []
        self.inner: dict[str, list[StripeObject]] = {}
        self.unknown: set[str] = set()
        self.forbidden: set[str] = set()
        self.failures: list[int | str] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server._answer(self)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StripeServer:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def paths(self) -> list[str]:
        """What was asked for since the last time, and forget it."""
        paths = [path for path, _ in self.asked]
        self.asked.clear()
        return paths

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path, query = urlsplit(request.path).path.removeprefix("/v1/"), urlsplit(request.path).query
        parameters = {name: values[0] for name, values in parse_qs(query).items()}
        self.asked.append((path, parameters))
        self.headers.append(dict(request.headers))
        if self.failures:
            failure = self.failures.pop(0)
            if failure == "drop":
                request.close_connection = True
                return
            if failure == "cut":
                _send(request, 200, b'{"object": "list", "data": [', length=10_000)
                request.close_connection = True
                return
            if failure == "page":
                _send(request, 200, b"<html></html>")
                return
            headers = {"Retry-After": "0"} if failure == 429 else {}
            _send(request, int(failure), b'{"error": {"message": "as planned"}}', headers)
            return
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            _send(request, 401, b'{"error": {}}')
        elif path in self.forbidden:
            _send(request, 403, b'{"error": {}}')
        else:
            found = None if path in self.unknown else self._found(path, parameters)
            _send(request, 404 if found is None else 200, json.dumps(found or {"error": {}}).encode())

    def _found(self, path: str, parameters: dict[str, str]) -> StripeObject | None:
        if path == "account":
            return {"id": ACCOUNT, "object": "account"}
        if path == "events":
            return _page(path, self.events, parameters)
        if path in self.inner:
            return _page(path, self.inner[path], parameters)
        kind, _, id_ = path.partition("/")
        if not id_:
            return _page(kind, [self._short(each) for each in self.objects[kind]], parameters)
        return next((each for each in self.objects[kind] if each["id"] == id_), None)

    def _short(self, item: StripeObject) -> StripeObject:
        return {name: shortened(value) if isinstance(value, dict) and "url" in value else value for name, value in item.items()}


def shortened(inside: StripeObject) -> StripeObject:
    """A list as it stands inside of an object: its first elements."""
    return inside | {"data": inside["data"][:SHORT_LIST], "has_more": len(inside["data"]) > SHORT_LIST}


def listed(url: str, elements: Sequence[StripeObject]) -> StripeObject:
    """A list inside of an object, with all its elements."""
    return {"object": "list", "url": url, "data": list(elements), "has_more": False}


def _page(path: str, items: Sequence[StripeObject], parameters: dict[str, str]) -> StripeObject:
    newest = sorted(items, key=lambda item: -item.get("created", 0))
    newest = [item for item in newest if item.get("created", 0) >= int(parameters.get("created[gte]", 0))]
    ids = [item["id"] for item in newest]
    start = ids.index(parameters["starting_after"]) + 1 if "starting_after" in parameters else 0
    end = start + int(parameters.get("limit", 10))
    return {"object": "list", "url": f"/v1/{path}", "data": newest[start:end], "has_more": end < len(newest)}


def _send(
    request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None, length: int | None = None
) -> None:
    request.send_response(status)
    for name, value in ({"Content-Type": "application/json", "Content-Length": str(length or len(body))} | (headers or {})).items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
