"""The recordings, a stand-in that answers from them, and a store that ingest has filled with them: made once."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from include.domain.catalogue import AREAS
from include.domain.readings import Feed, Outcome
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_days
from include.settings import load_settings
from include.sources.eirgrid import SOURCE
from include.sources.eirgrid.source import EirGridSource
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.recorded.parts import NOW, PARTS, SPANS, Recorded, read_part
from tests.recordings import recordings_or_skip
from tests.standin import StandIn, stand_in


@pytest.fixture(scope="session")
def folder() -> Path:
    return recordings_or_skip()


@pytest.fixture(scope="session")
def recorded(folder: Path) -> Recorded:
    """Where two recordings hold the same slot, the earlier in the list counts."""
    found: Recorded = {}
    for name in reversed(PARTS):
        for key, values in read_part(folder / name).items():
            found.setdefault(key, {}).update(values)
    return found


@pytest.fixture(scope="session")
def upstream(folder: Path) -> Iterator[StandIn]:
    with stand_in(now=NOW, feed="recorded", arguments=["--recorded", str(folder)]) as running:
        yield running


@pytest.fixture(scope="session")
def store(upstream: StandIn, recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> ReadingsStore:
    """A store that ingest has filled with everything that was recorded."""
    readings = ReadingsStore(LocalStore(tmp_path_factory.mktemp("recorded")), feed=Feed.RECORDED)
    readings.open()
    now = datetime.fromisoformat(NOW)
    settings = load_settings(store="unused", feed="recorded", upstream=upstream.url, now=now, max_retries=0)
    source = EirGridSource.from_settings(settings, clock=settings.clock)
    for area in AREAS:
        regions = [region for region in area.regions if any((region, one.field) in recorded for one in area.series)]
        spans = [span for span in SPANS if regions and span[1] >= min(one.first_day for one in area.series)]
        for first, last in spans:
            selection = Selection.of(SOURCE, areas=[area.name], regions=regions)
            for unit in plan_days(SOURCE, first, last, now=now, selection=selection):
                job = Ingest(source=source, area=area, readings=readings, clock=settings.clock)
                result = job.run(unit, live=False)
                assert not result.outcome.is_ours, result
                assert result.outcome is not Outcome.UNSUPPORTED, result
    return readings
