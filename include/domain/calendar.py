"""Irish calendar days and months, and the UTC slots in them.

The one place that converts local time. Instants are aware UTC datetimes, intervals half-open. A "day" is an Irish
calendar day (not the market's 23:00-23:00 trading day): 92, 96 or 100 quarter-hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

IRELAND = ZoneInfo("Europe/Dublin")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A half-open span of UTC time."""

    start: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """An Irish calendar month."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that holds this Irish day."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """First day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """Last day of the month."""
        return self.following.first - DAY

    @property
    def following(self) -> "Month":
        """The next month."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def microseconds(instant: datetime) -> int:
    """Microseconds from 1970 to this instant."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(count: int) -> datetime:
    """The instant so many microseconds after 1970 began."""
    return _EPOCH + timedelta(microseconds=count)


def to_utc(local: datetime, *, second_pass: bool = False) -> datetime | None:
    """The instant of an Irish wall-clock time; None for a time that the spring change skips.

    A time of the doubled October hour is its first pass (summer time) unless `second_pass`.
    """
    instant = local.replace(tzinfo=IRELAND, fold=int(second_pass)).astimezone(UTC)
    return instant if instant.astimezone(IRELAND).replace(tzinfo=None) == local.replace(tzinfo=None) else None


def to_local(instant: datetime) -> datetime:
    """Irish wall-clock time of an instant, with its zone."""
    return instant.astimezone(IRELAND)


def irish_day(instant: datetime) -> date:
    """The Irish calendar day that holds this instant."""
    return instant.astimezone(IRELAND).date()


@lru_cache(maxsize=8192)
def midnight(day: date) -> datetime:
    """The instant at which this Irish day starts (23:00 UTC of the day before, in summer)."""
    return datetime(day.year, day.month, day.day, tzinfo=IRELAND).astimezone(UTC)


@lru_cache(maxsize=8192)
def start_of(day: date) -> int:
    """`midnight` of an Irish day in microseconds since 1970."""
    return microseconds(midnight(day))


def day_span(first: date, last: date | None = None) -> Interval:
    """The span of one Irish day, or of the days from `first` to `last`, both included."""
    return Interval(midnight(first), midnight((last or first) + DAY))


def month_span(month: Month) -> Interval:
    """The span of an Irish month; July starts at 23:00 UTC on 30 June."""
    return day_span(month.first, month.last)


def days(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included; empty when `last` is before `first`."""
    return list(_days(first, last))


@lru_cache(maxsize=256)
def _days(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + DAY * n for n in range((last - first).days + 1))


def days_of(span: Interval) -> list[date]:
    """The Irish days that a span, which is not empty, touches."""
    return days(irish_day(span.start), irish_day(span.end - timedelta(microseconds=1)))


def months_of(span: Interval) -> list[Month]:
    """The Irish months that a span, which is not empty, touches."""
    last = Month.of(irish_day(span.end - timedelta(microseconds=1)))
    found = [Month.of(irish_day(span.start))]
    while found[-1] < last:
        found.append(found[-1].following)
    return found


def floor_slot(instant: datetime, cadence: timedelta) -> datetime:
    """The slot that starts at or last before this instant; slots count from midnight UTC."""
    start = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    return start + (instant - start) // cadence * cadence


def slots(span: Interval, cadence: timedelta) -> Iterator[datetime]:
    """Every slot in the span, ascending."""
    slot = floor_slot(span.start, cadence)
    if slot < span.start:
        slot += cadence
    while slot < span.end:
        yield slot
        slot += cadence


def slots_in_day(day: date, cadence: timedelta) -> list[datetime]:
    """The slots of an Irish day: 96 at 15 minutes, 92 when clocks go forward, 100 when they go back."""
    return list(slots(day_span(day), cadence))


def offsets(span: Interval) -> list[tuple[datetime, timedelta]]:
    """How far Irish wall-clock time is from UTC in a span: from its start on, and from each clock change on."""
    found = [(span.start, _offset(span.start))]
    for month in months_of(span):
        first, last = midnight(month.first), midnight(month.following.first)
        if _offset(first) != _offset(last):
            change = next(hour for hour in slots(Interval(first, last), HOUR) if _offset(hour) != _offset(first))
            if change in span and change > span.start:
                found.append((change, _offset(change)))
    return found


def _offset(instant: datetime) -> timedelta:
    shift = instant.astimezone(IRELAND).utcoffset()
    assert shift is not None
    return shift


def second_pass(day: date) -> Interval | None:
    """[01:00, 02:00) UTC of the day on which clocks go back, when wall-clock stamps come again; else None."""
    span = day_span(day)
    if span.end - span.start <= DAY:
        return None
    return Interval(span.start + 2 * HOUR, span.start + 3 * HOUR)


def second_passes(span: Interval) -> list[Interval]:
    """The hours that clocks go through twice, second passes only, that a span touches: one each October."""
    years = range(irish_day(span.start).year, irish_day(span.end).year + 1)
    octobers = (again for year in years for again in _second_passes_of(year))
    return [again for again in octobers if again.start < span.end and again.end > span.start]


@lru_cache(maxsize=256)
def _second_passes_of(year: int) -> tuple[Interval, ...]:
    last_week = days(date(year, 10, 25), date(year, 10, 31))
    return tuple(again for day in last_week if (again := second_pass(day)) is not None)
