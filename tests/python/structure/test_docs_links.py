"""Links in the documentation lead somewhere, and no file tells of the machine that it was written on."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from project import ROOT

PAGES = sorted(
    [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md")), *(ROOT / "docs").rglob("*.md")]
)

CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)

# Spelled so that this file does not hold what it looks for.
LEFT_BEHIND = {
    "a path of a machine": re.compile(r"(?<![\w.])/(?:w[o]rk|tm[p]/wt|ro[o]t|hom[e]/\w+)/"),
    "a placeholder": re.compile(r"@[@]|\bTO[D]O\b|\bFIXM[E]\b|\bTB[D]\b|lorem ips[u]m", re.IGNORECASE),
}


def links(markdown: str) -> list[str]:
    """The targets of the links and images of a page, without those in code and those that lead to another site."""
    found = [inline or reference for inline, reference in LINK.findall(CODE.sub("", markdown))]
    return [target for target in found if not SCHEME.match(target)]


def anchors(markdown: str) -> set[str]:
    """The anchors of a page as code hosts make them: lower case, without punctuation, repeated ones numbered."""
    found: set[str] = set(ANCHOR.findall(markdown))
    # A heading in code is none, but code in a heading is part of it.
    for heading in HEADING.findall(re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number = next(number for number in range(1000) if (f"{slug}-{number}" if number else slug) not in found)
        found.add(f"{slug}-{number}" if number else slug)
    return found


@cache
def anchors_of(page: Path) -> set[str]:
    return anchors(page.read_text())


def broken_links(page: Path) -> list[str]:
    """The links of a page whose file or anchor does not exist."""
    broken = []
    for target in links(page.read_text()):
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        is_found = file.exists() and file.is_relative_to(ROOT)
        if not is_found or (anchor and file.suffix == ".md" and anchor not in anchors_of(file)):
            broken.append(target)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_anchors_that_exist(page: Path) -> None:
    assert broken_links(page) == []


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "[a](b.md#c) ![d](e.svg) [web](https://example.com) `[code](f.md)`\n\n[r]: g.md\n"
    page = f"# Why `x` is, and\n## Two\n## Two\n{text}```\n# no\n[h](i)\n```\n"
    assert links(page) == ["b.md#c", "e.svg", "g.md"]
    assert anchors(page) == {"why-x-is-and", "two", "two-1"}


def test_every_page_of_the_documentation_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = {(page.parent / unquote(target).partition("#")[0]).resolve() for target in links(page.read_text())}
        waiting += [target for target in targets if target.suffix == ".md" and target.exists() and target not in reached]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in reached] == []


def test_no_file_holds_a_path_of_a_machine_or_a_placeholder() -> None:
    git = shutil.which("git")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False) if git else None
    if listed is None or listed.returncode:
        pytest.skip("this copy of the project is not under version control")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    found = [
        f"{file.relative_to(ROOT)}:{number} holds {what}"
        for file in files
        if file.is_file()
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1)
        for what, pattern in LEFT_BEHIND.items()
        if pattern.search(line)
    ]
    assert len(files) > 100
    assert found == []
