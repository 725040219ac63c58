"""A patched sleep keeps the waits; `responses` stands for upstream."""

import time
from collections.abc import Iterator

import pytest
import responses

from tests.standin import StandIn, stand_in

NOW = "2026-11-22T20:07:00Z"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A contract's tests run for each of the cases of the class that inherits them."""
    if "case" in metafunc.fixturenames and metafunc.cls is not None:
        metafunc.parametrize("case", metafunc.cls.cases, ids="-".join)


@pytest.fixture(scope="session")
def wide() -> Iterator[StandIn]:
    """A stand-in upstream whose vargen answers in wide rows."""
    with stand_in(now=NOW) as running:
        yield running


@pytest.fixture(scope="session")
def long() -> Iterator[StandIn]:
    """A stand-in upstream whose vargen answers in long rows."""
    with stand_in(now=NOW, arguments=["--vargen-shape", "long"]) as running:
        yield running


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of every sleep, none of which is slept; the clock that measures deadlines has gone on all the same."""
    slept: list[float] = []
    real = time.monotonic
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("time.monotonic", lambda: real() + sum(slept))
    return slept


@pytest.fixture
def upstream(naps: list[float]) -> Iterator[responses.RequestsMock]:
    """Answers that are all asked for in the end; any other request is a connection error."""
    with responses.RequestsMock() as mock:
        yield mock
