"""Landing areas in an object store: the same rows as from a folder, each object read once, and clear errors."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import requests
from conftest import TEST_KEY
from landing_files import event, lines, message, stripe_event, subscription, write
from loads import ROOT, load_into, query, state
from project import Plumbline
from pyarrow import parquet
from s3_server import SECRET_ACCESS_KEY, Answer, Bucket, Server, refusal

from ingestion import files, landing
from ingestion.errors import InputError, PlumblineError, SettingsError
from ingestion.load import LoadResult


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def bucket(server: Server, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket; nothing of this machine's own AWS settings counts, and only s3fs tries again."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return server.bucket()


def load(workplace: Path, bucket: Bucket) -> LoadResult:
    """The events of the bucket, into a warehouse that holds one event already."""
    return load_into(workplace / "w.duckdb", bucket.url, "events", s3=bucket.access)["events"]


def ids(workplace: Path) -> list[str]:
    """The events that came from the bucket."""
    return [id_ for (id_,) in query(workplace / "w.duckdb", "select event_id from raw_events.events where event_id <> 'e-1' order by 1")]


def variety(folder: Path) -> Path:
    """A landing folder with every family and format, good and bad rows, whole and broken files."""
    write(folder, "events/tenant=mindmetric/2026/a.jsonl", [event(tenant_id=...), "broken", event(event_id="e-2", user_id="u-2")])
    write(folder, "events/b.jsonl.gz", [event(event_id=f"b-{number}") for number in range(300)])
    whole = gzip.compress(lines([event(event_id=f"c-{number}", user_id=f"u-{number}") for number in range(300)]), mtime=0)
    (folder / "events/c.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "events/d.jsonl.gz").write_bytes(whole[:100] + b"damage" + whole[106:])
    write(folder, "events/empty.json", b"")
    write(folder, "events/gäste & co/100%25 #1+2=3?.jsonl", [event(event_id="odd")])
    write(folder, "payments/a.jsonl", [subscription(), stripe_event(subscription(id="sub_2"), "customer.subscription.created")])
    write(folder, "payments/fx_rates/a.csv", b"date,currency,rate_to_usd\n2026-01-01,eur,1.1\n2026-01-02,eur,many\n")
    write(
        folder, "logs/raw_message/a.csv.gz", b"message_id,tenant_id,type,direction,timestamp\nm-2,one,email,inbound,2026-03-01T10:00:00Z\n"
    )
    table = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist([message(message_id=f"m-{number}") for number in range(50)]), table)
    write(folder, "logs/raw_message/b.parquet", table.getvalue())
    write(folder, "logs/no_such_table/a.json", [message()])
    return folder


def test_a_store_gives_the_rows_of_a_folder_and_is_read_once(bucket: Bucket, tmp_path: Path) -> None:
    paths = bucket.put_folder(variety(tmp_path / "landing"))
    from_folder = load_into(tmp_path / "folder.duckdb", tmp_path / "landing")
    from_store = load_into(tmp_path / "s3.duckdb", bucket.url, s3=bucket.access)
    expected = {family: replace(result, load_id=None) for family, result in from_folder.items()}
    assert {family: replace(result, load_id=None) for family, result in from_store.items()} == expected
    assert sum(len(rows) for rows in state(tmp_path / "folder.duckdb").values()) > 500
    assert state(tmp_path / "s3.duckdb") == state(tmp_path / "folder.duckdb")
    # One listing for each family, and one request for each object that is not empty.
    lists = [("LIST", f"archive/{family}/") for family in ("events", "payments", "logs")]
    assert Counter(bucket.asked) == Counter([*lists, *(("GET", path) for path in paths if path != "events/empty.json")])

    bucket.asked.clear()
    again = load_into(tmp_path / "s3.duckdb", bucket.url, s3=bucket.access)
    assert {result.load_id for result in again.values()} == {None}
    assert bucket.asked == lists


def test_an_archive_that_moves_to_a_store_loads_nothing_twice(bucket: Bucket, tmp_path: Path) -> None:
    paths = bucket.put_folder(variety(tmp_path / "landing"))
    load_into(tmp_path / "w.duckdb", tmp_path / "landing")
    before = state(tmp_path / "w.duckdb")
    for expected in (sorted(set(paths) - {"events/empty.json"}), []):
        bucket.asked.clear()
        moved = load_into(tmp_path / "w.duckdb", bucket.url, s3=bucket.access)
        assert {result.load_id for result in moved.values()} == {None}
        assert sum(result.files_unchanged or 0 for result in moved.values()) == len(paths)
        assert sorted(bucket.gets()) == expected, "what was recognised by its content is known by its stamp from then on"
    assert state(tmp_path / "w.duckdb") == before


def test_what_happens_to_objects(bucket: Bucket, workplace: Path) -> None:
    for name in ("grown", "replaced", "put-again", "deleted", "untouched"):
        bucket.put(f"events/{name}.jsonl", lines([event(event_id=f"{name}-1"), event(event_id=f"{name}-2")]))
    load(workplace, bucket)
    bucket.asked.clear()
    bucket.put("events/grown.jsonl", lines([event(event_id=f"grown-{number}") for number in (1, 2, 3)]))
    bucket.put("events/replaced.jsonl", lines([event(event_id="replaced-2"), event(event_id="replaced-4")]))
    bucket.delete("events/put-again.jsonl")
    # The store tells seconds only: another size in between tells them apart.
    bucket.put("events/put-again.jsonl", lines([event(event_id="put-again-1"), event(event_id="put-again-2")]))
    bucket.delete("events/deleted.jsonl")
    bucket.put("events/new.jsonl", lines([event(event_id="new")]))
    result = load(workplace, bucket)
    assert (result.files_read, result.files_unchanged) == (3, 2)
    assert (result.rows_read, result.rows_accepted, result.rows_duplicate) == (6, 3, 3)
    assert not {"events/untouched.jsonl", "events/deleted.jsonl"} & set(bucket.gets())
    kept = [f"{name}-{number}" for name in ("deleted", "grown", "put-again", "replaced", "untouched") for number in (1, 2)]
    assert ids(workplace) == sorted([*kept, "grown-3", "replaced-4", "new"])


def test_a_listing_of_many_pages(bucket: Bucket, workplace: Path) -> None:
    bucket.page = 3
    for number in range(20):
        bucket.put(f"events/day={number:02}/a.jsonl", lines([event(event_id=f"{number:02}")]))
    assert load(workplace, bucket).files_read == 20
    assert ids(workplace) == [f"{number:02}" for number in range(20)]
    assert bucket.asked.count(("LIST", "archive/events/")) == 7


def test_odd_keys(bucket: Bucket) -> None:
    found = ["events/a.json", "events/a.json/b.jsonl", "events/x.json/c.jsonl", "events//double.json", "events/ ä%2F%20+?#&=.jsonl"]
    markers = ["", "events", "payments", "events/", "events/x.json/", "events/2026/", "eventsful/a.json"]
    hidden = ["events/.a.json", "events/_b.json", "events/_tmp/c.json", "events/.git/d.json", "_events/a.json"]
    for path in (*found, *hidden, "events/notes.txt"):
        bucket.put(path, path.encode())
    for path in markers:
        bucket.put(path, b"")
    area = landing.open_landing(bucket.url, bucket.access)
    assert sorted(file.path for file in area.find("events")) == sorted([*found, "events/notes.txt"])
    listed = files.list_files(area, "events")
    assert sorted(file.path for file in listed) == sorted(found)
    for file in listed:
        with file.open() as stream:
            assert stream.read() == file.path.encode()
    assert files.list_files(area, "payments") == []
    assert files.list_files(area, "logs") == []
    assert area.name == bucket.url


def told(error: pytest.ExceptionInfo[PlumblineError], *words: str) -> None:
    """A clear error, without secrets, and without an error of the driver as its text."""
    text = f"{error.value.message} {error.value.remedy}"
    assert "\n" not in text
    assert error.value.remedy
    for word in words:
        assert word in text
    for secret in (SECRET_ACCESS_KEY, "the-key-of-the-store", "hidden-word"):
        assert secret not in text


def test_errors_of_the_address_say_what_to_do(bucket: Bucket, workplace: Path) -> None:
    before = state(workplace / "w.duckdb")

    def failure(kind: type[PlumblineError], address: str, access: landing.S3Access = bucket.access) -> pytest.ExceptionInfo[PlumblineError]:
        with pytest.raises(kind) as raised:
            load_into(workplace / "w.duckdb", address, s3=access)
        return raised

    told(failure(InputError, "s3://nobodys-bucket/archive"), "There is no landing area s3://nobodys-bucket/archive")
    told(failure(InputError, f"{bucket.url}/nothing"), "There are no files to load", "events/")
    unreachable = replace(bucket.access, endpoint_url="http://127.0.0.1:9")
    told(failure(InputError, bucket.url, unreachable), "EndpointConnectionError", "PLUMBLINE_S3_ENDPOINT_URL")
    told(failure(SettingsError, bucket.url, replace(bucket.access, endpoint_url="127.0.0.1:9")), "PLUMBLINE_S3_ENDPOINT_URL")
    told(failure(SettingsError, bucket.url, replace(bucket.access, secret_access_key=None)), "PLUMBLINE_S3_SECRET_ACCESS_KEY")
    told(failure(InputError, bucket.url, landing.S3Access(bucket.access.endpoint_url)), "NoCredentialsError", "credentials")
    told(failure(SettingsError, "s3://someone:hidden-word@bucket/archive"), "s3://bucket/archive holds credentials")
    told(failure(SettingsError, "nostore://bucket"), "nostore://")
    told(failure(SettingsError, "gs://bucket?token=hidden-word"), "gs://", "gcsfs")
    assert SECRET_ACCESS_KEY not in repr(bucket.access)
    assert state(workplace / "w.duckdb") == before


def test_refused_credentials(bucket: Bucket, server: Server, workplace: Path) -> None:
    bucket.put("events/a.jsonl", lines([event()]))
    requests.post(f"{server.address}/moto-api/reset-auth", data=b"0", timeout=10)
    try:
        with pytest.raises(InputError) as raised:
            load(workplace, bucket)
    finally:
        requests.post(f"{server.address}/moto-api/reset-auth", data=b"inf", timeout=10)
    told(raised, f"The store refuses access to {bucket.url}", "access key")

    def refuse(environ: dict[str, Any], start_response: Any) -> Answer | None:
        is_read = "list-type" not in environ["QUERY_STRING"]
        return refusal(start_response, "403 Forbidden", "AccessDenied") if is_read else None

    bucket.hook = refuse
    with pytest.raises(InputError) as raised:
        load(workplace, bucket)
    told(raised, "The store refuses access to events/a.jsonl")


def test_the_command_takes_its_access_from_the_settings(bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("events/a.jsonl", lines([event(tenant_id="mindmetric")]))
    plumbline = Plumbline(tmp_path, key=TEST_KEY)
    address, key = str(bucket.access.endpoint_url), str(bucket.access.access_key_id)
    aws = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY, "AWS_DEFAULT_REGION": "us-east-1"}
    printed = plumbline.run("load", "--from", bucket.url, PLUMBLINE_S3_ENDPOINT_URL=address, **aws)
    assert "events" in printed
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt" / "secrets.toml").write_text(
        f'[plumbline]\nlanding = "{bucket.url}"\ns3_endpoint_url = "{address}"\ns3_access_key_id = "{key}"\n'
        f's3_secret_access_key = "{SECRET_ACCESS_KEY}"\ns3_region = "us-east-1"\n'
    )
    bucket.put("events/b.jsonl", lines([event(tenant_id="mindmetric", event_id="e-2")]))
    plumbline.run("load")
    assert query(plumbline.database, "select event_id from raw_events.events order by event_id") == [("e-1",), ("e-2",)]

    bucket.hook = lambda _, start_response: refusal(start_response, "403 Forbidden", "SignatureDoesNotMatch")
    refused = plumbline.attempt("load")
    assert refused.returncode == 4
    assert "The store refuses access" in refused.stderr
    assert "What to do:" in refused.stderr
    assert not [word for word in (SECRET_ACCESS_KEY, key, "Traceback") if word in refused.stderr + refused.stdout]


BLOCK_BYTES = 20_000
OLD, NEW = (lines([event(event_id=f"{version}-{number:04}") for number in range(300)]) for version in ("old", "new"))
BLOCKS = -(-len(OLD) // BLOCK_BYTES)


def changing(bucket: Bucket, at_request: int, monkeypatch: pytest.MonkeyPatch, *, is_deleted: bool = False) -> None:
    """An object of several blocks that is replaced, by one of the same size, or deleted, just before one of the requests for it."""
    monkeypatch.setattr(landing, "_BLOCK_BYTES", BLOCK_BYTES)
    bucket.put("events/b.jsonl", OLD)
    lock = threading.Lock()
    requests_for_it = 0

    def change(environ: dict[str, Any], _: object) -> None:
        nonlocal requests_for_it
        if "b.jsonl" in environ["RAW_URI"]:
            with lock:
                requests_for_it += 1
                if requests_for_it == at_request:
                    bucket.delete("events/b.jsonl") if is_deleted else bucket.put("events/b.jsonl", NEW)

    bucket.hook = change


@pytest.mark.parametrize("is_deleted", [False, True], ids=["replaced", "deleted"])
@pytest.mark.parametrize("at_request", [1, 2, BLOCKS], ids=["after the listing", "between two blocks", "before the last block"])
def test_an_object_that_changes_while_it_is_read(
    bucket: Bucket, at_request: int, is_deleted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing(bucket, at_request, monkeypatch, is_deleted=is_deleted)
    (file,) = files.list_files(landing.open_landing(bucket.url, bucket.access), "events")
    with pytest.raises(InputError) as raised:
        files.inspect(file)
    told(raised, "events/b.jsonl was changed while it was read", "Load again")


def test_an_object_that_changes_between_its_two_readings(bucket: Bucket, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CHUNK_BYTES", 10_000)
    monkeypatch.setattr("ingestion.load.CHUNK_BYTES", 10_000)
    before = state(workplace / "w.duckdb")
    bucket.put("events/a.jsonl", lines([event(event_id="a")]))
    changing(bucket, 2 * BLOCKS, monkeypatch)
    with pytest.raises(InputError) as raised:
        load(workplace, bucket)
    told(raised, "events/b.jsonl was changed while it was read", "Load again")
    assert state(workplace / "w.duckdb") == before

    bucket.hook = None
    assert load(workplace, bucket).rows_accepted == 301
    assert ids(workplace) == ["a", *(f"new-{number:04}" for number in range(300))]


def test_an_error_that_passes_is_not_noticed(bucket: Bucket, workplace: Path) -> None:
    content = lines([event(event_id=f"{number:04}") for number in range(500)])
    bucket.put("events/a.jsonl", content)
    failures = [busy, cut_short, busy]
    bucket.hook = lambda environ, start_response: failures.pop(0)(environ, start_response) if failures else None
    assert load(workplace, bucket).rows_accepted == 500
    assert failures == []
    assert len(ids(workplace)) == 500
    assert query(workplace / "w.duckdb", "select count(*) from raw_quarantine.rejected_rows") == [(0,)]


def busy(_: dict[str, Any], start_response: Any) -> Answer:
    return refusal(start_response, "503 Slow Down", "SlowDown")


def cut_short(environ: dict[str, Any], start_response: Any) -> Answer:
    """An answer that ends before its time."""
    start_response("200 OK", [("Content-Length", "100000"), ("ETag", '"none"')])
    return [b"<" if "list-type" in environ["QUERY_STRING"] else b'{"event_id": "half']


def test_an_error_that_stays_ends_the_load_and_nothing_is_visible(bucket: Bucket, workplace: Path) -> None:
    for name in ("a", "b"):
        bucket.put(f"events/{name}.jsonl", lines([event(event_id=name)]))
    load(workplace, bucket)
    before = state(workplace / "w.duckdb")
    for name in ("c", "d"):
        bucket.put(f"events/{name}.jsonl", lines([event(event_id=name)]))
    bucket.hook = lambda environ, start_response: busy(environ, start_response) if "d.jsonl" in environ["RAW_URI"] else None
    with pytest.raises(InputError) as raised:
        load(workplace, bucket)
    told(raised, "events/d.jsonl cannot be read (OSError)", "load again")
    assert state(workplace / "w.duckdb") == before
    bucket.hook = None
    assert load(workplace, bucket).rows_accepted == 2
    assert ids(workplace) == ["a", "b", "c", "d"]


def test_objects_are_read_side_by_side(bucket: Bucket, workplace: Path) -> None:
    together = threading.Barrier(12, timeout=30)
    for number in range(24):
        bucket.put(f"events/{number:02}.jsonl", lines([event(event_id=f"{number:02}")]))

    def wait(environ: dict[str, Any], _: object) -> None:
        if "list-type" not in environ["QUERY_STRING"]:
            together.wait()

    bucket.hook = wait
    assert load(workplace, bucket).files_read == 24
    assert ids(workplace) == [f"{number:02}" for number in range(24)]


MEMORY = """
import json, sys, tracemalloc
from ingestion import files, landing
files.CHUNK_BYTES = 1 << 20
area = landing.open_landing(sys.argv[1], landing.S3Access(*sys.argv[2:]))
told = []
tracemalloc.start()
for file in files.list_files(area, "events"):
    tracemalloc.reset_peak()
    inspection = files.inspect(file)
    rows = sum(len(chunk.records) for chunk in files.chunks(file, inspection))
    told.append((rows, tracemalloc.get_traced_memory()[1] >> 20))
print(json.dumps(told))
"""


def test_a_large_object_is_never_held_as_a_whole(bucket: Bucket) -> None:
    line = lines([event(note="x" * 1000)])
    counts = [40_000, 100_000]
    for number, count in enumerate(counts):
        bucket.put(f"events/{number}.jsonl", line * count)
    access = bucket.access
    arguments = [bucket.url, access.endpoint_url, access.access_key_id, access.secret_access_key, access.region]
    command = [sys.executable, "-c", MEMORY, *map(str, arguments)]
    finished = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    (smaller, smaller_megabytes), (larger, larger_megabytes) = json.loads(finished.stdout)
    assert [smaller, larger] == counts
    assert larger_megabytes < smaller_megabytes + 8, "in megabytes, of objects of 45 and 113"
    assert larger_megabytes < 64
