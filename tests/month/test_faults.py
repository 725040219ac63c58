"""Live cycles against an upstream that fails as often as the real one was measured to, clock changes included.

The measure is what upstream gave in whole answers, read off the wire by code of its own, and what the simulated model
knows to be true.
"""

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from dev.upstream.simulated import Simulated
from include.domain.calendar import day_span, slots
from include.domain.catalogue import AREAS
from include.domain.series import Area, History, Series
from include.storage.keys import partitions_of
from include.storage.local import LocalStore
from tests.month.cycles import LOSSES, Clock, Cycles, outage
from tests.standin import stand_in

pytestmark = pytest.mark.server

TRUTH: Final = Simulated(seed=1)
SETTLED: Final = timedelta(hours=3)
"""How long the cycles go on after the span that is judged: by then every value of it has settled."""


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)


EVERY_RUN: Final = pytest.param(timedelta(minutes=15), id="every run", marks=pytest.mark.long)
"""Each live run fetches two days: with some of them left out, the others have as much to heal."""


def cycles(
    folder: Path, first: datetime, last: datetime, *more: dict[str, object], every: timedelta = timedelta(minutes=15)
) -> Cycles:
    """The live runs from `first` until three hours past `last`, losses and `more` in force."""
    with stand_in(now=first.isoformat()) as upstream:
        upstream.fail(*LOSSES, *more)
        running = Cycles(upstream, LocalStore(folder), Clock(first))
        for _ in running.run(first, last + SETTLED, every=every):
            pass
    return running


def every_series() -> Iterator[tuple[Area, Series]]:
    return ((area, one) for area in AREAS for one in area.series)


def stored(running: Cycles, area: Area, one: Series, first: date, last: date) -> dict[int, float]:
    """UTC second to value of every slot that has one."""
    found: dict[int, float] = {}
    span = day_span(first, last)
    for partition in partitions_of("eirgrid", area, one.region, span):
        table = running.readings.read(partition)
        for row in table.to_pylist() if table is not None else ():
            if row["field"] == one.field and row["value"] is not None and row["timestamp"] in span:
                found[int(row["timestamp"].timestamp())] = row["value"]
    return found


def expected(one: Series, first: date, last: date) -> list[int]:
    """UTC second of every slot of these days."""
    return [int(slot.timestamp()) for slot in slots(day_span(first, last), one.cadence)]


def truth(one: Series, seconds: list[int]) -> dict[int, float]:
    """What the model knows of these slots; those that upstream never has are left out."""
    values = TRUTH.values(one.field, one.region, np.array(seconds, dtype=np.int64))
    return {slot: float(value) for slot, value in zip(seconds, values, strict=True) if not math.isnan(value)}


def judge(running: Cycles, first: date, last: date) -> dict[str, int]:
    """No wrong value, none lost, as many holes as upstream never gave; the counts."""
    counts = dict.fromkeys(("values", "holes", "never published", "given late or never"), 0)
    for area, one in every_series():
        wanted = expected(one, first, last)
        have = stored(running, area, one, first, last)
        given = running.tap.given.get((one.region, one.field), {})
        real = truth(one, wanted)
        label = "-".join(one.key)
        assert {slot: value for slot, value in have.items() if value != given.get(slot)} == {}, (
            f"{label}: not upstream's"
        )
        assert {slot for slot in wanted if slot in given and slot not in have} == set(), f"{label}: lost"
        assert {slot: value for slot, value in have.items() if value != real.get(slot)} == {}, f"{label}: wrong"
        holes = len(wanted) - len(have)
        assert holes == sum(slot not in given for slot in wanted), f"{label}: holes"
        if one.history is History.FULL:
            # Every slot is asked for in two days of cycles: what is missing is what upstream never had.
            assert holes == len(wanted) - len(real), f"{label}: holes that upstream could have filled"
        counts["values"] += len(have)
        counts["holes"] += holes
        counts["never published"] += len(wanted) - len(real)
        counts["given late or never"] += holes - (len(wanted) - len(real))
    return counts


def report(running: Cycles, counts: dict[str, int]) -> str:
    rates = {name: f"{running.lost[name] / asked:.1%}" for name, asked in running.polls.items()}
    return (
        f"{running.runs} runs, {len(running.incomplete)} incomplete, {len(running.red)} red; {running.tap.answers}"
        f" whole answers; polls lost {rates}; {running.fallbacks} units by a fallback; {dict(running.outcomes)};"
        f" {counts}"
    )


@pytest.mark.timeout(240)
@pytest.mark.parametrize("every", [pytest.param(timedelta(hours=2), id="one in eight"), EVERY_RUN])
def test_a_day_of_faults_across_the_october_change(tmp_path: Path, every: timedelta) -> None:
    first, last = datetime(2026, 10, 24, 22, 48, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)
    running = cycles(tmp_path, first, last, every=every)
    counts = judge(running, date(2026, 10, 25), date(2026, 10, 25))
    assert counts["values"] > 20_000
    assert running.red == [], report(running, counts)
    assert running.incomplete
    assert running.fallbacks > running.runs


@pytest.mark.timeout(240)
@pytest.mark.parametrize("every", [pytest.param(timedelta(hours=1), id="one in four"), EVERY_RUN])
def test_an_outage_of_half_a_day_is_red_for_as_long_as_it_is_an_incident_and_then_heals(
    tmp_path: Path, every: timedelta
) -> None:
    start, end = datetime(2026, 3, 29, 0, 10, tzinfo=UTC), datetime(2026, 3, 29, 4, 40, tzinfo=UTC)
    running = cycles(tmp_path, datetime(2026, 3, 28, 22, 3, tzinfo=UTC), end, outage(start, end), every=every)
    assert running.red
    assert all(run.incident(fault) for run in running.red for fault in run.faults)
    # The newest slot before the outage is up to two slots old, the shortest alert threshold three hours.
    first = start - timedelta(minutes=30) + timedelta(hours=3)
    assert all(first < run.at < end + every for run in running.red)
    judge(running, date(2026, 3, 28), date(2026, 3, 28))


@pytest.mark.timeout(3600)
@pytest.mark.long
def test_a_month_of_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """October 2026 has a clock change; the outage of the 14th, four and a half hours long, is its one real incident."""
    incident = outage(datetime(2026, 10, 14, 2, 10, tzinfo=UTC), datetime(2026, 10, 14, 6, 40, tzinfo=UTC))
    running = cycles(tmp_path, datetime(2026, 9, 30, 22, 48, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), incident)
    counts = judge(running, date(2026, 10, 1), date(2026, 10, 31))
    with capsys.disabled():
        print(f"\n{report(running, counts)}")  # noqa: T201  the figures are what a person wants of this test
    assert running.runs > 2976
    assert 0.10 < running.lost["dashboardservice"] / running.polls["dashboardservice"] < 0.14
    assert 0.4 < len(running.incomplete) / running.runs < 0.6
    assert 0 < len(running.red) <= running.runs / 100
    assert all(run.incident(fault) for run in running.red for fault in run.faults)
