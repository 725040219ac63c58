"""A store, an upstream and an Airflow in small: days pass, gap checks run, what they trigger is fetched."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from include.domain.calendar import day_span, irish_day, second_pass, slots
from include.domain.catalogue import area as area_named
from include.domain.errors import Transient
from include.domain.gaps import State
from include.domain.ledger import DayKey, Entry, decode, encode
from include.domain.readings import Feed, Partition, Unit
from include.domain.repairs import Plan, Repair
from include.domain.series import Area, Series
from include.jobs.gapcheck import GapCheck, Judged, RunState
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_days
from include.settings import Settings
from include.sources.base import Clock, DataChunk, Known, Setback, Source
from include.sources.registry import source
from include.storage.keys import readings_key
from include.storage.local import LocalStore
from include.storage.parquet import decode as decode_rows
from include.storage.parquet import encode as encode_rows
from include.storage.readings import ReadingsStore
from tests.jobs.invented import frame

ENTRY = source("eirgrid")
Slot = tuple[str, str, str, datetime]
"""(area, region, field, slot)."""


@dataclass
class Upstream(Source):
    """Has a value for every slot that has begun, but for those it has lost; may be down."""

    clock: Clock
    lost: set[Slot] = field(default_factory=set)
    down: bool = False
    asked: list[Unit] = field(default_factory=list)

    source_id = "eirgrid"

    @classmethod
    def from_settings(cls, settings: Settings, *, clock: Clock) -> "Upstream":
        raise NotImplementedError

    def fetch(
        self,
        unit: Unit,
        *,
        since: datetime | None = None,  # noqa: ARG002  the base class's
        known: Known | None = None,  # noqa: ARG002
    ) -> Iterator[DataChunk | Setback]:
        self.asked.append(unit)
        if self.down:
            raise Transient("HTTP 503", interface="chart")
        area = area_named(unit.partition.area)
        now = self.clock()
        rows = [
            (slot, one.field, None if (*one.key, slot) in self.lost else value)
            for one in area.of_region(unit.partition.region)
            for day in unit.days
            for slot, value in values(one, day)
            if slot <= now
        ]
        yield DataChunk(unit, frame(rows, now=self.clock().isoformat()), "chart")


@lru_cache(maxsize=2000)
def values(series: Series, day: date) -> list[tuple[datetime, float]]:
    """The slots of a day that upstream can ever tell of, and a plausible value for each, another one in every slot."""
    again = second_pass(day)
    found = [slot for slot in slots(day_span(day), series.cadence) if not (again and slot in again)]
    cadence = int(series.cadence.total_seconds())
    return [
        (slot, round(series.low + (series.high - series.low) * (int(slot.timestamp()) // cadence % 997 / 997), 2))
        for slot in found
    ]


def given(series: Series, day: date, *, now: datetime) -> list[datetime]:
    """The slots of a day that upstream can tell of by now."""
    return [slot for slot, _ in values(series, day) if slot <= now]


@dataclass
class World:
    folder: Path
    now: datetime
    pairs: tuple[tuple[str, str], ...]
    """(area, region) pairs that are checked, each an area of its own."""
    days: int = 31
    limit: int = 50
    text: str | None = None
    """The Airflow Variable."""
    runs: dict[str, Repair] = field(default_factory=dict)
    """DagRuns that were triggered."""
    tries: dict[DayKey, list[datetime]] = field(default_factory=dict)
    upstream: Upstream = field(init=False)

    def __post_init__(self) -> None:
        self.store = LocalStore(self.folder)
        self.readings = ReadingsStore(self.store, feed=Feed.SIMULATED)
        self.readings.open()
        self.upstream = Upstream(lambda: self.now)

    @property
    def series(self) -> list[Series]:
        return [
            one
            for area, region in self.pairs
            for one in area_named(area).of_region(region)
            if one.history.value == "full"
        ]

    def load(self, first: date, last: date) -> None:
        """Fetch these days, as a backfill does."""
        for area, region in self.pairs:
            self._fetch(area, region, first, last)

    def lose(self, wanted: Iterable[Slot]) -> None:
        """Take rows out of their files, as no one should."""
        by_partition: dict[Partition, dict[str, set[datetime]]] = {}
        for slot in wanted:
            by_partition.setdefault(partition_of(slot), {}).setdefault(slot[2], set()).add(slot[3])
        for partition, by_field in by_partition.items():
            path = self.folder / readings_key(partition)
            table = decode_rows(path.read_bytes(), key="")
            for name, gone in by_field.items():
                instants = pa.array(sorted(gone), table.schema.field("timestamp").type)
                is_gone = pc.and_(pc.equal(table["field"], name), pc.is_in(table["timestamp"], value_set=instants))
                table = table.filter(pc.invert(is_gone))
            path.write_bytes(encode_rows(table, feed=Feed.SIMULATED))

    def check(self, *, days: int | None = None) -> GapCheck:
        today = irish_day(self.now)
        chosen = Selection.of(
            ENTRY, areas=[area for area, _ in self.pairs], regions=list(dict.fromkeys(name for _, name in self.pairs))
        )
        return GapCheck(
            store=self.store,
            entry=ENTRY,
            first=today - timedelta(days=(days or self.days) - 1),
            last=today,
            now=self.now,
            selection=replace(chosen, areas=tuple(self._only(area.name) for area in chosen.areas)),
            run_state=lambda run_id: RunState.ENDED if run_id in self.runs else RunState.ABSENT,
            max_attempts=5,
        )

    def plan(self, *, reopen: bool = False) -> Plan:
        """The first task of the DAG: look, write the ledger."""
        planned = self.check().plan(self.ledger, stamp=f"{self.now:%Y%m%dT%H%M%S}", limit=self.limit, reopen=reopen)
        self.text = encode(planned.ledger, "eirgrid")
        return planned

    def trigger(self, repairs: Iterable[Repair]) -> None:
        """The second: run what has no DagRun yet."""
        for repair in repairs:
            if repair.run_id in self.runs:
                continue
            self.runs[repair.run_id] = repair
            for key in repair.days:
                self.tries.setdefault(key, []).append(self.now)
            for area, region in sorted({(key.area, key.region) for key in repair.days}):
                self._fetch(area, region, repair.first, repair.last)

    def report(self) -> list[Judged]:
        """The third: settle the ledger."""
        judged, settled = self.check().settled(self.ledger)
        self.text = encode(settled, "eirgrid")
        return judged

    def go(self) -> tuple[Plan, list[Judged]]:
        """A whole gap check."""
        planned = self.plan()
        self.trigger(planned.repairs)
        return planned, self.report()

    @property
    def ledger(self) -> dict[DayKey, Entry]:
        return decode(self.text, "eirgrid")

    def slots_in(self, judged: Iterable[Judged], *states: State) -> set[Slot]:
        return {
            (*one.series.key, run.span.start + n * one.series.cadence)
            for one in judged
            for run in one.runs
            if run.state in states
            for n in range((run.span.end - run.span.start) // one.series.cadence)
        }

    def look(self) -> list[Judged]:
        return self.check().judged({})

    def _only(self, name: str) -> Area:
        area = area_named(name)
        regions = tuple(region for one, region in self.pairs if one == name)
        return replace(area, regions=regions, series=tuple(one for one in area.series if one.region in regions))

    def _fetch(self, name: str, region: str, first: date, last: date) -> None:
        selection = Selection.of(ENTRY, areas=[name], regions=[region])
        for unit in plan_days(ENTRY, first, last, now=self.now, selection=selection):
            job = Ingest(source=self.upstream, area=area_named(name), readings=self.readings, clock=lambda: self.now)
            job.run(unit, live=False)


def partition_of(slot: Slot) -> Partition:
    day = irish_day(slot[3])
    return Partition.holding("eirgrid", area_named(slot[0]), slot[1], day)
