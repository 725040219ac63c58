"""A folder as the store; and, for tests marked `network`, the stand-in upstream in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket
import requests

from include.domain.readings import Feed
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore

ROOT = Path(__file__).parents[2]
UPSTREAM_NOW = "2026-11-22T20:07:00Z"


@pytest.fixture(autouse=True)
def _sockets_only_with_network(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("network") is None:
        pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


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
def server() -> Iterator[str]:
    """Address of a stand-in upstream whose clock stands at UPSTREAM_NOW."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dev.upstream", "--port", str(port), "--now", UPSTREAM_NOW]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                requests.get(f"{address}/_control/health", timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield address
        process.terminate()
        said, _ = process.communicate(timeout=20)
    assert said == "", "the server is quiet"


@pytest.fixture
def upstream(server: str) -> Iterator[str]:
    """The stand-in upstream, well and with an empty log before and after each test."""
    for verb in ("faults", "requests"):
        requests.delete(f"{server}/_control/{verb}", timeout=5)
    yield server
    requests.delete(f"{server}/_control/faults", timeout=5)
