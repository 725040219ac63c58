"""The API over a folder that the jobs have filled, its clock in the test's hand."""

import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.settings import ApiSettings
from include.domain.catalogue import AREAS
from include.domain.readings import Feed
from include.jobs.export import Export
from include.jobs.inventory import Inventory
from include.sources.registry import source
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.jobs.invented import NOW, Reading, at, fill

with warnings.catch_warnings():
    # Starlette asks for httpx2 when it meets httpx; both answer alike here.
    warnings.simplefilter("ignore", UserWarning)
    from starlette.testclient import TestClient

NOON: Final = "2026-02-10T12:00:00Z"


@dataclass
class Api:
    """A running API, its store and its clock."""

    client: TestClient
    store: LocalStore
    app: FastAPI

    def at(self, now: datetime) -> None:
        """Set the API's clock."""
        self.app.state.summaries.clock = lambda: now

    def refresh(self) -> None:
        """What its thread does every few seconds."""
        self.app.state.summaries.refresh()

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers={name.replace("_", "-"): text for name, text in headers.items()})


Start = Callable[..., Api]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRID_STORE", "GRID_NOW", "GRID_GUIDE", "CACHE_TTL_SECONDS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts an API over a store."""
    yield from _starting()


@pytest.fixture(scope="module")
def module_start() -> Iterator[Start]:
    """The same, for all tests of a module."""
    yield from _starting()


def _starting() -> Iterator[Start]:
    with ExitStack() as running:

        def build(store: LocalStore, **settings: Any) -> Api:
            given: dict[str, Any] = {
                "cache_ttl_seconds": 3600,
                "grid_guide": store.root / "no guide",
                "grid_now": at(NOW),
            } | settings
            app = create_app(ApiSettings(grid_store=str(store.root), **given))
            return Api(running.enter_context(TestClient(app, follow_redirects=False)), store, app)

        yield build


@pytest.fixture
def empty(tmp_path: Path, start: Start) -> Api:
    """An API over a store in which nothing is yet."""
    return start(LocalStore(tmp_path / "empty"))


@pytest.fixture
def api(start: Start, filled: LocalStore) -> Api:
    """An API over a store with readings of every area."""
    return start(filled)


@pytest.fixture
def filled(tmp_path: Path, filled_once: Path) -> LocalStore:
    """Readings of every area up to noon, stored by the ingest job, and their summaries."""
    return LocalStore(shutil.copytree(filled_once, tmp_path / "store"))


@pytest.fixture(scope="session")
def filled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = LocalStore(tmp_path_factory.mktemp("filled"))
    readings = ReadingsStore(store, feed=Feed.SIMULATED)
    readings.open()
    for region, demand in (("ALL", 5000), ("ROI", 4000), ("NI", 1000)):
        fill(readings, "wind", region, [*_quarters("WIND_ACTUAL", demand / 4), (NOON, "WIND_FCAST", demand / 5)])
        fill(readings, "solar", region, [*_quarters("SOLAR_ACTUAL", 90), (NOON, "SOLAR_FCAST", 100)])
        fill(readings, "demand", region, _quarters("SYSTEM_DEMAND", demand))
        # NI: 150 x 1000 / 1000 = 150 t/h, below the 200 that EirGrid sends.
        emissions = None if region == "NI" else demand * 0.25
        fill(readings, "co2", region, [(NOON, "CO2_INTENSITY", 150), (NOON, "CO2_EMISSIONS", emissions)])
        fill(readings, "generation", region, [(NOON, "FUEL_GAS", 48_000), (NOON, "FUEL_COAL", 0)])
        fill(readings, "system_generation", region, _quarters("GEN_EXP", demand))
    fill(readings, "interconnection", "ALL", _quarters("INTER_NET", -93))
    fill(readings, "snsp", "ALL", [("2026-02-10T11:30:00Z", "SNSP_ALL", 61.5)])
    fill(readings, "frequency", "ROI", [("2026-02-10T12:04:55Z", "SYS_FREQUENCY", 49.98)])
    export(store)
    return store.root


def export(store: LocalStore, *, feed: Feed = Feed.SIMULATED, now: str = NOW) -> None:
    """Write all summaries, as the export DAG does."""
    job = Export(store=store, feed=feed, entries=(source("eirgrid"),), now=at(now))
    for area in AREAS:
        job.area("eirgrid", area.name)
    job.current()
    job.snapshot()
    inventory = Inventory(store, feed, job.entries, job.now)
    inventory.update("eirgrid")
    inventory.publish()


def _quarters(field: str, value: float) -> list[Reading]:
    """Four quarter-hours, the last at noon."""
    slots = [at(NOON) - timedelta(minutes=15 * back) for back in range(4)]
    return [(slot.isoformat(), field, value + place) for place, slot in enumerate(slots)]
