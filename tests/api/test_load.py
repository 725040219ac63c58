"""Two hundred clients while cycles replace the data and the store fails: every answer is whole, none is an error."""

import asyncio
import hashlib
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import boto3
import httpx
import psutil
import pytest

from dev.process_signals import find_children
from include.storage.keys import READINGS, SUMMARIES
from tests.api.test_fuzz import served
from tests.aws import KEYS, moto
from tests.e2e.gate import Gate


@dataclass(frozen=True)
class Load:
    """How many clients ask, and for how long at least."""

    clients: int
    seconds: int

    @property
    def enough(self) -> int:
        """Answers to go on for, however slow the machine."""
        return 3 * self.clients


SHORT: Final = Load(clients=50, seconds=3)
LONG: Final = Load(clients=200, seconds=60)
PATIENCE: Final = 60.0
"""Seconds more that clients may ask for until they have seen what they wait for: a slow machine, or bad luck."""
PATHS: Final = ("/api/snapshot", "/api/current", "/api/wind", "/api/co2", "/api/demand", "/api/catalogue")
AWS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}


@dataclass
class Store:
    """A bucket behind a gate, whose summaries a writer replaces again and again."""

    gate: Gate
    client: Any
    bucket: str
    documents: dict[str, dict[str, Any]]
    cycle: int = 0

    def write(self) -> None:
        """The next cycle: its number stands at the start and at the end of each summary, and in each part of it."""
        self.cycle += 1
        for key, document in self.documents.items():
            marked = {"cycle": self.cycle, **document, "again": self.cycle}
            if "areas" in document and isinstance(document["areas"], dict):
                marked["areas"] = {name: area | {"cycle": self.cycle} for name, area in document["areas"].items()}
            self.client.put_object(Bucket=self.bucket, Key=f"grid/{key}", Body=json.dumps(marked).encode())


@pytest.fixture
def store(filled_once: Path) -> Iterator[Store]:
    with moto() as address:
        gate = Gate(address)
        client = boto3.client("s3", endpoint_url=address, **KEYS)
        # moto's servers share one memory: each test has a bucket of its own.
        bucket = f"load-{uuid.uuid4().hex[:12]}"
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        files = (filled_once / SUMMARIES).rglob("latest.json")
        documents = {str(file.relative_to(filled_once)): json.loads(file.read_bytes()) for file in files}
        store = Store(gate, client, bucket, documents)
        store.write()
        yield store
        gate.close()
        client.close()


@dataclass
class Seen:
    """What the clients got."""

    enough: int
    """Answers to go on for."""
    answers: int = 0
    unmodified: int = 0
    wrong: list[str] = field(default_factory=list)
    resets: int = 0
    """Connections that the server closed for having rested, just as they were used again."""
    cycles: set[int] = field(default_factory=set)

    def go_on(self, until: float, *, cycles: int) -> bool:
        """Whether it is not yet the time, or fewer cycles or answers have come through than the test looks for."""
        now = time.monotonic()
        too_few = len(self.cycles) < cycles or self.answers <= self.enough or not self.unmodified
        return now < until or (too_few and now < until + PATIENCE)


async def _client(http: httpx.AsyncClient, number: int, until: float, cycles: int, seen: Seen) -> None:
    path, etag, newest = PATHS[number % len(PATHS)], "", 0
    while seen.go_on(until, cycles=cycles):
        try:
            answer = await http.get(path, headers={"If-None-Match": etag} if number % 2 else {})
        except (httpx.ReadError, httpx.RemoteProtocolError):
            # On a busy machine two hundred clients in one thread rest for longer than they know. Any client asks again.
            seen.resets += 1
            continue
        seen.answers += 1
        if answer.status_code == 304:
            seen.unmodified += 1
            continue
        if answer.status_code != 200:
            seen.wrong.append(f"{path}: {answer.status_code} {answer.text[:200]}")
            return
        etag, document = answer.headers["etag"], answer.json()
        told = {document["cycle"], document["again"]}
        if isinstance(document.get("areas"), dict):
            told |= {area["cycle"] for area in document["areas"].values()}
        if len(told) != 1 or document["cycle"] < newest:
            seen.wrong.append(f"{path}: cycles {sorted(told)} after {newest}")
        newest = document["cycle"]
        seen.cycles.add(newest)


async def _clients(address: str, load: Load, seconds: float, *, cycles: int = 1) -> Seen:
    seen = Seen(load.enough)
    # The server leaves a connection that rests for five seconds; httpx would use it again until that very moment.
    limits = httpx.Limits(max_connections=load.clients, keepalive_expiry=2.0)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=30) as http:
        until = time.monotonic() + seconds
        await asyncio.gather(*(_client(http, number, until, cycles, seen) for number in range(load.clients)))
    return seen


def _server(address: str) -> psutil.Process:
    """The process that serves this address: another test's API may be a child of this process too."""
    port = address.rpartition(":")[2]
    (found,) = (one for one in find_children() if {"api", port} <= set(one.cmdline()))
    return found


@pytest.mark.server
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "load", [SHORT, pytest.param(LONG, marks=[pytest.mark.long, pytest.mark.timeout(300)])], ids=["short", "long"]
)
def test_every_answer_is_whole_and_none_is_an_error(load: Load, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (AWS | {"AWS_ENDPOINT_URL_S3": store.gate.url, "CACHE_TTL_SECONDS": "0.3"}).items():
        monkeypatch.setenv(name, value)
    done = threading.Event()

    def cycles() -> None:
        while not done.wait(0.7):
            store.write()

    writer = threading.Thread(target=cycles)
    with served(f"s3://{store.bucket}/grid") as address:
        asyncio.run(_clients(address, load, load.seconds / 3))
        before = _server(address).memory_info().rss
        store.gate.failing = 0.2
        writer.start()
        try:
            seen = asyncio.run(_clients(address, load, load.seconds, cycles=2))
        finally:
            done.set()
            writer.join()
        grown = _server(address).memory_info().rss / before
    assert seen.wrong == []
    assert seen.answers > load.enough
    assert seen.resets < seen.answers / 100
    assert seen.unmodified > 0
    assert len(seen.cycles) > 1, "no cycle came through"
    assert grown < 1.25


@pytest.mark.server
def test_a_range_over_s3_is_the_one_over_a_folder(
    store: Store, filled_once: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB's reader from the wheel, through the same endpoint as everything else."""
    for name, value in (AWS | {"AWS_ENDPOINT_URL_S3": store.gate.url}).items():
        monkeypatch.setenv(name, value)
    for file in (filled_once / READINGS).rglob("*.parquet"):
        key = f"grid/{file.relative_to(filled_once)}"
        store.client.put_object(Bucket=store.bucket, Key=key, Body=file.read_bytes())
    queries = [
        "/api/wind?start=2026-02-10&end=2026-02-11&format=csv",
        "/api/co2?start=2026-02-10&end=2026-02-11&resolution=1d&format=columns",
    ]
    with served(f"s3://{store.bucket}/grid") as there, served(filled_once) as here:
        for query in queries:
            answers = [httpx.get(f"{address}{query}", timeout=30) for address in (there, here)]
            assert [one.status_code for one in answers] == [200, 200], answers[0].text
            assert answers[0].content == answers[1].content
        (file, *_) = httpx.get(f"{there}/api/files", timeout=30).json()["files"]
        assert hashlib.sha256(httpx.get(f"{there}{file['url']}", timeout=30).content).hexdigest() == file["sha256"]
