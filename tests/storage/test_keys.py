"""Where each thing lies, exactly, and which partitions a span touches."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.domain.calendar import Interval, Month, day_span, floor_slot, slots
from include.domain.catalogue import AREAS, area
from include.domain.readings import Partition
from include.storage.keys import month_prefix, outcomes_key, partitions_of, readings_key, summary_key

WIND = Partition("eirgrid", "wind", "ROI", Month(2026, 11))
FREQUENCY = Partition("eirgrid", "frequency", "ROI", Month(2026, 11), 22)


def periods(area_name: str, start: str, end: str) -> list[str]:
    span = Interval(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return [one.period for one in partitions_of("eirgrid", area(area_name), "ROI", span)]


def test_keys_are_as_documented() -> None:
    month = "source=eirgrid/area=wind/region=ROI/year=2026/month=11"
    day = "source=eirgrid/area=frequency/region=ROI/year=2026/month=11/day=22"
    assert readings_key(WIND) == f"readings/{month}/data.parquet"
    assert readings_key(FREQUENCY) == f"readings/{day}/data.parquet"
    assert outcomes_key(WIND) == f"outcomes/{month}.json"
    assert outcomes_key(FREQUENCY) == f"outcomes/{day}.json"
    assert summary_key("wind") == "summaries/wind/latest.json"


def test_months_and_days_have_two_digits() -> None:
    early = Partition("eirgrid", "frequency", "ROI", Month(2026, 3), 1)
    assert "/year=2026/month=03/day=01/" in readings_key(early)


def test_all_days_of_a_month_lie_below_its_prefix_and_no_other_month_does() -> None:
    prefix = month_prefix(FREQUENCY)
    assert readings_key(FREQUENCY).startswith(prefix)
    assert month_prefix(Partition("eirgrid", "frequency", "ROI", Month(2026, 11), 1)) == prefix
    assert not readings_key(Partition("eirgrid", "frequency", "ROI", Month(2026, 1), 1)).startswith(prefix)
    assert readings_key(WIND).startswith(month_prefix(WIND))


def test_no_two_partitions_share_a_key() -> None:
    span = day_span(date(2025, 12, 30), date(2026, 2, 2))
    every = [
        partition
        for one in AREAS
        for region in one.regions
        for partition in partitions_of("eirgrid", one, region, span)
    ]
    assert len({readings_key(one) for one in every} | {outcomes_key(one) for one in every}) == 2 * len(set(every))
    assert len(set(every)) == len(every)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2026-11-22T00:00Z", "2026-11-22T00:15Z", ["2026-11"]),
        # Ireland is an hour ahead: July starts at 23:00 UTC on 30 June.
        ("2026-06-30T22:45Z", "2026-06-30T23:00Z", ["2026-06"]),
        ("2026-06-30T22:45Z", "2026-06-30T23:15Z", ["2026-06", "2026-07"]),
        ("2026-06-30T23:00Z", "2026-06-30T23:15Z", ["2026-07"]),
        ("2025-12-31T23:45Z", "2026-01-01T00:15Z", ["2025-12", "2026-01"]),
        ("2025-12-31T23:45Z", "2026-01-01T00:00Z", ["2025-12"]),
        ("2026-03-28T00:00Z", "2026-03-31T22:59Z", ["2026-03"]),
        ("2026-03-28T00:00Z", "2026-03-31T23:01Z", ["2026-03", "2026-04"]),
        ("2026-09-30T22:00Z", "2026-11-01T00:00Z", ["2026-09", "2026-10"]),
        ("2026-11-22T00:15Z", "2026-11-22T00:15Z", []),
        ("2026-11-22T00:15Z", "2026-11-22T00:00Z", []),
    ],
)
def test_a_span_touches_these_months(start: str, end: str, months: list[str]) -> None:
    assert periods("wind", start, end) == months


@pytest.mark.parametrize(
    ("start", "end", "touched"),
    [
        ("2026-03-28T23:59Z", "2026-03-29T00:01Z", ["2026-03-28", "2026-03-29"]),
        ("2026-03-29T22:59Z", "2026-03-29T23:01Z", ["2026-03-29", "2026-03-30"]),
        ("2026-10-24T22:59Z", "2026-10-24T23:01Z", ["2026-10-24", "2026-10-25"]),
        ("2026-10-24T23:00Z", "2026-10-26T00:00Z", ["2026-10-25"]),
        ("2026-10-25T23:59Z", "2026-10-26T00:01Z", ["2026-10-25", "2026-10-26"]),
        ("2028-02-28T12:00Z", "2028-03-01T12:00Z", ["2028-02-28", "2028-02-29", "2028-03-01"]),
    ],
)
def test_a_span_touches_these_days(start: str, end: str, touched: list[str]) -> None:
    assert periods("frequency", start, end) == touched


@given(
    start=st.datetimes(datetime(2014, 1, 1), datetime(2035, 10, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    length=st.timedeltas(timedelta(microseconds=1), timedelta(days=70)),
    name=st.sampled_from(["wind", "frequency"]),
)
def test_partitions_tile_a_span_and_none_is_idle(start: datetime, length: timedelta, name: str) -> None:
    span = Interval(start, start + length)
    found = partitions_of("eirgrid", area(name), "ROI", span)
    assert all(one.span.end == following.span.start for one, following in pairwise(found))
    assert found[0].span.start <= span.start < found[0].span.end
    assert found[-1].span.start < span.end <= found[-1].span.end


@given(instant=st.datetimes(datetime(2014, 1, 1), datetime(2035, 12, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_slot_lies_in_one_partition(instant: datetime) -> None:
    slot = floor_slot(instant, timedelta(minutes=15))
    near = Interval(slot - timedelta(days=40), slot + timedelta(days=40))
    holding = [one for one in partitions_of("eirgrid", area("wind"), "ROI", near) if slot in one.span]
    assert len(holding) == 1
    assert slot in list(slots(holding[0].span, timedelta(minutes=15)))
