"""Sockets are off; a patched sleep keeps the waits; `responses` stands for upstream."""

from collections.abc import Iterator

import pytest
import responses


@pytest.fixture(autouse=True)
def _no_sockets(socket_disabled: None) -> None:
    return


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of every sleep, none of which is slept."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@pytest.fixture
def upstream(naps: list[float]) -> Iterator[responses.RequestsMock]:
    """Answers that are all asked for in the end; any other request is a connection error."""
    with responses.RequestsMock() as mock:
        yield mock
