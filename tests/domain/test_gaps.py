"""The state of every expected slot: by what is stored, by the clock, by the calendar, by what was given up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.domain.calendar import Interval, day_span, second_passes, slots
from include.domain.catalogue import series
from include.domain.gaps import (
    Evidence,
    Held,
    Run,
    State,
    Stretch,
    by_day,
    frozen_spans,
    judge,
    slots_in,
)

WIND = series("wind", "ROI", "WIND_ACTUAL")
FREQUENCY = series("frequency", "ROI", "SYS_FREQUENCY")
QUARTER = timedelta(minutes=15)
DAY = day_span(date(2026, 11, 3))
LATER = datetime(2026, 11, 10, tzinfo=UTC)


def at(hour: int, minute: int = 0, *, day: int = 3) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def told(runs: Sequence[Run]) -> list[tuple[str, str, int]]:
    return [(run.state.value, f"{run.span.start:%d %H:%M}", run.slots) for run in runs]


def wind(*stretches: Stretch, now: datetime = LATER, window: Interval = DAY) -> list[tuple[str, str, int]]:
    return told(judge(WIND, Evidence(stretches), window=window, now=now))


def test_a_whole_day_is_ok_and_an_empty_one_was_not_fetched() -> None:
    assert wind(Stretch(DAY, Held.VALUE)) == [("ok", "03 00:00", 96)]
    assert wind() == [("not_fetched", "03 00:00", 96)]


def test_a_single_slot_is_a_gap() -> None:
    first, rest = Interval(DAY.start, at(9)), Interval(at(9, 15), DAY.end)
    assert wind(Stretch(first, Held.VALUE), Stretch(rest, Held.VALUE)) == [
        ("ok", "03 00:00", 36),
        ("not_fetched", "03 09:00", 1),
        ("ok", "03 09:15", 59),
    ]


@pytest.mark.parametrize(
    ("held", "state"),
    [(Held.NULL, "missing_upstream"), (Held.WITHHELD, "withheld"), (Held.UNSETTLED, "late"), (None, "not_fetched")],
)
def test_what_is_held_decides(held: Held | None, state: str) -> None:
    assert wind(Stretch(DAY, held)) == [(state, "03 00:00", 96)]


def test_the_clock_decides_of_what_is_not_there() -> None:
    """At 12:07 the slot of 11:30 is due (ended at 11:45, and a quarter-hour of lag), that of 11:45 is not."""
    found = wind(now=at(12, 7))
    assert found == [("not_fetched", "03 00:00", 23), ("late", "03 05:45", 24), ("pending", "03 11:45", 2)]
    unsettled = wind(Stretch(Interval(DAY.start, at(12, 15)), Held.UNSETTLED), now=at(12, 7))
    assert unsettled == [("late", "03 00:00", 47), ("pending", "03 11:45", 2)]


def test_the_second_pass_of_october_is_lost_unless_upstream_sent_it() -> None:
    october = day_span(date(2026, 10, 25))
    again = datetime(2026, 10, 25, 1, tzinfo=UTC)
    lost = [
        Stretch(Interval(october.start, again), Held.VALUE),
        Stretch(Interval(again + 4 * QUARTER, october.end), Held.VALUE),
    ]
    assert wind(*lost, window=october) == [("ok", "24 23:00", 8), ("dst_lost", "25 01:00", 4), ("ok", "25 02:00", 88)]
    assert wind(Stretch(october, Held.VALUE), window=october) == [("ok", "24 23:00", 100)]
    assert [count for _, _, count in wind(window=october)] == [8, 4, 88]


def test_spring_has_92_slots_and_nothing_lost() -> None:
    assert wind(window=day_span(date(2026, 3, 29))) == [("not_fetched", "29 00:00", 92)]


def test_nothing_is_expected_before_the_first_day_nor_of_a_series_without_a_past() -> None:
    greenlink = series("interconnection", "ALL", "INTER_GRNLK")
    window = day_span(date(2025, 1, 30), date(2025, 2, 1))
    assert told(judge(greenlink, Evidence(), window=window, now=LATER)) == [("not_fetched", "01 00:00", 96)]
    ahead = series("demand", "ROI", "DEMAND_FORECAST_VALUE")
    assert judge(ahead, Evidence(), window=window, now=LATER) == []


def test_a_snapshot_is_judged_by_the_age_of_the_newest() -> None:
    gas = series("generation", "ROI", "FUEL_GAS")
    newest = Evidence([Stretch(Interval(at(9), at(9, 15)), Held.VALUE)])
    assert judge(gas, newest, window=DAY, now=at(9, 40)) == []
    assert told(judge(gas, newest, window=DAY, now=at(12))) == [("late", "03 09:15", 12)]
    assert told(judge(gas, Evidence(), window=DAY, now=at(12))) == [("late", "03 00:00", 49)], "none in the window"
    left_out = Evidence([Stretch(Interval(at(9), at(9, 15)), None)])
    assert judge(gas, left_out, window=DAY, now=at(12)) == []
    assert judge(gas, newest, window=DAY, now=at(12) + timedelta(days=3)) == [], "a window that is over"


def test_what_was_given_up_is_permanent_in_that_state_only() -> None:
    hole = Interval(at(2), at(3))
    final = {State.MISSING_UPSTREAM: [Run(State.MISSING_UPSTREAM, hole, 4)]}
    null = Evidence([Stretch(DAY, Held.NULL)], given_up=final)
    assert told(judge(WIND, null, window=DAY, now=LATER)) == [
        ("missing_upstream", "03 00:00", 8),
        ("permanent", "03 02:00", 4),
        ("missing_upstream", "03 03:00", 84),
    ]
    assert told(judge(WIND, replace(null, stretches=()), window=DAY, now=LATER)) == [("not_fetched", "03 00:00", 96)]


def test_frequency_is_counted_in_hours_and_its_gaps_in_slots() -> None:
    partly = [
        Stretch(Interval(DAY.start, at(3)), Held.VALUE),
        Stretch(Interval(at(3), at(4)), None, 7),
        Stretch(Interval(at(4), at(5)), Held.NULL, 2),
    ]
    assert told(judge(FREQUENCY, Evidence(partly), window=DAY, now=at(6, day=4))) == [
        ("ok", "03 00:00", 2160),
        ("not_fetched", "03 03:00", 7),
        ("missing_upstream", "03 04:00", 2),
        ("not_fetched", "03 05:00", 720 * 18),
        ("late", "03 23:00", 720),
    ]


def test_hours_in_part_are_not_counted_together_over_midnight() -> None:
    two = day_span(date(2026, 11, 3), date(2026, 11, 4))
    midnight = at(0, day=4)
    parts = [
        Stretch(Interval(DAY.start, at(23)), Held.VALUE),
        Stretch(Interval(at(23), midnight), Held.NULL, 3),
        Stretch(Interval(midnight, at(1, day=4)), Held.NULL, 2),
        Stretch(Interval(at(1, day=4), two.end), Held.VALUE),
    ]
    runs = judge(FREQUENCY, Evidence(parts), window=two, now=LATER)
    by = [(day.day, run.state.value, run.slots) for day, run in by_day(runs, FREQUENCY)]
    assert by == [(3, "ok", 23 * 720), (3, "missing_upstream", 3), (4, "missing_upstream", 2), (4, "ok", 23 * 720)]


def test_a_joint_freeze_needs_four_slots_of_both_and_neighbours_stay_apart() -> None:
    demand, wind_key = ("demand", "ROI", "SYSTEM_DEMAND"), WIND.key
    flats = {
        demand: [Interval(at(2), at(3)), Interval(at(3), at(4)), Interval(at(8), at(9))],
        wind_key: [Interval(at(1, 45), at(3)), Interval(at(3), at(4, 30)), Interval(at(8, 15), at(9))],
    }
    both = [Interval(at(2), at(3)), Interval(at(3), at(4))]
    assert frozen_spans(flats, WIND) == both
    assert frozen_spans(flats, series(*demand)) == both
    assert frozen_spans(flats, series("wind", "NI", "WIND_ACTUAL")) == []
    runs = judge(WIND, Evidence([Stretch(DAY, Held.VALUE)], frozen=both), window=DAY, now=LATER)
    assert [(run.state.value, run.slots) for run in runs] == [("ok", 8), ("frozen", 4), ("frozen", 4), ("ok", 80)]


def test_one_series_is_frozen_when_it_rests_for_too_long_and_an_interconnector_never() -> None:
    long = [Interval(at(0), at(23))]
    intensity, ewic = series("co2", "ROI", "CO2_INTENSITY"), series("interconnection", "ALL", "INTER_EWIC")
    assert frozen_spans({intensity.key: long}, intensity) == long
    assert frozen_spans({intensity.key: [Interval(at(0), at(2))]}, intensity) == []
    assert frozen_spans({ewic.key: long}, ewic) == []


KINDS = st.sampled_from([*Held, None, "hole"])


@given(st.lists(st.tuples(st.integers(1, 40), KINDS), max_size=30), st.integers(0, 5 * 96))
def test_every_expected_slot_has_exactly_one_state(parts: list[tuple[int, Held | None]], age: int) -> None:
    window = day_span(date(2026, 10, 24), date(2026, 10, 27))
    now = window.start + age * QUARTER
    start, stretches = window.start, []
    for length, held in parts:
        end = start + length * QUARTER
        if held != "hole":
            stretches.append(Stretch(Interval(start, end), held))
        start = end
    runs = judge(WIND, Evidence(stretches), window=window, now=now)
    expected = list(slots(Interval(window.start, min(window.end, now + QUARTER)), QUARTER))
    covered = [slot for run in runs for slot in slots(run.span, QUARTER)]
    assert covered == expected
    assert all(run.slots == slots_in(WIND, run.span) for run in runs)
    assert sum(run.slots for _, run in by_day(runs, WIND)) == len(expected)


def test_the_doubled_hours_of_a_span() -> None:
    span = day_span(date(2020, 1, 1), date(2026, 12, 31))
    assert [again.start for again in second_passes(span)] == [
        datetime(year, 10, day, 1, tzinfo=UTC)
        for year, day in ((2020, 25), (2021, 31), (2022, 30), (2023, 29), (2024, 27), (2025, 26), (2026, 25))
    ]
    assert second_passes(DAY) == []
