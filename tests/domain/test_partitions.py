"""Partitions and units: their spans, labels and order."""

from datetime import UTC, date, datetime, timedelta

import pytest

from include.domain.calendar import DAY, Interval, Month
from include.domain.readings import Outcome, Partition, Unit

WIND = Partition("eirgrid", "wind", "ROI", Month(2026, 11))
FREQUENCY = Partition("eirgrid", "frequency", "ROI", Month(2026, 10), 25)


def test_a_month_partition_spans_its_irish_month() -> None:
    july = Partition("eirgrid", "wind", "ROI", Month(2026, 7))
    assert july.span == Interval(datetime(2026, 6, 30, 23, tzinfo=UTC), datetime(2026, 7, 31, 23, tzinfo=UTC))


@pytest.mark.parametrize(("month", "day", "hours"), [(10, 25, 25), (3, 29, 23), (2, 28, 24)])
def test_a_day_partition_spans_its_irish_day(month: int, day: int, hours: int) -> None:
    span = Partition("eirgrid", "frequency", "ROI", Month(2026, month), day).span
    assert span.end - span.start == timedelta(hours=hours)


def test_a_period_and_label_read_as_people_write_them() -> None:
    assert WIND.period == "2026-11"
    assert Partition("eirgrid", "frequency", "ROI", Month(2026, 2), 3).period == "2026-02-03"
    assert Unit(WIND, date(2026, 11, 21), date(2026, 11, 24)).label == "wind · ROI · 2026-11-21 to 24"
    assert Unit(WIND, date(2026, 11, 1), date(2026, 11, 30)).label == "wind · ROI · 2026-11"
    assert Unit(FREQUENCY, date(2026, 10, 25), date(2026, 10, 25)).label == "frequency · ROI · 2026-10-25"


def test_a_unit_holds_the_days_from_first_to_last() -> None:
    first = date(2026, 11, 21)
    assert Unit(WIND, first, first + DAY).days == [first, first + DAY]


def test_partitions_and_units_sort_in_time() -> None:
    december = Partition("eirgrid", "wind", "ROI", Month(2026, 12))
    early, late = (Unit(WIND, date(2026, 11, day), date(2026, 11, 30)) for day in (1, 2))
    assert sorted([december, WIND]) == [WIND, december]
    assert sorted([late, early]) == [early, late]


def test_only_a_broken_contract_and_our_own_errors_need_a_person() -> None:
    assert {one for one in Outcome if one.is_ours} == {Outcome.CONTRACT_BROKEN, Outcome.OUR_ERROR}
