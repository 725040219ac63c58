"""A folder as the store; and, for tests marked `server`, the stand-in upstream in a process of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.domain.readings import Feed
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.standin import StandIn, stand_in

UPSTREAM_NOW = "2026-11-22T20:07:00Z"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


@pytest.fixture
def readings(store: LocalStore) -> ReadingsStore:
    """An opened store of simulated readings."""
    opened = ReadingsStore(store, feed=Feed.SIMULATED)
    opened.open()
    return opened


@pytest.fixture(scope="session")
def server() -> Iterator[StandIn]:
    """A stand-in upstream whose clock stands at UPSTREAM_NOW."""
    with stand_in(now=UPSTREAM_NOW) as running:
        yield running


@pytest.fixture
def upstream(server: StandIn) -> Iterator[StandIn]:
    """The stand-in upstream, well and with an empty log before and after each test."""
    server.recover()
    server.forget()
    yield server
    server.recover()
