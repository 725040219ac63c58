"""Wall-clock time against the time zone database."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dev.upstream.irish_time import (
    grid,
    local_seconds,
    month_number,
    second_pass,
    skipped,
    stamp_texts,
    to_local,
    to_utc,
)

DUBLIN = ZoneInfo("Europe/Dublin")
INSTANTS = st.datetimes(datetime(2014, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def _array(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([int(seconds)], dtype=np.int64)


def _wall(moment: datetime) -> int:
    return int(moment.astimezone(DUBLIN).replace(tzinfo=UTC).timestamp())


@given(INSTANTS)
def test_local_time_is_dublins(moment: datetime) -> None:
    assert to_local(_array(moment.timestamp()))[0] == _wall(moment)
    assert local_seconds(moment) == _wall(moment)


@given(INSTANTS)
def test_a_wall_clock_stamp_leads_back_to_its_first_pass(moment: datetime) -> None:
    stamp = _array(_wall(moment))
    again = moment.astimezone(DUBLIN).replace(fold=0)
    assert to_utc(stamp)[0] == int(again.timestamp())
    assert bool(second_pass(_array(moment.timestamp()))[0]) == (moment.astimezone(DUBLIN).fold == 1)


def test_march_skips_an_hour_and_no_other_day_does() -> None:
    day = grid(
        int(datetime(2026, 3, 29, tzinfo=UTC).timestamp()),
        int(datetime(2026, 3, 30, tzinfo=UTC).timestamp()),
        900,
    )
    assert [text[12:17] for text in stamp_texts(day[skipped(day)])] == ["01:00", "01:15", "01:30", "01:45"]
    assert not skipped(day + 86_400).any()


def test_stamps_are_written_both_ways() -> None:
    stamps = _array(datetime(2023, 11, 4, 0, 15, 5, tzinfo=UTC).timestamp())
    assert stamp_texts(stamps) == ["04-Nov-2023 00:15:05"]
    assert stamp_texts(stamps, style="numeric") == ["04-11-2023 00:15:05"]


def test_month_names_in_any_case() -> None:
    assert [month_number(name) for name in ("Jan", "DEC", "may", "Foo")] == [1, 12, 5, None]
