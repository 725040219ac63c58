"""Every null and absent row of the recordings is named, and every freeze; nothing is named that is not there."""

import math
from collections import Counter
from datetime import UTC, datetime

import pytest

from include.domain.calendar import Interval, day_span
from include.domain.catalogue import AREAS
from include.domain.gaps import Run, State, judge
from include.domain.series import History, Series
from include.jobs.scan import Scan
from include.storage.readings import ReadingsStore
from tests.recorded.parts import AUTUMN, IRELAND, NOW, SPRING, Key, Recorded

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("recordings"), pytest.mark.timeout(300)]

YEARS = Interval(datetime(2021, 1, 1, tzinfo=UTC), datetime(2024, 2, 19, 15, 15, tzinfo=UTC))
SUMMER = Interval(datetime(2026, 6, 12, 9, tzinfo=UTC), datetime(2026, 8, 21, 21, tzinfo=UTC))
"""Up to where a null read at the recordings' own time is settled."""
FREEZES = {
    "2022-03-19 14:15": 13,
    "2022-08-09 20:15": 10,
    "2022-11-23 16:30": 13,
    "2023-04-24 14:45": 4,
    "2023-04-24 17:00": 13,
    "2023-08-10 02:30": 4,
    "2023-08-10 03:30": 4,
    "2023-10-02 04:15": 4,
    "2024-01-15 13:45": 4,
    "2024-01-15 14:45": 4,
}

Judged = dict[tuple[str, str, str], list[Run]]


def judged(store: ReadingsStore, window: Interval) -> Judged:
    series = [one for area in AREAS for one in area.series if area.name != "frequency"]
    found = Scan(store.store, "eirgrid", AREAS, window, datetime.fromisoformat(NOW)).evidence(series)
    return {one.key: judge(one, found[one.key], window=window, now=datetime.fromisoformat(NOW)) for one in series}


@pytest.fixture(scope="module")
def years(store: ReadingsStore) -> Judged:
    return judged(store, YEARS)


@pytest.fixture(scope="module")
def summer(store: ReadingsStore) -> Judged:
    return judged(store, SUMMER)


def slots(runs: list[Run], series: Series, *states: State) -> set[datetime]:
    return {
        run.span.start + n * series.cadence
        for run in runs
        if run.state in states
        for n in range((run.span.end - run.span.start) // series.cadence)
    }


SERIES = {one.key: one for area in AREAS for one in area.series}


def withheld(recorded: Recorded, region: str, at: datetime) -> bool:
    """The rule by hand, on numbers of 64 bits."""
    intensity = recorded[Key(region, "CO2_INTENSITY")].get(at, math.nan)
    demand = recorded[Key(region, "SYSTEM_DEMAND")].get(at, math.nan)
    if at < datetime(2022, 5, 17, 23, tzinfo=UTC) or math.isnan(intensity) or math.isnan(demand):
        return False
    return intensity * demand / 1000 < {"ALL": 650, "ROI": 450, "NI": 200}[region] + 0.0005 * demand + 0.5


@pytest.mark.parametrize("span", [YEARS, SUMMER], ids=["2021-2024", "2026"])
def test_every_null_and_absent_row_is_found_and_rightly_named(
    span: Interval, store: ReadingsStore, recorded: Recorded
) -> None:
    found = judged(store, span)
    compared: Counter[str] = Counter()
    for key, runs in found.items():
        _, region, field = key
        given = recorded.get(Key(region, field))
        series = SERIES[key]
        if given is None or series.history is not History.FULL or not any(at in span for at in given):
            continue
        start = max(span.start, day_span(series.first_day).start)
        expected = _grid(series, Interval(start, span.end))
        lost = {at for at in expected if _again(at)}
        values = {at for at, value in given.items() if not math.isnan(value)}
        missing = set(expected) - values - lost
        low = {at for at in missing if field == "CO2_EMISSIONS" and withheld(recorded, region, at)}
        assert slots(runs, series, State.DST_LOST) == lost - values, key
        assert slots(runs, series, State.OK, State.FROZEN) == set(expected) & values, key
        assert slots(runs, series, State.WITHHELD) == low, key
        assert slots(runs, series, State.MISSING_UPSTREAM, State.NOT_FETCHED) == missing - low, key
        compared.update({"missing": len(missing - low), "withheld": len(low), "ok": len(set(expected) & values)})
    assert compared["ok"] > 90_000
    assert compared["withheld"] > 1_000
    assert compared["missing"] > 100


def test_the_clock_change_days_give_no_false_gap(years: Judged, recorded: Recorded) -> None:
    for day in (*SPRING, *AUTUMN):
        for key, runs in years.items():
            area, region, field = key
            given = recorded.get(Key(region, field))
            if given is None or area not in {"wind", "demand", "co2", "system_generation"}:
                continue
            series = SERIES[key]
            span = day_span(day)
            bad = {at for at in slots(runs, series, State.NOT_FETCHED, State.LATE) if at in span}
            nulls = {at for at in slots(runs, series, State.MISSING_UPSTREAM) if at in span}
            assert bad == set(), key
            assert nulls <= {at for at, value in given.items() if math.isnan(value)}, key
            lost = {at for at in slots(runs, series, State.DST_LOST) if at in span}
            assert len(lost) == (4 if day in AUTUMN else 0)


def freezes(found: Judged, area: str, region: str, field: str) -> dict[str, int]:
    return {
        f"{run.span.start.astimezone(IRELAND):%Y-%m-%d %H:%M}": run.slots
        for run in found[area, region, field]
        if run.state is State.FROZEN
    }


@pytest.mark.parametrize("region", ["ALL", "ROI"])
def test_the_known_freezes_of_demand_and_wind_are_found(region: str, years: Judged) -> None:
    assert freezes(years, "demand", region, "SYSTEM_DEMAND") == FREEZES
    assert freezes(years, "wind", region, "WIND_ACTUAL") == FREEZES


def test_none_is_found_in_northern_ireland_or_in_2026(years: Judged, summer: Judged) -> None:
    assert freezes(years, "demand", "NI", "SYSTEM_DEMAND") == freezes(years, "wind", "NI", "WIND_ACTUAL") == {}
    assert {key: [run for run in runs if run.state is State.FROZEN] for key, runs in summer.items()} == {
        key: [] for key in summer
    }


def test_other_alarms_are_fewer_than_one_a_year(years: Judged) -> None:
    """A series that froze with the region's telemetry is no other alarm."""
    known = [
        run.span
        for region in ("ALL", "ROI")
        for run in years["demand", region, "SYSTEM_DEMAND"]
        if run.state is State.FROZEN
    ]
    others = {
        (key, f"{run.span.start:%Y-%m-%d %H:%M}", run.slots)
        for key, runs in years.items()
        for run in runs
        if run.state is State.FROZEN
        and not any(run.span.start < span.end and span.start < run.span.end for span in known)
    }
    # ROI's intensity stood at 310 from 02:00 to 05:15 on 7 January 2024, while its emissions and demand moved.
    assert others == {(("co2", "ROI", "CO2_INTENSITY"), "2024-01-07 02:00", 13)}


def _grid(series: Series, span: Interval) -> list[datetime]:
    count = (span.end - span.start) // series.cadence
    return [span.start + n * series.cadence for n in range(count)]


def _again(at: datetime) -> bool:
    return at.hour == 1 and at.astimezone(IRELAND).fold == 1
