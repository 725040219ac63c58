"""A source that yields what it is told, and short ways to say it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import pandas as pd

from include.domain.calendar import Month
from include.domain.catalogue import area as area_named
from include.domain.errors import UpstreamError
from include.domain.readings import Partition, Unit
from include.jobs.ingest import Ingest
from include.settings import Settings
from include.sources.base import Clock, DataChunk, Known, Setback, Source
from include.storage.readings import ReadingsStore

Reading = tuple[str, str, float | None]
"""(timestamp, field, value)."""
NOW: Final = "2026-02-10T12:05:00Z"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def unit(area: str, region: str, first: str, last: str | None = None) -> Unit:
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    day = start.day if area_named(area).partitioned_by_day else None
    return Unit(Partition("eirgrid", area, region, Month.of(start), day), start, end)


@dataclass
class Invented(Source):
    """Yields one chunk per list of readings, then fails if it is to."""

    answers: Sequence[Sequence[Reading]] = ()
    failure: UpstreamError | None = None
    now: str = NOW
    warnings: tuple[str, ...] = ()
    setbacks: Sequence[Setback] = ()
    flagged: tuple[tuple[datetime, str], ...] = ()
    form: Callable[[pd.DataFrame], Any] = field(default=lambda rows: rows)
    """What the rows are handed over as."""
    asked_since: list[datetime | None] = field(default_factory=list)
    asked_with: list[Known | None] = field(default_factory=list)

    source_id = "eirgrid"

    @classmethod
    def from_settings(cls, settings: Settings, *, clock: Clock) -> "Invented":
        raise NotImplementedError

    def fetch(
        self, unit: Unit, *, since: datetime | None = None, known: Known | None = None
    ) -> Iterator[DataChunk | Setback]:
        self.asked_since.append(since)
        self.asked_with.append(known)
        yield from self.setbacks
        for number, readings in enumerate(self.answers):
            rows = self.form(frame(readings, now=self.now))
            yield DataChunk(unit, rows, f"interface{number}", self.warnings, self.flagged)
        if self.failure is not None:
            raise self.failure


def frame(readings: Sequence[Reading | tuple[datetime, str, float | None]], *, now: str) -> pd.DataFrame:
    stamps, fields, values = zip(*readings, strict=True) if readings else ((), (), ())
    made = pd.DataFrame(
        {
            "timestamp": pd.DatetimeIndex(list(stamps), tz="UTC").as_unit("us"),
            "field": pd.Series(list(fields), dtype="str"),
            "value": pd.Series(list(values), dtype="float64"),
        }
    )
    made["fetched_at"] = pd.Timestamp(now).as_unit("us")
    return made


def ingest(source: Source, readings: ReadingsStore, area: str, *, now: str = NOW) -> Ingest:
    return Ingest(source=source, area=area_named(area), readings=readings, clock=lambda: at(now))


def fill(readings: ReadingsStore, area: str, region: str, rows: Sequence[Reading], *, now: str = NOW) -> None:
    """Store these readings by way of the ingest job, one unit per Irish month or day that they touch."""
    days = sorted({at(when).date() for when, _, _ in rows})
    by_period: dict[str, Unit] = {}
    for day in days:
        one = unit(area, region, day.isoformat())
        by_period.setdefault(one.partition.period, one)
    for one in by_period.values():
        ingest(Invented([rows], now=now), readings, area, now=now).run(one, live=False)
