"""Sources that are not there: each has an area of its own with the numbers of simulated wind, and no HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from bench.store import FEED
from include.domain.calendar import day_span
from include.domain.catalogue import area as area_named
from include.domain.readings import Feed, Unit
from include.settings import Settings
from include.sources.base import Clock, DataChunk, Known, Setback, Source, SourceEntry

STEP: Final = timedelta(minutes=15)


def entries(number: int) -> tuple[SourceEntry, ...]:
    """So many sources."""
    return tuple(_entry(f"grid{place:02d}") for place in range(1, number + 1))


def _entry(name: str) -> SourceEntry:
    wind = area_named("wind")
    area = replace(wind, name=name, title=name, series=tuple(replace(one, area=name) for one in wind.series))
    return SourceEntry(
        source_id=name,
        title=name,
        attribution="simulated",
        areas=(area,),
        implementation="bench.sources:Invented",
        feeds=(Feed.SIMULATED,),
    )


@dataclass
class Invented(Source):
    """Answers from the model, in this process."""

    clock: Clock

    source_id = "invented"

    @classmethod
    def from_settings(cls, settings: Settings, *, clock: Clock) -> "Invented":  # noqa: ARG003  the base class's
        return cls(clock)

    def fetch(
        self,
        unit: Unit,
        *,
        since: datetime | None = None,  # noqa: ARG002  the base class's
        known: Known | None = None,  # noqa: ARG002
    ) -> Iterator[DataChunk | Setback]:
        now, span = self.clock(), day_span(unit.first, unit.last)
        step = int(STEP.total_seconds())
        end = min(span.end, now)
        stamps = np.arange(int(span.start.timestamp()), int(end.timestamp()), step, dtype=np.int64)
        frames = [
            pd.DataFrame(
                {
                    "timestamp": pd.to_datetime(stamps, unit="s", utc=True).as_unit("us"),
                    "field": pd.Series([field] * len(stamps), dtype="str"),
                    "value": FEED.values(field, unit.partition.region, stamps),
                }
            )
            for field in ("WIND_ACTUAL", "WIND_FCAST")
        ]
        frame = pd.concat(frames, ignore_index=True)
        frame["fetched_at"] = pd.Timestamp(now).as_unit("us")
        yield DataChunk(unit, frame, "invented")
