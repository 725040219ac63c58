"""The dashboard over what EirGrid really answered, where the recordings are there."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pytest

from bench.showcase import export, serving
from dev.ports import free_port
from include.domain.catalogue import AREAS
from include.domain.readings import Feed
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_days
from include.settings import load_settings
from include.sources.eirgrid import SOURCE
from include.sources.eirgrid.source import EirGridSource
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore
from tests.recorded.parts import PARTS, Key, read_part
from tests.recordings import recordings_or_skip
from tests.standin import stand_in
from tests.ui.conftest import Open, drawn
from tests.ui.test_charts import key, number, shown, spoken

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(120)]

NOW: Final = datetime.fromisoformat("2026-08-20T12:07:00+00:00")
NOT_RECORDED: Final = {"solar", "frequency", "generation"}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an API over three recorded days."""
    folder = recordings_or_skip()
    store = LocalStore(tmp_path_factory.mktemp("recorded"))
    readings = ReadingsStore(store, feed=Feed.RECORDED)
    readings.open()
    with stand_in(now=NOW.isoformat(), feed="recorded", arguments=["--recorded", str(folder)]) as upstream:
        settings = load_settings(store="unused", feed="recorded", upstream=upstream.url, now=NOW, max_retries=0)
        source = EirGridSource.from_settings(settings, clock=settings.clock)
        for area in (one for one in AREAS if one.name not in NOT_RECORDED):
            selection = Selection.of(SOURCE, areas=[area.name])
            for unit in plan_days(SOURCE, date(2026, 8, 18), date(2026, 8, 20), now=NOW, selection=selection):
                Ingest(source=source, area=area, readings=readings, clock=settings.clock).run(unit, live=False)
    export(store.root, now=NOW, feed=Feed.RECORDED)
    with serving(store.root, free_port(), GRID_NOW=NOW.isoformat()) as address:
        yield address


@pytest.mark.parametrize("region", ["ALL", "ROI", "NI"])
def test_the_cursor_shows_what_eirgrid_sent(visit: Open, recorded: str, region: str) -> None:
    table = read_part(recordings_or_skip() / next(one for one in PARTS if "2026-06" in one))
    query = f"?region={region}&start=2026-08-19&end=2026-08-20&series=demand,wind,co2,interconnection"
    page = visit(f"/ui/{query}", address=recorded)
    drawn(page, "demand", "wind", "co2")
    key(page, "wind", "Home", *["ArrowRight"] * 50)
    assert spoken(page).startswith("19 Aug 2026, 12:30 IST")
    at = datetime.fromisoformat("2026-08-19T11:30:00+00:00")
    net = {"ALL": "INTER_NET", "ROI": "INTER_NET_ROI", "NI": "INTER_NET_NI"}[region]
    for panel, line, field in (
        ("demand", "actual", "SYSTEM_DEMAND"),
        ("wind", "actual", "WIND_ACTUAL"),
        ("co2", "intensity", "CO2_INTENSITY"),
        ("interconnection", "net", net),
    ):
        assert number(shown(page, panel, line)) == round(table[Key(region, field)][at]), (panel, region)


def test_what_was_not_recorded_is_not_made_up(visit: Open, recorded: str, tmp_path: Path) -> None:
    page = visit("/ui/", address=recorded)
    drawn(page, "demand")
    assert page.locator(".strip").inner_text().startswith("Recorded data.")
    for name in ("solar", "frequency"):
        assert page.locator(f"#tile-{name} .value").inner_text().strip() == "–"
    assert "EirGrid has given no fuel mix yet." in page.locator(".mixes").inner_text()
    assert "No slot of the last days has demand, wind, solar and net import." in page.locator(".mixes").inner_text()
