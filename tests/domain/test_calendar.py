"""The calendar against the rule it must follow: summer time from 01:00 UTC on the last Sunday of March to the last of
October."""

import calendar
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.domain.calendar import (
    DAY,
    HOUR,
    Interval,
    Month,
    day_span,
    days,
    days_of,
    floor_slot,
    irish_day,
    midnight,
    month_span,
    months_of,
    second_pass,
    slots,
    slots_in_day,
    to_local,
    to_utc,
)

QUARTER = timedelta(minutes=15)
HALF_HOUR = timedelta(minutes=30)
FIVE_SECONDS = timedelta(seconds=5)

FIRST, LAST = date(2014, 1, 1), date(2035, 12, 31)
ALL_DAYS = [FIRST + n * DAY for n in range((LAST - FIRST).days + 1)]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

any_day = st.dates(FIRST, LAST)
grid_cadence = st.sampled_from([QUARTER, HALF_HOUR])
any_instant = st.datetimes(datetime(2014, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def last_sunday(year: int, month: int) -> date:
    last = date(year, month, calendar.monthrange(year, month)[1])
    return last - timedelta(days=(last.weekday() + 1) % 7)


SPRING = [last_sunday(year, 3) for year in range(2014, 2036)]
AUTUMN = [last_sunday(year, 10) for year in range(2014, 2036)]


def wall_clock(instant: datetime) -> datetime:
    """Irish wall-clock time, from the rule alone."""
    start, end = (
        datetime.combine(last_sunday(instant.year, month), datetime.min.time(), UTC) + HOUR for month in (3, 10)
    )
    naive = instant.replace(tzinfo=None)
    return naive + HOUR if start <= instant < end else naive


def instants_of(local: datetime) -> list[datetime]:
    """Every instant at which clocks in Ireland show this time: none, one or two."""
    candidates = (local.replace(tzinfo=UTC) - HOUR, local.replace(tzinfo=UTC))
    return [instant for instant in candidates if wall_clock(instant) == local]


@pytest.mark.parametrize(
    ("day", "quarters", "halves", "five_seconds"),
    [
        (date(2026, 11, 22), 96, 48, 17_280),
        (date(2026, 7, 1), 96, 48, 17_280),
        (date(2028, 2, 29), 96, 48, 17_280),
        (date(2026, 3, 29), 92, 46, 16_560),
        (date(2026, 10, 25), 100, 50, 18_000),
    ],
)
def test_a_day_has_its_exact_number_of_slots(day: date, quarters: int, halves: int, five_seconds: int) -> None:
    assert len(slots_in_day(day, QUARTER)) == quarters
    assert len(slots_in_day(day, HALF_HOUR)) == halves
    assert len(slots_in_day(day, FIVE_SECONDS)) == five_seconds


def test_only_clock_change_days_are_not_24_hours_long() -> None:
    lengths = {day: day_span(day).end - day_span(day).start for day in ALL_DAYS}
    assert [day for day in ALL_DAYS if lengths[day] == 23 * HOUR] == SPRING
    assert [day for day in ALL_DAYS if lengths[day] == 25 * HOUR] == AUTUMN
    assert set(lengths.values()) == {23 * HOUR, DAY, 25 * HOUR}


def test_days_follow_each_other_without_gap_or_overlap() -> None:
    assert all(day_span(day).end == day_span(following).start for day, following in pairwise(ALL_DAYS))


def test_every_slot_of_22_years_is_in_exactly_one_day() -> None:
    by_day = [slot for day in ALL_DAYS for slot in slots_in_day(day, HALF_HOUR)]
    assert by_day == list(slots(day_span(FIRST, LAST), HALF_HOUR))
    assert all(later - earlier == HALF_HOUR for earlier, later in pairwise(by_day))


@given(day=any_day, cadence=grid_cadence)
def test_each_slot_of_a_day_shows_that_date_on_irish_clocks(day: date, cadence: timedelta) -> None:
    found = slots_in_day(day, cadence)
    assert [wall_clock(slot).date() for slot in found] == [day] * len(found)
    assert wall_clock(found[0] - cadence).date() == day - DAY
    assert wall_clock(found[-1] + cadence).date() == day + DAY


@given(instant=any_instant, cadence=grid_cadence)
def test_a_slot_is_found_in_its_own_day_and_in_no_other(instant: datetime, cadence: timedelta) -> None:
    slot = floor_slot(instant, cadence)
    day = irish_day(slot)
    assert slots_in_day(day, cadence).count(slot) == 1
    assert slot not in slots_in_day(day - DAY, cadence)
    assert slot not in slots_in_day(day + DAY, cadence)


@given(instant=any_instant)
def test_local_time_and_instant_follow_the_rule_both_ways(instant: datetime) -> None:
    local = to_local(instant)
    assert local.replace(tzinfo=None) == wall_clock(instant)
    assert to_utc(local.replace(tzinfo=None), second_pass=bool(local.fold)) == instant
    assert irish_day(instant) == wall_clock(instant).date()


@given(
    day=st.one_of(any_day, st.sampled_from(SPRING + AUTUMN)),
    minute=st.one_of(st.integers(0, 24 * 60 - 1), st.integers(30, 150)),
)
def test_to_utc_finds_every_instant_of_a_wall_clock_time(day: date, minute: int) -> None:
    local = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    known = instants_of(local)
    assert to_utc(local) == (known[0] if known else None)
    assert to_utc(local, second_pass=True) == (known[-1] if known else None)


@pytest.mark.parametrize("day", SPRING)
def test_the_hour_that_spring_skips_does_not_exist(day: date) -> None:
    one = datetime.combine(day, datetime.min.time()) + HOUR
    for minute in (0, 15, 59):
        assert to_utc(one + timedelta(minutes=minute)) is None
        assert to_utc(one + timedelta(minutes=minute), second_pass=True) is None
    assert to_utc(one - QUARTER) == datetime(day.year, 3, day.day, 0, 45, tzinfo=UTC)
    assert to_utc(one + HOUR) == datetime(day.year, 3, day.day, 1, tzinfo=UTC)
    assert second_pass(day) is None


@pytest.mark.parametrize("day", AUTUMN)
def test_the_doubled_hour_of_october_has_two_passes(day: date) -> None:
    one = datetime.combine(day, datetime.min.time()) + HOUR
    assert to_utc(one) == datetime(day.year, 10, day.day, 0, tzinfo=UTC)
    assert to_utc(one, second_pass=True) == datetime(day.year, 10, day.day, 1, tzinfo=UTC)
    assert to_utc(one + HOUR) == datetime(day.year, 10, day.day, 2, tzinfo=UTC)


@pytest.mark.parametrize("day", AUTUMN)
@pytest.mark.parametrize(("cadence", "lost"), [(QUARTER, 4), (HALF_HOUR, 2), (FIVE_SECONDS, 720)])
def test_the_second_pass_is_01_to_02_utc(day: date, cadence: timedelta, lost: int) -> None:
    span = second_pass(day)
    start = datetime(day.year, 10, day.day, 1, tzinfo=UTC)
    assert span == Interval(start, start + HOUR)
    again = list(slots(span, cadence))
    assert len(again) == lost
    assert [wall_clock(slot) for slot in again] == [wall_clock(slot - HOUR) for slot in again]


def test_no_other_day_has_a_second_pass() -> None:
    assert [day for day in ALL_DAYS if second_pass(day) is not None] == AUTUMN


def test_a_month_starts_at_irish_midnight() -> None:
    assert month_span(Month(2026, 7)).start == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert month_span(Month(2026, 1)).start == datetime(2026, 1, 1, tzinfo=UTC)
    # Clocks change on the last Sunday: October starts in summer time and ends in winter time.
    assert month_span(Month(2026, 10)) == Interval(
        datetime(2026, 9, 30, 23, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    )


@given(day=any_day)
def test_a_month_knows_its_first_and_last_day(day: date) -> None:
    month = Month.of(day)
    assert month.first == day.replace(day=1)
    assert month.last == day.replace(day=calendar.monthrange(day.year, day.month)[1])
    assert month.following == Month.of(month.last + DAY)
    assert month_span(month).end == month_span(month.following).start
    assert day_span(day).start in month_span(month)
    assert day_span(day).end - QUARTER in month_span(month)


@given(any_instant, st.integers(1, 200_000_000))
def test_the_months_of_a_span_are_those_of_its_days(start: datetime, seconds: int) -> None:
    span = Interval(start, start + timedelta(seconds=seconds))
    assert months_of(span) == list(dict.fromkeys(Month.of(day) for day in days_of(span)))


def test_months_sort_and_read_as_people_write_them() -> None:
    assert str(Month(2026, 3)) == "2026-03"
    assert Month(2026, 12).following == Month(2027, 1)
    assert Month(2026, 12) < Month(2027, 1)


@pytest.mark.parametrize(("year", "last"), [(2024, 29), (2026, 28), (2028, 29), (2032, 29)])
def test_february_ends_on_its_leap_day_when_there_is_one(year: int, last: int) -> None:
    assert Month(year, 2).last == date(year, 2, last)
    assert len(list(slots(month_span(Month(year, 2)), QUARTER))) == last * 96


def test_days_are_inclusive_and_empty_when_reversed() -> None:
    assert days(date(2027, 12, 31), date(2028, 1, 1)) == [date(2027, 12, 31), date(2028, 1, 1)]
    assert days(date(2026, 1, 2), date(2026, 1, 2)) == [date(2026, 1, 2)]
    assert days(date(2026, 1, 2), date(2026, 1, 1)) == []


def test_a_span_of_days_is_the_sum_of_its_days() -> None:
    week = day_span(date(2026, 10, 24), date(2026, 10, 26))
    assert week.end - week.start == 73 * HOUR
    assert midnight(date(2026, 10, 25)) == datetime(2026, 10, 24, 23, tzinfo=UTC)
    assert midnight(date(2026, 10, 26)) == datetime(2026, 10, 26, tzinfo=UTC)


@given(instant=any_instant, cadence=st.sampled_from([FIVE_SECONDS, QUARTER, HALF_HOUR, HOUR]))
def test_the_slot_of_an_instant_is_on_the_grid_and_at_most_a_cadence_before(
    instant: datetime, cadence: timedelta
) -> None:
    slot = floor_slot(instant, cadence)
    assert (slot - EPOCH) % cadence == timedelta(0)
    assert slot <= instant < slot + cadence
    assert floor_slot(slot, cadence) == slot


@given(start=any_instant, length=st.timedeltas(timedelta(0), timedelta(hours=30)), cadence=grid_cadence)
def test_slots_are_those_of_the_grid_in_a_half_open_span(
    start: datetime, length: timedelta, cadence: timedelta
) -> None:
    span = Interval(start, start + length)
    first = floor_slot(start, cadence) - cadence
    around = [first + n * cadence for n in range(length // cadence + 4)]
    assert list(slots(span, cadence)) == [slot for slot in around if start <= slot < start + length]


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    span = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    assert span.start in span
    assert span.end not in span
    assert span.end - timedelta(microseconds=1) in span
