"""What is asked of an interface: a question in our terms, and the HTTP requests that put it in upstream's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from include.domain.calendar import DAY, Interval, day_span, to_local
from include.domain.series import Area, Series
from include.sources.eirgrid.rows import Rows

LONGEST: Final = 31
"""Days in one request: whole months are served, api/chart answers 90 days with nothing."""
LONGEST_EXPORT: Final = 30
"""The same of vargen and interconn, which refuse more than 30 elapsed days."""
LONGEST_FREQUENCY: Final = 7
"""Days of 5-second points in one request: a month times out."""


@dataclass(frozen=True, slots=True)
class Query:
    """Some series of one area and region, over Irish days."""

    area: Area
    region: str
    series: tuple[Series, ...]
    first: date
    last: date
    """Last day, included."""
    since: datetime | None = None
    """Only what lies at or after this instant is wanted."""

    @property
    def span(self) -> Interval:
        """The UTC span of the slots wanted."""
        span = day_span(self.first, self.last)
        return Interval(max(span.start, self.since), span.end) if self.since else span

    @property
    def local_start(self) -> datetime:
        """Irish wall-clock time from which to ask, to the minute, without zone."""
        return to_local(self.span.start).replace(tzinfo=None, second=0, microsecond=0)

    @property
    def local_end(self) -> datetime:
        """Irish wall-clock time up to which to ask: the last minute of the last day, without zone."""
        return datetime(self.last.year, self.last.month, self.last.day, 23, 59)  # noqa: DTZ001  upstream's clock

    def only(self, fields: Iterable[str]) -> "Query":
        """The same for some of its fields."""
        wanted = set(fields)
        series = tuple(one for one in self.series if one.field in wanted)
        return Query(self.area, self.region, series, self.first, self.last, self.since)

    def between(self, first: date, last: date) -> "Query":
        """The same for the part of its days that lies between these two, both included."""
        return Query(self.area, self.region, self.series, max(first, self.first), min(last, self.last), self.since)

    def chunks(self, longest: int = LONGEST) -> list["Query"]:
        """The same in spans of at most so many days, or of fewer where upstream serves no more of the area."""
        longest = min(longest, LONGEST_FREQUENCY) if self.area.partitioned_by_day else longest
        starts = range(0, (self.last - self.first).days + 1, longest)
        parts = [self.first + DAY * start for start in starts]
        return [self.between(first, first + timedelta(days=longest - 1)) for first in parts]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP GET, and the part of the question that it answers."""

    query: Query
    url: str
    params: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Hosts:
    """Base URLs of the three hosts."""

    www: str = "https://www.smartgriddashboard.com"
    vargen: str = "https://www.vargen.smartgriddashboard.com"
    interconn: str = "https://www.interconn.smartgriddashboard.com"

    @classmethod
    def below(cls, base: str) -> "Hosts":
        """The hosts of a stand-in upstream, which serves each below a path."""
        base = base.rstrip("/")
        return cls(www=f"{base}/www", vargen=f"{base}/vargen", interconn=f"{base}/interconn")


def export_path(query: Query) -> str:
    """Span and region as vargen and interconn have them in their paths: `202603010000/202603302359/ROI`."""
    return f"{query.local_start:%Y%m%d%H%M}/{query.local_end:%Y%m%d%H%M}/{query.region}"


class Interface(Protocol):
    """One of upstream's ways to ask."""

    name: str

    def requests(self, query: Query) -> list[Request]:
        """The requests that together answer the query; empty when this interface cannot."""

    def usual_rows(self, body: bytes, query: Query) -> Rows:
        """The rows of an answer as it nearly always is, quickly; Unusual for any other."""

    def rows(self, payload: object, query: Query) -> Rows:
        """The rows of an answer's JSON; ContractBroken when it has no shape that was ever met."""
