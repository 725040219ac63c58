"""Feeds, partitions and units of work: what is fetched, and where it will lie."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from include.domain.calendar import Interval, Month, day_span, days, month_span
from include.domain.series import Area


class Feed(StrEnum):
    """Where a store's numbers come from; a store has one feed for life."""

    EIRGRID = "eirgrid"
    SIMULATED = "simulated"
    RECORDED = "recorded"


class Outcome(StrEnum):
    """What happened to a unit."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    NOT_PUBLISHED = "not_published"
    UPSTREAM_UNAVAILABLE = "upstream_unavailable"
    UNSUPPORTED = "unsupported"
    CONTRACT_BROKEN = "contract_broken"
    OUR_ERROR = "our_error"

    @property
    def is_ours(self) -> bool:
        """Whether it needs a person: upstream's daily losses do not, a broken contract or an error of ours does."""
        return self in {Outcome.CONTRACT_BROKEN, Outcome.OUR_ERROR}


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One Parquet file: a source's area and region in an Irish month, or day for 5-second series."""

    source: str
    area: str
    region: str
    month: Month
    day: int | None = None

    @classmethod
    def holding(cls, source: str, area: Area, region: str, day: date) -> "Partition":
        """The partition that the slots of an Irish day lie in."""
        return cls(source, area.name, region, Month.of(day), day.day if area.partitioned_by_day else None)

    @property
    def period(self) -> str:
        """`2026-11`, or `2026-11-22` for a partition of a day."""
        return str(self.month) if self.day is None else f"{self.month}-{self.day:02d}"

    @property
    def span(self) -> Interval:
        """The UTC span of its slots."""
        if self.day is None:
            return month_span(self.month)
        return day_span(date(self.month.year, self.month.month, self.day))


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """One partition and the days of it to fetch, both included: one mapped task instance."""

    partition: Partition
    first: date
    last: date

    @property
    def label(self) -> str:
        """How the Airflow UI names the task instance: `wind · ROI · 2026-11`, `… · 2026-11-21`, `… · 2026-11-21 to 24`.

        The last two where the unit is not of the whole month.
        """
        month = self.partition.month
        if self.first == self.last:
            period = self.first.isoformat()
        elif (self.first, self.last) == (month.first, month.last):
            period = str(month)
        else:
            period = f"{self.first} to {self.last:%d}"
        return f"{self.partition.area} · {self.partition.region} · {period}"

    @property
    def days(self) -> list[date]:
        """The Irish days to fetch."""
        return days(self.first, self.last)
