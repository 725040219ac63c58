"""What holds for every test: no sockets without a marker, repeatable random numbers, and an end to every run."""

from collections.abc import Iterator

import pytest
import pytest_socket
from hypothesis import settings

from tests.randomness import SEED_VARIABLE, run_seed

pytest_plugins = ["tests.loop.needs", "tests.loop.order", "tests.loop.processes"]

OPENS_SOCKETS = ("server", "browser", "e2e", "distributed")
"""Markers of tests that may talk to servers on this machine."""

# A property test is never timed: a slow machine is no bug. Its examples are kept nowhere: a run repeats by its seed.
settings.register_profile("repeatable", deadline=None, database=None, derandomize=True)
settings.register_profile("random", deadline=None, database=None, print_blob=True)


def pytest_configure() -> None:
    settings.load_profile("repeatable" if run_seed() is None else "random")


def pytest_report_header() -> str:
    seed = run_seed()
    return "random tests repeat themselves" if seed is None else f"random tests: {SEED_VARIABLE}={seed} repeats them"


@pytest.fixture(autouse=True)
def sockets_only_where_marked(request: pytest.FixtureRequest) -> Iterator[None]:
    if not any(request.node.get_closest_marker(name) for name in OPENS_SOCKETS):
        pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
