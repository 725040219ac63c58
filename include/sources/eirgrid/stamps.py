"""Upstream's time stamps: Irish wall-clock time without an offset, in two spellings."""

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


@lru_cache(maxsize=40_000)
def parse_stamp(stamp: str) -> datetime:
    """`22-Nov-2026 20:15:00` or, day first, `22-11-2026 20:15:00`, as a datetime without zone. ValueError otherwise.

    `strptime` would follow the machine's locale.
    """
    day_text, _, time_text = stamp.strip().partition(" ")
    parts = day_text.split("-")
    if len(parts) != 3 or len(parts[2]) != 4:
        raise ValueError(f"not DD-Mon-YYYY or DD-MM-YYYY: {stamp!r}")
    month = MONTHS.get(parts[1].lower()) or int(parts[1])
    clock = [int(part) for part in time_text.split(":")] if time_text else [0, 0]
    if len(clock) not in {2, 3}:
        raise ValueError(f"not HH:MM or HH:MM:SS: {stamp!r}")
    hour, minute, second = (*clock, 0)[:3]
    return datetime(int(parts[2]), month, int(parts[0]), hour, minute, second)  # noqa: DTZ001  upstream's clock


@lru_cache(maxsize=40_000)
def instant_of(local: datetime, *, second_pass: bool = False) -> datetime | None:
    """The UTC instant of an upstream stamp; None where the spring change skips it."""
    return to_utc(local, second_pass=second_pass)
