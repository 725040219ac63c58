"""The EirGrid source and the ingest job against the stand-in upstream, over real connections."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from include.domain.catalogue import area as area_named
from include.domain.errors import SettingInvalid
from include.domain.readings import Feed, Outcome, Unit
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_live
from include.jobs.result import UnitResult
from include.settings import load_settings
from include.sources.eirgrid.source import EirGridSource
from include.sources.registry import source
from include.storage.local import LocalStore
from include.storage.outcomes import read_outcomes
from include.storage.readings import ReadingsStore
from tests.jobs.conftest import UPSTREAM_NOW
from tests.jobs.invented import at, unit
from tests.standin import StandIn

pytestmark = pytest.mark.server
DAY = "2026-11-22"


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)


def _ingest(upstream: StandIn, readings: ReadingsStore, area: str, **changed: Any) -> Ingest:
    settings = load_settings(
        **(
            {
                "store": "unused",
                "feed": "simulated",
                "upstream": upstream.url,
                "now": at(UPSTREAM_NOW),
                "max_retries": 2,
            }
            | changed
        )
    )
    eirgrid = EirGridSource.from_settings(settings, clock=settings.clock)
    return Ingest(source=eirgrid, area=area_named(area), readings=readings, clock=settings.clock)


def _run(upstream: StandIn, readings: ReadingsStore, wanted: Unit) -> UnitResult:
    return _ingest(upstream, readings, wanted.partition.area).run(wanted, live=True)


def _digests(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file() and ".locks" not in path.parts)
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_unit_of_a_live_run_is_stored_and_then_unchanged(
    upstream: StandIn, readings: ReadingsStore, store: LocalStore
) -> None:
    entry = source("eirgrid")
    units = plan_live(entry, now=at(UPSTREAM_NOW), days_back=0, selection=Selection.of(entry))
    first = [_run(upstream, readings, one) for one in units]
    assert {result.label: result.outcome for result in first} == dict.fromkeys(
        (one.label for one in units), Outcome.STORED
    )
    assert all(result.newest and at(UPSTREAM_NOW) >= at(result.newest) for result in first)
    before = _digests(store.root)
    again = [_run(upstream, readings, one) for one in units]
    assert {result.outcome for result in again} == {Outcome.UNCHANGED}
    assert _digests(store.root) == before


@pytest.mark.parametrize("fault", ["html_503", "html_200", "torn_body", "reset"])
def test_one_bad_answer_in_a_few_is_not_noticed(fault: str, upstream: StandIn, readings: ReadingsStore) -> None:
    upstream.fail({"fault": fault, "interface": "dashboard"})
    result = _run(upstream, readings, unit("snsp", "ALL", DAY))
    assert result.outcome is Outcome.STORED
    asked = [(one["interface"], one["faults"]) for one in upstream.asked()]
    assert asked == [("dashboard", [fault])] * 3 + [("chart", [])]
    tries = read_outcomes(readings.store, unit("snsp", "ALL", DAY).partition).days
    assert [one.interface for one in tries[at(DAY).date()]] == ["chart"]


@pytest.mark.parametrize(
    ("fault", "outcome", "error"),
    [
        ("html_503", Outcome.UPSTREAM_UNAVAILABLE, "Transient"),
        ("empty_rows", Outcome.UPSTREAM_UNAVAILABLE, "EmptyAnswer"),
        ("http_403", Outcome.UNSUPPORTED, "Unsupported"),
    ],
)
def test_an_upstream_that_is_down_takes_nothing_away(
    fault: str, outcome: Outcome, error: str, upstream: StandIn, readings: ReadingsStore, store: LocalStore
) -> None:
    wanted = unit("system_generation", "ROI", DAY)
    stored = _run(upstream, readings, wanted)
    before = readings.read(wanted.partition)
    upstream.fail({"fault": fault})
    result = _run(upstream, readings, wanted)
    assert (result.outcome, result.rows, result.newest) == (outcome, 0, stored.newest)
    assert readings.read(wanted.partition) == before
    assert read_outcomes(store, wanted.partition).days[at(DAY).date()][-1].error == error


def test_a_refused_emission_keeps_the_intensity(upstream: StandIn, readings: ReadingsStore) -> None:
    upstream.fail({"fault": "http_403", "area": "co2emission"})
    wanted = unit("co2", "NI", DAY)
    result = _run(upstream, readings, wanted)
    assert result.outcome is Outcome.UNSUPPORTED
    table = readings.read(wanted.partition)
    assert table is not None
    assert set(table["field"].to_pylist()) == {"CO2_INTENSITY"}
    assert result.rows == table.num_rows == 81, "midnight to 20:00, both included"


def test_a_feed_that_does_not_match_writes_nothing(
    upstream: StandIn, readings: ReadingsStore, store: LocalStore
) -> None:
    before = _digests(store.root)
    job = _ingest(upstream, readings, "snsp", feed="recorded")
    with pytest.raises(SettingInvalid, match="GRID_FEED: got 'recorded'"):
        job.run(unit("snsp", "ALL", DAY), live=True)
    assert _digests(store.root) == before


@pytest.mark.parametrize(("day", "slots"), [("2026-03-29", 92), ("2026-10-25", 96), ("2026-06-01", 96)])
def test_a_clock_change_leaves_no_hole_and_invents_nothing(
    day: str, slots: int, upstream: StandIn, tmp_path: Path
) -> None:
    readings = ReadingsStore(LocalStore(tmp_path / day), feed=Feed.SIMULATED)
    readings.open()
    for area, region, field in [("wind", "ALL", "WIND_ACTUAL"), ("demand", "NI", "SYSTEM_DEMAND")]:
        wanted = unit(area, region, day)
        assert _run(upstream, readings, wanted).outcome is Outcome.STORED
        table = readings.read(wanted.partition)
        assert table is not None
        stamps = [row["timestamp"] for row in table.to_pylist() if row["field"] == field]
        assert len(stamps) == len(set(stamps)) == slots
        lost = [stamp for stamp in stamps if at("2026-10-25T01:00:00Z") <= stamp < at("2026-10-25T02:00:00Z")]
        assert not lost
