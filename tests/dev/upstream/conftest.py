"""A client of the stand-in upstream, its clock held still, over the simulated feed."""

import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dev.upstream.app import Options, create_app
from dev.upstream.clock import Clock
from dev.upstream.faults import FaultPlan
from dev.upstream.feed import Feed
from dev.upstream.simulated import Simulated

with warnings.catch_warnings():
    # Starlette asks for httpx2 when it meets httpx; both answer alike here.
    warnings.simplefilter("ignore", UserWarning)
    from starlette.testclient import TestClient

NOW = datetime(2026, 11, 22, 20, 7, tzinfo=UTC)
Json = dict[str, Any]
Serve = Callable[..., TestClient]
Slots = Callable[..., NDArray[np.int64]]


@pytest.fixture(scope="session")
def feed() -> Simulated:
    return Simulated(seed=1)


@pytest.fixture
def serve(feed: Simulated) -> Serve:
    """A client for a server with these faults, at this time."""

    def build(*rules: Json, now: datetime = NOW, over: Feed | None = None, **options: Any) -> TestClient:
        plan = FaultPlan.model_validate({"rules": rules})
        return TestClient(create_app(over or feed, clock=Clock(fixed=now), faults=plan, options=Options(**options)))

    return build


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve()


@pytest.fixture
def ask() -> Callable[..., Json]:
    """A DashboardService answer, decoded."""

    def get(client: TestClient, area: str, region: str, first: str, last: str) -> Json:
        query = {"area": area, "region": region, "datefrom": first, "dateto": last}
        answer = client.get("/www/DashboardService.svc/data", params=query)
        assert answer.status_code == 200
        assert answer.headers["x-data-feed"] in {"simulated", "recorded"}
        decoded: Json = answer.json()
        return decoded

    return get


@pytest.fixture
def slots() -> Slots:
    """UTC slots from one ISO instant up to another, exclusive."""

    def between(first: str, last: str, step: int = 900) -> NDArray[np.int64]:
        start, end = (int(datetime.fromisoformat(text).timestamp()) for text in (first, last))
        return np.arange(start, end, step, dtype=np.int64)

    return between
