"""Upstream's time stamps: Irish wall-clock time without an offset, in two spellings."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from include.domain.calendar import to_utc

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


@lru_cache(maxsize=40_000)
def instant_of(local: datetime, *, second_pass: bool = False) -> datetime | None:
    """The UTC instant of an upstream stamp; None where the spring change skips it."""
    return to_utc(local, second_pass=second_pass)
