"""The ranges requests ask for, as wall-clock epoch seconds, both ends included to the minute (API.md 2)."""

import re
from calendar import timegm
from dataclasses import dataclass
from datetime import date

from dev.upstream.irish_time import DAY, month_number

_NAMED = re.compile(r"(?P<day>\d{1,2})-(?P<month>[A-Za-z]{3})-(?P<year>\d{4})")
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_TIME = re.compile(r"[ T+](?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2}))?")
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?P<hour>\d{2})(?P<minute>\d{2})")


class UnreadableRangeError(ValueError):
    """The request's dates cannot be read; upstream answers with its error form."""


@dataclass(frozen=True)
class Range:
    """From `first` to `last`, the whole of the last minute included."""

    first: int
    last: int

    @property
    def days(self) -> float:
        """Length in days, as the request states it."""
        return (self.last - 59 - self.first) / DAY


@dataclass(frozen=True)
class _Moment:
    stamp: int
    bare: bool
    """The text was a date without a time."""


def _stamp(found: re.Match[str], month: int, time: re.Match[str] | None) -> int:
    try:
        day = timegm(date(int(found["year"]), month, int(found["day"])).timetuple())
    except ValueError as error:
        raise UnreadableRangeError(f"{found[0]!r} is no date") from error
    if time is None:
        return day
    hour, minute = int(time["hour"]), int(time["minute"])
    if hour > 23 or minute > 59:
        raise UnreadableRangeError(f"{time[0]!r} is no time of day")
    return day + hour * 3600 + minute * 60


def _moment(text: str) -> _Moment:
    found = _NAMED.match(text) or _ISO.match(text)
    month = None if found is None else month_number(found["month"]) or _numbered(found["month"])
    if found is None or month is None:
        raise UnreadableRangeError(f"{text!r} is neither DD-Mon-YYYY nor YYYY-MM-DD")
    rest = text[found.end() :]
    time = _TIME.fullmatch(rest)
    if rest and time is None:
        raise UnreadableRangeError(f"{rest!r} is no time of day")
    return _Moment(_stamp(found, month, time), bare=time is None)


def _numbered(month: str) -> int | None:
    return int(month) if month.isdigit() else None


def dashboard_range(first: str, last: str) -> Range:
    """`datefrom` and `dateto`; a bare date is its midnight."""
    return Range(_moment(first).stamp, _moment(last).stamp + 59)


def chart_range(first: str, last: str, *, kind: str) -> Range:
    """`dateFrom` and `dateTo`; a bare `dateTo` is its whole day, `month` the 30 days up to `dateFrom`."""
    start, end = _moment(first), _moment(last)
    if kind == "month":
        return Range(start.stamp - 30 * DAY, start.stamp + DAY - 1)
    return Range(start.stamp, end.stamp + (DAY - 1 if end.bare else 59))


def export_range(first: str, last: str) -> Range:
    """`YYYYMMDDHHMM` twice, from a path."""
    stamps = []
    for text in (first, last):
        found = _COMPACT.fullmatch(text)
        if found is None:
            raise UnreadableRangeError(f"{text!r} is not YYYYMMDDHHMM")
        stamps.append(_stamp(found, int(found["month"]), found))
    return Range(stamps[0], stamps[1] + 59)
