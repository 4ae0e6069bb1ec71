"""What an HTML page would fetch from a network."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# What a browser loads by itself, by element; a plain link (`a`) waits for a click.
LOADED = {
    **dict.fromkeys(("script", "img", "iframe", "source", "embed", "audio", "video", "track", "input"), "src"),
    **dict.fromkeys(("link", "base", "image", "use"), "href"),
    "object": "data",
}
REMOTE = r"(?:https?:)?//"


class References(HTMLParser):
    """Collects the addresses that a page would load by itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(LOADED.get(tag, ""))
        if address:
            self.found.append((tag, address))


def remote_references(page: str) -> list[tuple[str, str]]:
    """What the page would fetch from a network: by its elements, by those that its scripts write, and by its styles."""
    elements = [reference for reference in References(page).found if re.match(REMOTE, reference[1])]
    written = re.findall(rf"<({'|'.join(LOADED)})\b[^<>]*?\b(?:src|href|data)=\\?[\"']({REMOTE}[^\"']*)", page)
    styles = [("style", address) for address in re.findall(rf"(?:url\(|@import )\\?[\"']?({REMOTE}[^\"')]*)", page)]
    files = re.findall(rf"[\"'`]({REMOTE}[^\"'`\s]+\.(?:js|mjs|css|woff2?|ttf|png|jpe?g|gif|svg|ico))[\"'`]", page)
    return [*elements, *written, *styles, *(("string", address) for address in files)]
