"""The live ticks, and the Irish days of a backfill."""

from datetime import UTC, date, datetime, timedelta

import pytest
from irish_day_timetable import LiveAndIrishDays, irish_day, last_tick, midnight

pytest.importorskip("airflow")

from airflow.timetables.base import DataInterval, TimeRestriction
from pendulum import instance

from include.domain import calendar


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def walk(first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
    timetable = LiveAndIrishDays()
    restriction = TimeRestriction(instance(first), instance(last), catchup=True)
    found: list[tuple[datetime, datetime]] = []
    interval = None
    while info := timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction):
        interval = info.data_interval
        found.append((interval.start, interval.end))
    return found


def test_a_backfill_makes_one_run_per_irish_day_also_at_the_clock_change() -> None:
    runs = walk(utc(2026, 10, 24), utc(2026, 10, 26))
    assert [start for start, _ in runs] == [utc(2026, 10, 23, 23), utc(2026, 10, 24, 23), utc(2026, 10, 26)]
    assert [(end - start).total_seconds() / 900 for start, end in runs] == [96, 100, 96]


def test_a_backfill_of_june_makes_thirty_runs() -> None:
    assert len(walk(utc(2026, 6, 1), utc(2026, 6, 30))) == 30


@pytest.mark.parametrize(
    ("now", "tick"),
    [
        (utc(2026, 11, 22, 20, 7), utc(2026, 11, 22, 20, 3)),
        (utc(2026, 11, 22, 20, 3), utc(2026, 11, 22, 20, 3)),
        (utc(2026, 11, 22, 20, 2, 59), utc(2026, 11, 22, 19, 48)),
        (utc(2026, 11, 22, 0, 1), utc(2026, 11, 21, 23, 48)),
    ],
)
def test_ticks_are_minutes_3_18_33_and_48(now: datetime, tick: datetime) -> None:
    assert last_tick(now) == tick


def live(last: DataInterval | None) -> datetime:
    restriction = TimeRestriction(instance(utc(2014, 1, 1)), None, catchup=False)
    info = LiveAndIrishDays().next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
    assert info is not None
    assert info.data_interval is not None
    assert info.data_interval.start == info.data_interval.end == info.run_after
    tick: datetime = info.run_after
    return tick


def test_the_first_live_run_is_the_tick_that_has_just_passed() -> None:
    assert datetime.now(UTC) - timedelta(minutes=15, seconds=5) <= live(None) <= datetime.now(UTC)


def test_live_ticks_follow_each_other_and_missed_ones_are_left_out() -> None:
    newest = last_tick(datetime.now(UTC))
    assert live(DataInterval.exact(instance(newest))) == newest + timedelta(minutes=15)
    assert live(DataInterval.exact(instance(newest - timedelta(hours=5)))) in {newest, newest + timedelta(minutes=15)}


def test_a_backfilled_day_does_not_stop_the_live_ticks() -> None:
    today = irish_day(datetime.now(UTC))
    backfilled = DataInterval(instance(midnight(today)), instance(midnight(today + timedelta(days=1))))
    assert live(backfilled) - datetime.now(UTC) <= timedelta(minutes=15)


def test_no_tick_is_a_days_start() -> None:
    day = date(2026, 1, 1)
    for _ in range(366):
        assert last_tick(midnight(day)) != midnight(day)
        day += timedelta(days=1)


def test_its_days_are_the_domains_days() -> None:
    day = date(2014, 1, 1)
    while day <= date(2035, 12, 31):
        assert midnight(day) == calendar.midnight(day)
        assert irish_day(midnight(day)) == day
        day += timedelta(days=1)


def test_tests_can_keep_the_live_schedule_at_its_first_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRID_LIVE_RUNS", "first")
    newest = instance(last_tick(datetime.now(UTC)))
    assert live(None) >= newest
    restriction = TimeRestriction(instance(utc(2014, 1, 1)), None, catchup=False)
    made = DataInterval.exact(newest)
    assert LiveAndIrishDays().next_dagrun_info(last_automated_data_interval=made, restriction=restriction) is None
    assert len(walk(utc(2026, 6, 1), utc(2026, 6, 30))) == 30, "a backfill is not held"
