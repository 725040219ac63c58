from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment, deployed
from tests.recordings import recordings_or_skip

SIMULATED_NOW = "2026-11-22T20:07:00Z"
RECORDED_NOW = "2026-08-20T12:07:00Z"


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(tmp_path_factory.mktemp("simulated"), feed="simulated", now=SIMULATED_NOW) as deployment:
        yield deployment


@pytest.fixture(scope="session")
def recordings() -> Path:
    return recordings_or_skip()


@pytest.fixture(scope="module")
def recorded(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    state = tmp_path_factory.mktemp("recorded")
    with deployed(state, feed="recorded", now=RECORDED_NOW, recorded=recordings) as deployment:
        yield deployment
