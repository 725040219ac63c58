"""The record of the last live run."""

import json
from datetime import timedelta
from pathlib import Path

from include.domain.readings import Outcome
from include.jobs.cycle import record
from include.jobs.result import UnitResult
from include.storage.keys import cycle_key
from include.storage.local import LocalStore
from tests.jobs.invented import NOW, at, unit

UNITS = [unit("wind", "ROI", "2026-02-10"), unit("wind", "NI", "2026-02-10"), unit("snsp", "ALL", "2026-02-10")]


def result(number: int, outcome: Outcome) -> UnitResult:
    one = UNITS[number]
    return UnitResult(label=one.label, area=one.partition.area, outcome=outcome, message="")


def test_it_counts_outcomes_by_area_and_what_was_lost(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    results = [result(0, Outcome.STORED), result(2, Outcome.UPSTREAM_UNAVAILABLE)]
    assert record(store, "eirgrid", units=UNITS, results=results, run_after=at(NOW), ended_at=at(NOW))
    found = store.get(cycle_key("eirgrid"))
    assert found is not None
    assert json.loads(found.data)["areas"] == {
        "wind": {"stored": 1, "lost": 1},
        "snsp": {"upstream_unavailable": 1},
    }


def test_an_old_run_that_is_cleared_does_not_take_the_place_of_a_later_one(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    later, earlier = at(NOW), at(NOW) - timedelta(hours=1)
    assert record(store, "eirgrid", units=UNITS, results=[], run_after=later, ended_at=later)
    assert not record(store, "eirgrid", units=UNITS, results=[], run_after=earlier, ended_at=later)
    assert record(store, "eirgrid", units=UNITS, results=[], run_after=later, ended_at=later), "the same run again"
