"""The types of the catalogue: what is known of an area and of each series in it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from include.domain.calendar import HOUR

NULL_GRACE: Final = timedelta(hours=6)
"""A null is upstream's last word when it is read this long after slot + publication lag."""


class History(StrEnum):
    """How much of a series' past upstream still gives."""

    FULL = "full"
    """Any past day can be asked for: backfill and gap check plan these."""
    FUTURE_ONLY = "future_only"
    """Only slots to come: what was not fetched in time cannot be had."""
    SNAPSHOT = "snapshot"
    """Dates are ignored: the answer is the state at the time of asking."""


class Aggregation(StrEnum):
    """How values of a series are put together over a longer time."""

    MEAN = "mean"
    """Power: the mean over the slots that have a value."""
    DEMAND_WEIGHTED = "demand_weighted"
    """Intensity: the mean weighted by demand of the same region and slot."""
    MIN_MEAN_MAX = "min_mean_max"
    """Frequency: the extremes matter as much as the mean."""
    LAST = "last"
    """Energy over a trailing day: the last snapshot, never a sum."""


class Role(StrEnum):
    """The part a series plays in its area."""

    VALUE = "value"
    ACTUAL = "actual"
    FORECAST = "forecast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit of system operation, and the document that states it."""

    low: float | None
    high: float | None
    since: date
    """Day from which it has held."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withholding:
    """A publisher that sends nulls in place of low values."""

    below: float
    """In the series' unit; no value below this was ever sent."""
    derivable_since: date
    """From this Irish day on such a value can be worked out from other series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The upstream interfaces that may answer, best first, by the age of the day."""

    live: tuple[str, ...] = ()
    """For today and days to come."""
    elapsed: tuple[str, ...] = ()
    """For days that are over."""

    def order(self, day: date, *, today: date) -> tuple[str, ...]:
        """Whom to ask for this Irish day, in this order."""
        return self.live if day >= today else self.elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One quantity of one region on one grid of slots."""

    area: str
    region: str
    field: str
    """Upstream's name of it; the `field` column on disk."""
    name: str
    """What a person calls it."""
    unit: str
    cadence: timedelta
    lag: timedelta
    """Publication lag: how long after a slot upstream normally has its value."""
    first_day: date
    """First Irish day upstream is known to have served."""
    low: float
    """Lowest plausible value. One below is stored and flagged, never dropped."""
    high: float
    """Highest plausible value."""
    route: Route = Route()
    """Whom to ask; nobody in particular for a source that has one interface only."""
    future: bool = False
    """Whether slots to come carry values."""
    history: History = History.FULL
    aggregation: Aggregation = Aggregation.MEAN
    role: Role = Role.VALUE
    optional: bool = False
    """Whether upstream may leave the field out of an answer with no meaning (a fuel that does not run)."""
    frozen_after: timedelta | None = None
    """A value other than zero that stays the same for this long is no measurement; None: it may well stay the same."""
    limit: Limit | None = None
    withholding: Withholding | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """(area, region, field)."""
        return (self.area, self.region, self.field)

    def plausible(self, value: float) -> bool:
        """Whether the value lies in the range that recordings and ratings allow."""
        return self.low <= value <= self.high

    def far_out(self, value: float) -> bool:
        """Whether the value is another quantity rather than an odd one.

        Outside by more than the range is wide (kW for MW), or below a hundredth of the lowest plausible (GW for MW).
        """
        width = self.high - self.low
        too_small = 0 < abs(value) < self.low / 100
        return too_small or not self.low - width <= value <= self.high + width

    def stale_after(self, slot: datetime, *, cycle: timedelta) -> datetime:
        """When a newer slot than this one is due: one cadence, the publication lag and one fetch cycle later."""
        return self.due(slot) + cycle

    def due(self, slot: datetime) -> datetime:
        """When upstream normally has the value of this slot: once it is over and the publication lag has passed."""
        return slot + self.cadence + self.lag

    @property
    def settles_after(self) -> timedelta:
        """How long after its slot a null is upstream's last word."""
        return self.lag + NULL_GRACE

    @property
    def check_step(self) -> timedelta:
        """What gaps are counted in: slots, but hours for a series finer than a minute."""
        return HOUR if self.cadence < timedelta(minutes=1) else self.cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A group of series that upstream answers together."""

    name: str
    title: str
    regions: tuple[str, ...]
    alert_after: timedelta
    """How long nothing new may come before somebody is told."""
    partitioned_by_day: bool = False
    series: tuple[Series, ...] = ()

    def of_region(self, region: str) -> tuple[Series, ...]:
        """The series of one region."""
        return tuple(one for one in self.series if one.region == region)

    def upstreams(self, day: date, *, today: date, region: str) -> tuple[str, ...]:
        """Interfaces that may answer for this day and region, best first: the same for every series of a region."""
        return next(one for one in self.series if one.region == region).route.order(day, today=today)
