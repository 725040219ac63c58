"""Upstream's time stamps: Irish wall-clock time without an offset, in two spellings."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from include.domain.calendar import Interval, from_microseconds, microseconds, offsets, to_utc
from include.sources.columns import Ints

MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}


NAMES: Final = {number: name.title() for name, number in MONTHS.items()}


def spelled(day: date) -> str:
    """A day as upstream's requests spell it: `22-Nov-2026`. `strftime` would follow the machine's locale."""
    return f"{day.day:02d}-{NAMES[day.month]}-{day.year}"


# ASCII digits only: int() takes "1_0", " 5" and the digits of every script.
_STAMP: Final = re.compile(
    r"(\d{1,2})-([A-Za-z]{3}|\d{1,2})-(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?", flags=re.ASCII
)


@lru_cache(maxsize=40_000)
def parse_stamp(stamp: str) -> datetime:
    """`22-Nov-2026 20:15:00` or, day first, `22-11-2026 20:15:00`, as a datetime without zone. ValueError otherwise.

    `strptime` would follow the machine's locale.
    """
    found = _STAMP.fullmatch(stamp.strip())
    if found is None:
        raise ValueError(f"not DD-Mon-YYYY HH:MM:SS or DD-MM-YYYY HH:MM:SS: {stamp[:60]!r}")
    day, month, year, *clock = found.groups(default="0")
    number = int(month) if month.isdigit() else MONTHS.get(month.lower(), 0)
    hour, minute, second = map(int, clock)
    return datetime(int(year), number, int(day), hour, minute, second)  # noqa: DTZ001  upstream's clock


NOWHERE: Final = np.iinfo(np.int64).min
"""In place of the instant of a wall-clock time that the spring change skips."""

_SECOND: Final = 1_000_000
# A date is a run of rows, or a day of them; the clock that follows is always as long.
_WIDTHS: Final = (len("22-11-2026 20:15:00"), len("22-Nov-2026 20:15:00"))
_CLOCK: Final = len(" 20:15:00\n")
_REMEMBERED: Final = 300_000
"""Letters of stamps that are remembered. Those of a month of quarter-hours, or of yesterday and today, come again for
each area and region; those of days of 5-second values do not, and are millions."""
_MARKS: Final = np.array([[ord(mark)] for mark in " ::\n"], dtype=np.uint8)


def parse_stamps(stamps: Sequence[str]) -> Ints:
    """`parse_stamp` of each, as microseconds of Irish wall-clock time since 1970. ValueError when one is no stamp."""
    try:
        return _parse_alike(stamps)
    except ValueError:
        return np.array([wall_clock(parse_stamp(one)) for one in stamps], dtype=np.int64)


def wall_clock(local: datetime) -> int:
    """A time without zone as microseconds of wall-clock time since 1970."""
    return microseconds(local.replace(tzinfo=UTC))


def unzoned(wall: int) -> datetime:
    """Microseconds of wall-clock time since 1970 as a time without zone."""
    return from_microseconds(wall).replace(tzinfo=None)


def _parse_alike(stamps: Sequence[str]) -> Ints:
    """Stamps of one length with a full clock each. ValueError for any others."""
    width = len(stamps[0]) if stamps else 0
    text, line = "\n".join([*stamps, ""]), width + 1
    if width not in _WIDTHS or len(text) != len(stamps) * line:
        raise ValueError("not alike")
    return (_parse_again if len(text) <= _REMEMBERED else _parse_lines)(text, line)


def _parse_lines(text: str, line: int) -> Ints:
    """Stamps with a full clock, each in a line of so many letters; a date is read once per run of it."""
    letters = np.ascontiguousarray(np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(-1, line).T)
    day, clock = letters[:-_CLOCK], letters[-_CLOCK:]
    # Each line ends where a stamp does, unless a date holds a line's end: then it is none.
    marks, digits = clock[[0, 3, 6, 9]], clock[[1, 2, 4, 5, 7, 8]] - ord("0")
    if (marks != _MARKS).any() or (digits > 9).any():
        raise ValueError("not HH:MM:SS")
    hours, minutes, seconds = (digits[::2] * 10 + digits[1::2]).astype(np.int64)
    if hours.max() > 23 or minutes.max() > 59 or seconds.max() > 59:
        raise ValueError("no time of day")
    starts = np.flatnonzero(np.append(True, (day[:, 1:] != day[:, :-1]).any(axis=0)))
    midnights = [_midnight(text[start * line : (start + 1) * line - _CLOCK]) for start in starts.tolist()]
    of_row = np.repeat(np.array(midnights, dtype=np.int64), np.diff(np.append(starts, len(text) // line)))
    walls: Ints = of_row + ((hours * 60 + minutes) * 60 + seconds) * _SECOND
    walls.setflags(write=False)
    return walls


_parse_again = lru_cache(maxsize=32)(_parse_lines)


@lru_cache(maxsize=1000)
def _midnight(day: str) -> int:
    if day != day.strip():
        raise ValueError("not a date alone")
    return wall_clock(parse_stamp(day))


def instants_of(walls: Ints, span: Interval) -> tuple[Ints, Ints]:
    """The UTC instants of the stamps' first and of their second pass, where they lie in the span; NOWHERE elsewhere.

    The two differ in October's doubled hour only.
    """
    stretches = _stretches(span)
    if len(stretches) == 1:
        ((since, end, shift),) = stretches
        instants = walls - shift
        if ((instants >= since) & (instants < end)).all():
            return instants, instants
    first, second = np.full(len(walls), NOWHERE), np.full(len(walls), NOWHERE)
    for since, end, shift in stretches:
        instants = walls - shift
        here = (instants >= since) & (instants < end)
        second[here] = instants[here]
        fresh = here & (first == NOWHERE)
        first[fresh] = instants[fresh]
    return first, second


@lru_cache(maxsize=100)
def _stretches(span: Interval) -> list[tuple[int, int, int]]:
    """From when to when, in microseconds since 1970, Irish time is by how many microseconds ahead of UTC."""
    found = [(microseconds(since), shift // timedelta(microseconds=1)) for since, shift in offsets(span)]
    ends = [*(since for since, _ in found[1:]), microseconds(span.end)]
    return [(since, end, shift) for (since, shift), end in zip(found, ends, strict=True)]


def instant_of(local: datetime, *, second_pass: bool = False) -> datetime | None:
    """The UTC instant of an upstream stamp; None where the spring change skips it."""
    return to_utc(local, second_pass=second_pass)
