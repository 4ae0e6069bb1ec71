"""What counts as a file of the landing area, in a folder and in stores of other kinds, and files that change while they are read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from landing_files import Processed, event, lines, message, write
from loads import load_into, query, state

from ingestion import files, landing
from ingestion.errors import InputError
from ingestion.files import chunks, inspect, list_files
from ingestion.landing import open_landing


def paths(area: str | Path) -> list[str]:
    return [file.path for file in list_files(open_landing(area), "events")]


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """The store that fsspec keeps in memory, empty."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    yield store
    store.store.clear()


def test_oddities_of_a_folder(tmp_path: Path) -> None:
    area = tmp_path / "landing"
    found = ["events/a.json", "events/x.json/b.jsonl", "events/ä%2F%20 +?#&=.jsonl", "events/new\nline.json"]
    for path in (
        *found,
        "events/.a.json",
        "events/_b.json",
        "events/.git/c.json",
        "events/_tmp/d.json",
        "events/notes.txt",
        "other/e.json",
    ):
        write(area, path, [event()])
    elsewhere = write(tmp_path, "elsewhere/f.json", [event()])
    (area / "events/empty.json").mkdir()
    (area / "events/linked.json").symlink_to(elsewhere)
    (area / "events/linked folder").symlink_to(elsewhere.parent)
    (area / "events/circle").symlink_to(area / "events")
    (area / "events/circle.json").symlink_to(area / "events/circle.json")
    (area / "events/broken.json").symlink_to(tmp_path / "nowhere.json")
    os.mkfifo(area / "events/pipe.json")
    assert sorted(paths(area)) == sorted([*found, "events/linked.json"])
    assert paths(f"file://{area}") == paths(area)
    assert Processed(area, "events").files["events/linked.json", "events"]["rows_accepted"] == 1


def test_a_family_may_lie_elsewhere_and_may_be_missing(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/a.json", [event()])
    (tmp_path / "landing").mkdir()
    assert paths(tmp_path / "landing") == []
    (tmp_path / "landing/events").symlink_to(tmp_path / "elsewhere")
    assert paths(tmp_path / "landing") == ["events/a.json"]


def test_files_are_in_the_order_of_their_folders(tmp_path: Path) -> None:
    for path in ("events/a-b/1.json", "events/a/2.json", "events/a.json", "events/a/10.json"):
        write(tmp_path, path, b"")
    assert paths(tmp_path) == ["events/a/10.json", "events/a/2.json", "events/a-b/1.json", "events/a.json"]


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "events/closed/a.json", [event()])
    scandir = os.scandir

    def refuse(folder: str) -> object:
        if folder.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(landing, "scandir", refuse)
    with pytest.raises(InputError, match="events/closed cannot be read: Permission denied"):
        paths(tmp_path)


def test_a_name_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "events/a.json", [event()])
    (tmp_path / "events/a.json").rename(tmp_path / os.fsdecode(b"events/\xff.json"))
    with pytest.raises(InputError, match=r"events/\\xff\.json.* is not UTF-8"):
        paths(tmp_path)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_large_file_that_is_replaced_between_its_two_readings_is_an_error(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "CHUNK_BYTES", 1000)
    write(tmp_path, f"events/{name}", [event(event_id=f"old-{number}") for number in range(100)])
    (file,) = list_files(open_landing(tmp_path), "events")
    inspection = inspect(file)
    assert inspection.content is None
    write(tmp_path, f"events/{name}", [event(event_id=f"new-{number}") for number in range(100)])
    with pytest.raises(InputError, match=f"events/{name} was changed while it was read"):
        list(chunks(file, inspection))


def test_a_large_file_that_grows_between_its_two_readings_is_read_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK_BYTES", 1000)
    location = write(tmp_path, "events/a.jsonl", [event(event_id=f"{number}") for number in range(100)])
    (file,) = list_files(open_landing(tmp_path), "events")
    inspection = inspect(file)
    with location.open("ab") as stream:
        stream.write(lines([event(event_id="more")] * 50))
    assert sum(len(chunk.records) for chunk in chunks(file, inspection)) == 100


def test_any_store_that_fsspec_knows(memory: fsspec.AbstractFileSystem, workplace: Path) -> None:
    database = workplace / "w.duckdb"
    memory.pipe("/archive/events/year=2026/a.jsonl", lines([event(event_id="a")]))
    memory.pipe("/archive/logs/raw_message/a.jsonl", lines([message(message_id="a")]))
    first = load_into(database, "memory://archive", "events", "logs")
    assert {family: result.rows_accepted for family, result in first.items()} == {"events": 1, "logs": 1}
    before = state(database)
    assert {result.load_id for result in load_into(database, "memory://archive", "events", "logs").values()} == {None}
    assert state(database) == before
    memory.pipe("/archive/events/year=2026/a.jsonl", lines([event(event_id="a"), event(event_id="b")]))
    result = load_into(database, "memory://archive", "events")["events"]
    assert (result.rows_accepted, result.rows_duplicate) == (1, 1)
    assert query(database, "select event_id, path from raw_events.events join raw_events.load_files using (file_id) order by all") == [
        ("a", "events/year=2026/a.jsonl"),
        ("b", "events/year=2026/a.jsonl"),
        ("e-1", "events/year=2026/month=03/day=01/a.jsonl"),
    ]


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_file_of_any_store_that_changes_while_it_is_read_is_an_error(memory: fsspec.AbstractFileSystem, is_deleted: bool) -> None:
    memory.pipe("/archive/events/a.jsonl", lines([event()]))
    (file,) = list_files(open_landing("memory://archive"), "events")
    with pytest.raises(InputError, match="was changed while it was read"), file.open() as stream:  # noqa: PT012
        stream.read()
        memory.rm("/archive/events/a.jsonl") if is_deleted else memory.pipe("/archive/events/a.jsonl", lines([event()]))


def test_a_store_that_tells_no_change_is_refused(memory: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/archive/events/a.jsonl", lines([event()]))
    listed = {"/archive/events/a.jsonl": {"name": "/archive/events/a.jsonl", "type": "file", "size": 9}}
    monkeypatch.setattr(type(memory), "find", lambda *_, **__: listed)
    with pytest.raises(InputError, match="a changed one would go unnoticed"):
        paths("memory://archive")
