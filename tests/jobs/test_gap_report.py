"""gaps.json: completeness that is never too high, gaps with a reason, a matrix of days."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.domain.gaps import State
from include.domain.readings import Feed
from include.jobs.gap_report import MEANINGS, GapReport, SourceReport
from include.jobs.gapcheck import RunState
from include.storage.keys import summary_key
from tests.jobs.world import World, given

NOW = datetime(2026, 11, 12, 6, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 24), date(2026, 11, 12)
LOST_DAY = date(2026, 11, 3)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "store", NOW, (("wind", "ROI"), ("demand", "NI")), days=20)
    made.load(FIRST, LAST)
    return made


def document(world: World, *, planned_later: int = 0) -> dict[str, Any]:
    check = world.check()
    judged, ledger = check.settled(world.ledger)
    made = GapReport(store=world.store, feed=Feed.SIMULATED, now=NOW, planned_later=planned_later)
    made.sources.append(SourceReport.of(check, judged, ledger))
    made.write({})
    found = world.store.get(summary_key("gaps"))
    assert found is not None
    loaded: dict[str, Any] = json.loads(found.data)
    return loaded


def row(found: dict[str, Any], field: str) -> dict[str, Any]:
    return next(one for one in found["series"] if one["field"] == field)


def lose(world: World, count: int) -> None:
    (wind,) = [one for one in world.series if one.field == "WIND_ACTUAL"]
    world.lose([(*wind.key, slot) for slot in given(wind, LOST_DAY, now=NOW)[8 : 8 + count]])


def test_a_whole_store_is_complete_but_for_the_hour_that_cannot_be_had(world: World) -> None:
    found = document(world)
    assert found["completeness"] == 1
    assert found["window"] == {"start": "2026-10-23T23:00:00Z", "end": "2026-11-13T00:00:00Z"}
    assert (found["feed"], found["checked_at"], found["not_checked"]) == ("simulated", "2026-11-12T06:00:00Z", {})
    wind = row(found, "WIND_ACTUAL")
    # 24 October to 11 November are 19 days and the extra hour; of the 12th 25 slots have begun.
    assert wind["expected"] == wind["known"] == 19 * 96 + 25
    assert wind["slots"] == {"ok": 19 * 96 + 25, "dst_lost": 4}
    assert row(found, "DEMAND_FORECAST_VALUE")["completeness"] is None
    assert {(gap["state"], gap["count"]) for gap in found["gaps"]} == {("dst_lost", 4)}


def test_one_lost_slot_of_many_keeps_it_from_being_complete(world: World) -> None:
    lose(world, 1)
    found = document(world)
    assert 0.999 < found["completeness"] < 1
    assert row(found, "WIND_ACTUAL")["expected"] - row(found, "WIND_ACTUAL")["known"] == 1
    (gap,) = [one for one in found["gaps"] if one["state"] == "not_fetched"]
    assert {name: gap[name] for name in ("area", "region", "field", "first", "last", "count", "attempts")} == {
        "area": "wind",
        "region": "ROI",
        "field": "WIND_ACTUAL",
        "first": "2026-11-03T02:00:00Z",
        "last": "2026-11-03T02:00:00Z",
        "count": 1,
        "attempts": 0,
    }
    assert "next_try" not in gap
    assert gap["reason"] == MEANINGS[State.NOT_FETCHED]


def test_the_matrix_has_a_share_for_each_day_and_series(world: World) -> None:
    lose(world, 24)
    matrix = document(world)["days"]
    assert matrix["dates"][0] == "2026-10-24"
    assert len(matrix["dates"]) == 20
    shares = {one["field"]: dict(zip(matrix["dates"], one["completeness"], strict=True)) for one in matrix["series"]}
    assert shares["WIND_ACTUAL"]["2026-11-03"] == 0.75
    assert {share for day, share in shares["WIND_ACTUAL"].items() if day != "2026-11-03"} == {1}
    assert "DEMAND_FORECAST_VALUE" not in shares


def test_what_is_being_repaired_says_so_and_what_was_asked_for_in_vain_says_how_often(world: World) -> None:
    lose(world, 4)
    (wind,) = [one for one in world.series if one.field == "WIND_ACTUAL"]
    world.upstream.lost |= {(*wind.key, slot) for slot in given(wind, LOST_DAY, now=NOW)[8:12]}
    planned = world.plan()
    check = world.check()
    check.run_state = lambda _: RunState.GOING
    report = SourceReport.of(check, check.judged({}), world.ledger)
    assert [(gap["state"], gap["count"]) for gap in report.gaps() if gap["state"] != "dst_lost"] == [("repairing", 4)]
    world.trigger(planned.repairs)
    world.now += timedelta(minutes=5)
    (gap,) = [one for one in document(world)["gaps"] if one["state"] == "missing_upstream"]
    assert (gap["attempts"], gap["count"]) == (1, 4)
    assert gap["next_try"] > "2026-11-12T10:00:00Z"
    assert gap["reason"] == "Upstream was asked and has no value; asked for once, last 2026-11-12T06:00:00Z (stored)."


def test_a_source_that_could_not_be_checked_is_named(world: World) -> None:
    made = GapReport(store=world.store, feed=Feed.SIMULATED, now=NOW)
    found = made.document({"csv_folder": "source.yaml: not there"})
    assert found["not_checked"] == {"csv_folder": "source.yaml: not there"}
    assert (found["completeness"], found["window"], found["gaps"]) == (None, None, [])


def test_every_state_is_explained() -> None:
    assert set(MEANINGS) == set(State)


def test_it_says_how_many_days_wait_for_the_next_check(world: World) -> None:
    assert document(world)["waiting_days"] == 0
    lose(world, 4)
    # Killed before anything was triggered.
    planned = world.plan()
    assert document(world, planned_later=3)["waiting_days"] == len(planned.repairs[0].days) + 3 == 4
    world.trigger(planned.repairs)
    world.report()
    assert document(world)["waiting_days"] == 0
