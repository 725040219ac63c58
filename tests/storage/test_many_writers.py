"""Sixteen processes, kills and a failing S3 server: no row is lost, no file is torn."""

import multiprocessing
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.s3.responses import S3Response

from dev.process_signals import find_process, send_signal
from include.domain.calendar import Month
from include.domain.errors import StorageError
from include.domain.readings import Feed, Partition
from include.storage.location import open_store
from include.storage.object_store import ObjectStore
from include.storage.readings import ReadingsStore
from include.storage.s3 import CONFIG, S3Store
from tests.aws import moto
from tests.randomness import random_of
from tests.storage.conftest import REGION
from tests.storage.writers import SETTLE, location_of, rows_of, values

PARTITIONS = tuple(Partition("eirgrid", "wind", region, Month(2026, 11)) for region in ("ALL", "ROI", "NI"))
WRITERS = 16
IMPATIENT = CONFIG.merge(Config(read_timeout=1, retries={"mode": "standard", "max_attempts": 3}))

LONG = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Fresh processes that have loaded all they need already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.storage.test_many_writers"])
    return context


def opened(location: str) -> ReadingsStore:
    store = open_store(location)
    if isinstance(store, S3Store):
        store.client = boto3.client("s3", config=IMPATIENT)
    return ReadingsStore(store, feed=Feed.SIMULATED)


def aws() -> dict[str, str]:
    """The fork server has the environment of the time when it was started."""
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def write_rounds(environment: dict[str, str], location: str, writer: int, rounds: int, told: Connection) -> None:
    """One slot of its own a round, in one partition or another; each is told of once it is stored."""
    os.environ.update(environment)
    readings, rng = opened(location), random_of(writer)
    for number in range(writer * rounds, (writer + 1) * rounds):
        partition = rng.randrange(len(PARTITIONS))
        while True:
            try:
                readings.write(PARTITIONS[partition], values(number), settle_after=SETTLE)
            except StorageError:
                continue
            break
        told.send((partition, number))
    told.send(None)


def run_writers(context: ForkServerContext, location: str, rounds: int) -> set[tuple[int, int]]:
    """What the writers say they have stored."""
    pipes = [context.Pipe(duplex=False) for _ in range(WRITERS)]
    started = [
        context.Process(target=write_rounds, args=(aws(), location, number, rounds, told))
        for number, (_, told) in enumerate(pipes)
    ]
    for process in started:
        process.start()
    stored = {one for heard, _ in pipes for one in iter(heard.recv, None)}
    for process in started:
        process.join()
    return stored


def held(store: ObjectStore) -> set[tuple[int, int]]:
    readings = ReadingsStore(store, feed=Feed.SIMULATED)
    found = set()
    for place, partition in enumerate(PARTITIONS):
        table = readings.read(partition)
        rows = rows_of(table) if table is not None else []
        assert rows == sorted(rows, key=lambda row: (row[1], row[0]))
        found |= {(place, int(value)) for _, _, value, _ in rows if value is not None}
    return found


@pytest.mark.parametrize("rounds", [2, pytest.param(200, marks=LONG)])
def test_sixteen_processes_lose_no_row(store: ObjectStore, processes: ForkServerContext, rounds: int) -> None:
    stored = run_writers(processes, location_of(store), rounds)
    assert len(stored) == WRITERS * rounds
    assert held(store) == stored


@pytest.mark.parametrize("rounds", [4, pytest.param(100, marks=LONG)])
def test_writers_that_are_killed_tear_nothing(store: ObjectStore, processes: ForkServerContext, rounds: int) -> None:
    rng, stored = random_of(1), set()
    for number in range(rounds):
        heard, told = processes.Pipe(duplex=False)
        process = processes.Process(target=write_rounds, args=(aws(), location_of(store), number, 1000, told))
        process.start()
        told.close()
        stored.add(heard.recv())
        time.sleep(rng.uniform(0, 0.03))
        send_signal(find_process(process.pid), signal.SIGKILL)
        process.join()
        stored |= set(_rest(heard))
    found = held(store)
    assert stored <= found
    # The one that was under way when its writer was killed may have landed untold.
    assert len(found - stored) <= rounds


def _rest(heard: Connection) -> Iterator[tuple[int, int]]:
    try:
        while True:
            yield heard.recv()
    except EOFError:
        return


class FailingServer:
    """An S3 server of which a third of all PUTs fail, before or after they have been carried out."""

    def __init__(self) -> None:
        self.rng = random_of(1)
        self.deck: list[str] = []
        """Of each kind of failure one comes in eighteen PUTs, however few there are."""
        self.lock = threading.Lock()
        self.failed: dict[str, int] = {}

    def wrap(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def put(*args: Any, **kwargs: Any) -> Any:
            with self.lock:
                how = self._draw()
                self.failed[how] = self.failed.get(how, 0) + 1
                done = method(*args, **kwargs) if how in {"well", "late", "500 after"} else None
            if how == "late":
                time.sleep(1.5)
            if how in {"well", "late"}:
                return done
            status = int(how[:3])
            code = {412: "PreconditionFailed", 409: "ConditionalRequestConflict", 500: "InternalError", 503: "SlowDown"}
            return status, {}, f"<Error><Code>{code[status]}</Code><Message>{how}</Message></Error>"

        return put

    def _draw(self) -> str:
        if not self.deck:
            self.deck = ["412", "409", "500", "503", "late", "500 after", *["well"] * 12]
            self.rng.shuffle(self.deck)
        return self.deck.pop()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FailingServer, str]]:
    faults = FailingServer()
    with moto() as url, pytest.MonkeyPatch.context() as patched:
        for name, value in {
            "AWS_ENDPOINT_URL_S3": url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        bucket = f"failing-{uuid.uuid4().hex}"
        client: Any = boto3.client("s3")
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        patched.setattr(S3Response, "put_object", faults.wrap(S3Response.put_object))
        yield faults, f"s3://{bucket}/grid"


@pytest.mark.server
@pytest.mark.parametrize("rounds", [1, pytest.param(200, marks=LONG)])
def test_a_store_that_fails_in_every_way_loses_no_row(
    failing: tuple[FailingServer, str], processes: ForkServerContext, rounds: int
) -> None:
    faults, location = failing
    stored = run_writers(processes, location, rounds)
    assert len(stored) == WRITERS * rounds
    assert held(open_store(location)) == stored
    assert set(faults.failed) == {"412", "409", "500", "503", "late", "500 after", "well"}
