from datetime import UTC, datetime, timedelta

import pytest

from include.sources.eirgrid.stamps import instant_of, parse_stamp


@pytest.mark.parametrize(
    ("stamp", "parts"),
    [
        ("22-Nov-2026 20:15:00", (2026, 11, 22, 20, 15, 0)),
        ("22-nov-2026 20:15", (2026, 11, 22, 20, 15, 0)),
        ("05-02-2026 20:15:05", (2026, 2, 5, 20, 15, 5)),
        ("01-Jan-2014", (2014, 1, 1, 0, 0, 0)),
        (" 29-Feb-2024 23:59:59 ", (2024, 2, 29, 23, 59, 59)),
    ],
)
def test_both_spellings_are_read_day_first(stamp: str, parts: tuple[int, int, int, int, int, int]) -> None:
    read = parse_stamp(stamp)
    assert (read.year, read.month, read.day, read.hour, read.minute, read.second) == parts
    assert read.tzinfo is None


@pytest.mark.parametrize("name", ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
def test_every_month_has_its_english_name(name: str) -> None:
    spelt = parse_stamp(f"01-{name.title()}-2026 00:00:00")
    assert f"{spelt:%b}".lower() == name


@pytest.mark.parametrize(
    "stamp",
    [
        "", "noon", "2026-11-22 20:15:00", "22/11/2026 20:15:00", "22-Nov-26 20:15:00", "31-Nov-2026 00:00:00",
        "29-Feb-2026 00:00:00", "22-Nov-2026 24:00:00", "22-Nov-2026 20", "22-Nov-2026 20:15:00:00",
        "22-Okt-2026 20:15:00", "22-13-2026 20:15:00", "22-Nov-2026T20:15:00",
    ],
)  # fmt: skip
def test_anything_else_is_no_stamp(stamp: str) -> None:
    with pytest.raises(ValueError, match=r"not |must be|invalid|out of range"):
        parse_stamp(stamp)


@pytest.mark.parametrize(
    ("stamp", "utc"),
    [
        ("22-Nov-2026 20:15:00", "2026-11-22T20:15:00+00:00"),
        ("03-Jul-2026 00:00:00", "2026-07-02T23:00:00+00:00"),
        ("29-Mar-2026 00:45:00", "2026-03-29T00:45:00+00:00"),
        ("29-Mar-2026 02:00:00", "2026-03-29T01:00:00+00:00"),
        ("25-Oct-2026 01:30:00", "2026-10-25T00:30:00+00:00"),
        ("25-Oct-2026 02:00:00", "2026-10-25T02:00:00+00:00"),
    ],
)
def test_a_stamp_is_irish_time(stamp: str, utc: str) -> None:
    assert instant_of(parse_stamp(stamp)) == datetime.fromisoformat(utc)


@pytest.mark.parametrize("minute", [0, 15, 30, 45])
def test_the_hour_that_spring_skips_has_no_instant(minute: int) -> None:
    assert instant_of(parse_stamp(f"29-Mar-2026 01:{minute:02d}:00")) is None


def test_the_second_pass_of_the_doubled_hour_is_an_hour_later() -> None:
    stamp = parse_stamp("25-Oct-2026 01:15:00")
    first, second = instant_of(stamp), instant_of(stamp, second_pass=True)
    assert first == datetime(2026, 10, 25, 0, 15, tzinfo=UTC)
    assert second is not None
    assert first is not None
    assert second - first == timedelta(hours=1)
