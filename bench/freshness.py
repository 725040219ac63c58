"""How long a published value takes to be served: a day of live runs on a clock of its own, with the project's own jobs.

Upstream publishes each slot of wind 0 to 15 minutes after its quarter-hour. Ingest, export and the API's look at the
store are the real ones, over a folder; what Airflow takes to start tasks is `AIRFLOW`, and the API looks every 30 s.
"""

import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from api.summaries import Summaries
from bench.figures import MEMORY, Figure, Goal
from include.domain.calendar import DAY, Interval, irish_day, slots
from include.domain.catalogue import CYCLE, QUARTER, TICK_OFFSET
from include.domain.catalogue import area as area_named
from include.domain.readings import Feed, Unit
from include.jobs.export import Export
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_live
from include.settings import Settings
from include.sources.base import Clock, DataChunk, Known, Setback, Source
from include.sources.registry import source
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore

START: Final = datetime(2026, 10, 25, tzinfo=UTC)
"""The day on which clocks go back."""
AIRFLOW: Final = timedelta(seconds=50)
"""From the tick of a live run to the end of the export, as LocalExecutor on two cores takes it (without the work)."""
LOOK: Final = timedelta(seconds=30)
"""CACHE_TTL_SECONDS."""
PROMPT: Final = timedelta(minutes=1)


@dataclass
class Lagging(Source):
    """Has each slot's value from its own instant of publication on."""

    clock: Clock
    published: dict[datetime, datetime] = field(default_factory=dict)

    source_id = "eirgrid"

    @classmethod
    def from_settings(cls, settings: Settings, *, clock: Clock) -> "Lagging":
        raise NotImplementedError

    def fetch(
        self,
        unit: Unit,
        *,
        since: datetime | None = None,  # noqa: ARG002  the base class's
        known: Known | None = None,  # noqa: ARG002
    ) -> Iterator[DataChunk | Setback]:
        now = self.clock()
        shown = [slot for slot, at in self.published.items() if at <= now and irish_day(slot) in unit.days]
        frame = pd.DataFrame(
            {
                "timestamp": pd.DatetimeIndex(shown, tz="UTC").as_unit("us"),
                "field": pd.Series(["WIND_ACTUAL"] * len(shown), dtype="str"),
                "value": pd.Series([1000.0 + slot.hour for slot in shown], dtype="float64"),
            }
        )
        frame["fetched_at"] = pd.Timestamp(now).as_unit("us")
        if shown:
            yield DataChunk(unit, frame, "chart")


@dataclass
class Day:
    """The simulated day: a clock, an upstream, a store and an API's memory."""

    folder: Path
    now: datetime = START
    served: dict[datetime, datetime] = field(default_factory=dict)
    """When each slot was first served."""

    def __post_init__(self) -> None:
        rng = random.Random(7)
        inside = list(slots(Interval(START, START + DAY), QUARTER))
        self.upstream = Lagging(lambda: self.now, {slot: slot + _lag(rng) for slot in inside})
        self.store = LocalStore(self.folder)
        self.readings = ReadingsStore(self.store, feed=Feed.SIMULATED)
        self.readings.open()
        self.summaries = Summaries(self.store, clock=lambda: self.now)

    def run(self) -> None:
        """Every live run of the day and one more, each with its export; the API looks in between."""
        end, tick, look = START + DAY + 2 * CYCLE, START + TICK_OFFSET, START
        while tick < end:
            self.now = tick
            started = time.perf_counter()
            self._cycle()
            exported = tick + AIRFLOW + timedelta(seconds=time.perf_counter() - started)
            while look < exported:
                look += LOOK
            self.now = look
            self.summaries.refresh()
            for slot in self._in_memory():
                self.served.setdefault(slot, look)
            tick += CYCLE

    def _cycle(self) -> None:
        wind = source("eirgrid")
        selection = Selection.of(wind, areas=["wind"], regions=["ROI"])
        for unit in plan_live(wind, now=self.now, days_back=1, selection=selection):
            job = Ingest(source=self.upstream, area=area_named("wind"), readings=self.readings, clock=lambda: self.now)
            job.run(unit, live=True)
        Export(store=self.store, feed=Feed.SIMULATED, entries=(wind,), now=self.now).area("eirgrid", "wind")

    def _in_memory(self) -> Iterator[datetime]:
        found = self.summaries.get("wind")
        series = json.loads(found.body.data)["series"] if found else []
        for block in series:
            for point in block["points"]:
                if point.get("actual") is not None:
                    yield datetime.fromisoformat(point["timestamp"])


def _lag(rng: random.Random) -> timedelta:
    """A third of the slots come within a minute, the others any time within the quarter-hour."""
    prompt = rng.random() < 1 / 3
    return timedelta(seconds=rng.uniform(0, 60) if prompt else rng.uniform(60, 900))


def measure() -> list[Figure]:
    """The 95th percentiles."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        day = Day(Path(folder))
        day.run()
    waits: dict[bool, list[float]] = {True: [], False: []}
    for slot, at in day.upstream.published.items():
        waits[at - slot <= PROMPT].append((day.served[slot] - at) / timedelta(minutes=1))
    return [
        Figure(
            f"from published to served, published {name}",
            goals=(
                Goal("at the 95th percentile", [statistics.quantiles(waits[prompt], n=20)[-1]], most=most, unit="min"),
            ),
            note=f"{len(waits[prompt])} slots of the day on which clocks go back; Airflow's own time is taken as"
            f" {AIRFLOW.total_seconds():.0f} s",
        )
        for prompt, name, most in ((True, "within a minute of the quarter-hour", 5.0), (False, "later", 17.0))
    ]
