"""Irish wall-clock time and UTC, for whole arrays, as epoch seconds.

A wall-clock stamp is kept as the epoch seconds it would have if the clock on the wall were UTC. Summer time
runs from 01:00 UTC of March's last Sunday to 01:00 UTC of October's (EU directive 2000/84/EC).
"""

from calendar import timegm
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dev.upstream.noise import Ints

DAY = 86_400
HOUR = 3_600
QUARTER = 900
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _last_sunday(year: int, month: int) -> int:
    """Epoch seconds of 01:00 UTC on the last Sunday of a month with 31 days."""
    last = date(year, month, 31)
    return timegm((last - timedelta(days=(last.weekday() + 1) % 7)).timetuple()) + HOUR


_YEARS = range(2000, 2060)
_SPRING: Ints = np.array([_last_sunday(year, 3) for year in _YEARS], dtype=np.int64)
_AUTUMN: Ints = np.array([_last_sunday(year, 10) for year in _YEARS], dtype=np.int64)
_CHANGES_UTC: Ints = np.column_stack((_SPRING, _AUTUMN)).ravel()
_CHANGES_LOCAL: Ints = np.column_stack((_SPRING, _AUTUMN + HOUR)).ravel()


def _within_hour_of(starts: Ints, instants: Ints) -> NDArray[np.bool_]:
    before = starts[np.clip(np.searchsorted(starts, instants, side="right") - 1, 0, None)]
    return np.asarray((instants >= before) & (instants < before + HOUR), dtype=np.bool_)


def to_local(instants: Ints) -> Ints:
    """Wall-clock stamps of UTC instants."""
    summer = np.searchsorted(_CHANGES_UTC, instants, side="right") % 2
    return np.asarray(instants + HOUR * summer, dtype=np.int64)


def to_utc(stamps: Ints) -> Ints:
    """UTC instants of wall-clock stamps; October's doubled hour is taken as its first pass (summer time)."""
    summer = np.searchsorted(_CHANGES_LOCAL, stamps, side="right") % 2
    return np.asarray(stamps - HOUR * summer, dtype=np.int64)


def skipped(stamps: Ints) -> NDArray[np.bool_]:
    """Stamps of March's hour that no Irish clock shows."""
    return _within_hour_of(_SPRING, stamps)


def second_pass(instants: Ints) -> NDArray[np.bool_]:
    """UTC instants of October's doubled hour when it comes round again, in winter time."""
    return _within_hour_of(_AUTUMN, instants)


def seconds(moment: datetime) -> int:
    """Epoch seconds of an aware datetime."""
    return int(moment.timestamp())


def local_seconds(moment: datetime) -> int:
    """Wall-clock stamp of an aware datetime."""
    return int(to_local(np.array([seconds(moment)], dtype=np.int64))[0])


def grid(first: int, last: int, step: int) -> Ints:
    """Every multiple of `step` seconds from `first` to `last`, both included."""
    return np.arange(-(-first // step) * step, last + 1, step, dtype=np.int64)


@cache
def _times_of_day() -> tuple[str, ...]:
    return tuple(f"{s // HOUR:02}:{s // 60 % 60:02}:{s % 60:02}" for s in range(0, DAY, 5))


@cache
def _day_text(day: int, style: str) -> str:
    moment = datetime.fromtimestamp(day * DAY, UTC)
    month = f"{moment.month:02}" if style == "numeric" else _MONTHS[moment.month - 1]
    return f"{moment.day:02}-{month}-{moment.year} "


def stamp_texts(stamps: Ints, *, style: str = "named") -> list[str]:
    """`04-Nov-2023 00:15:00` (named) or `04-11-2023 00:15:00` (numeric); stamps are multiples of 5 s."""
    days, rest = np.divmod(stamps, DAY)
    texts = {day: _day_text(day, style) for day in np.unique(days).tolist()}
    times = _times_of_day()
    return [texts[day] + times[place] for day, place in zip(days.tolist(), (rest // 5).tolist(), strict=True)]


def month_number(name: str) -> int | None:
    """1 for `Jan`, in any letter case; None for a word that is no month."""
    return _MONTHS.index(name.capitalize()) + 1 if name.capitalize() in _MONTHS else None
