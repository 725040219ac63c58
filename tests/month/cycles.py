"""Live cycles one after the other against the stand-in, as the ingest DAG runs them, and what came of each."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dev.upstream.faults import Fault
from include.domain.errors import Transient
from include.domain.readings import Feed, Outcome
from include.domain.series import Role
from include.jobs.circuit import RunSoFar
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_live
from include.jobs.reconcile import Verdict, reconcile
from include.jobs.result import UnitResult
from include.settings import load_settings
from include.sources.eirgrid.source import EirGridSource
from include.sources.registry import source
from include.storage.object_store import ObjectStore
from include.storage.readings import ReadingsStore
from tests.month.tap import Key, Tap
from tests.standin import StandIn

CYCLE = timedelta(minutes=15)
EIRGRID = source("eirgrid")

LOSSES: list[dict[str, Any]] = [
    # As measured in July and August 2026: 11.6 % of polls got nothing after up to 6 tries, so ill for a whole cycle.
    {"fault": Fault.HTML_503, "interface": "dashboard", "rate": 0.116, "spell_minutes": 15},
    # "often, per request at random", and gone with the next try.
    {"fault": Fault.HTML_503, "interface": "dashboard", "rate": 0.2},
    # Rows flip to nothing per date within minutes; half the runs end incomplete.
    {"fault": Fault.EMPTY_ROWS, "interface": "chart", "rate": 0.14, "spell_minutes": 15},
    {"fault": Fault.HTML_200, "interface": "chart", "rate": 0.08, "spell_minutes": 30},
    {"fault": Fault.TORN_BODY, "interface": "chart", "rate": 0.03},
    {"fault": Fault.TORN_BODY, "declared": "short", "interface": "dashboard", "rate": 0.02},
    {"fault": Fault.RESET, "interface": "vargen", "rate": 0.03},
    {"fault": Fault.HTML_503, "interface": "vargen", "rate": 0.116, "spell_minutes": 15},
    {"fault": Fault.STATUS_ERROR, "interface": "vargen", "rate": 0.05, "spell_minutes": 60},
    {"fault": Fault.HTML_503, "interface": "interconn", "rate": 0.116, "spell_minutes": 15},
    {"fault": Fault.HTTP_403, "interface": "dashboard", "area": "co2emission", "region": "NI", "rate": 0.1,
     "spell_minutes": 60},
    {"fault": Fault.STRINGS, "rate": 0.05},
    # Values move until an hour after their slot.
    {"fault": Fault.REVISE, "area": "demandactual", "offset": 25, "settle_minutes": 60},
    {"fault": Fault.REVISE, "area": "windactual", "offset": -7, "settle_minutes": 45},
]  # fmt: skip


def outage(start: datetime, end: datetime) -> dict[str, Any]:
    """Nothing answers at all: a real incident."""
    return {"fault": Fault.HTML_503, "span": [start.isoformat(), end.isoformat()]}


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class RedRun:
    """A run that calls for somebody."""

    at: datetime
    faults: list[str]
    given: dict[Key, int]
    """UTC second of the newest slot that upstream had given of each series by then."""

    def incident(self, fault: str) -> bool:
        """Whether upstream gave nothing newer of the fault's area for longer than its alert threshold."""
        area = EIRGRID.area(fault.partition(":")[0])
        measured = [one for one in area.series if one.role is not Role.FORECAST]
        newest = max(self.given.get((one.region, one.field), 0) for one in measured)
        return self.at.timestamp() - newest > area.alert_after.total_seconds()


@dataclass
class Cycles:
    """A deployment in small: the source, the jobs and a store, under a clock that is set."""

    upstream: StandIn
    store: ObjectStore
    clock: Clock
    tap: Tap = field(init=False)
    outcomes: Counter[str] = field(default_factory=Counter)
    fallbacks: int = 0
    runs: int = 0
    incomplete: list[datetime] = field(default_factory=list)
    """Runs in which at least one unit ended without what upstream owed it."""
    red: list["RedRun"] = field(default_factory=list)
    polls: Counter[str] = field(default_factory=Counter)
    """Questions put to each interface, each with all its tries."""
    lost: Counter[str] = field(default_factory=Counter)
    """Those of them that got nothing."""

    def __post_init__(self) -> None:
        self.tap = Tap(self.clock)
        self.readings = ReadingsStore(self.store, feed=Feed.SIMULATED)
        self.readings.open()
        settings = load_settings(store="unused", feed="simulated", upstream=self.upstream.url)
        self.source = EirGridSource.from_settings(settings, clock=self.clock)
        self.tap.listen(self.source.client.session)
        self.source.client.ask = self._counted(self.source.client.ask)  # type: ignore[method-assign]

    def run(self, first: datetime, last: datetime, *, every: timedelta = CYCLE) -> Iterator[datetime]:
        """One live run every quarter of an hour, or less often, from `first` until before `last`."""
        now = first
        while now < last:
            self.clock.now = now
            self.upstream.set_clock(now)
            self._cycle(now)
            yield now
            now += every

    def _cycle(self, now: datetime) -> None:
        units = plan_live(EIRGRID, now=now, days_back=1, selection=Selection.of(EIRGRID))
        results: list[UnitResult] = []
        for unit in units:
            job = Ingest(
                source=self.source, area=EIRGRID.area(unit.partition.area), readings=self.readings, clock=self.clock
            )
            results.append(job.run(unit, live=True, so_far=RunSoFar.of(results)))
        self._judge(now, results, reconcile(units, results, areas=EIRGRID.areas, now=now, strict=False))

    def _judge(self, now: datetime, results: list[UnitResult], verdict: Verdict) -> None:
        self.runs += 1
        self.outcomes.update(result.outcome.value for result in results)
        self.fallbacks += sum(bool(result.fallback) for result in results)
        if any(result.outcome is Outcome.UPSTREAM_UNAVAILABLE for result in results):
            self.incomplete.append(now)
        if verdict.faults:
            self.red.append(RedRun(now, verdict.faults, dict(self.tap.newest)))

    def _counted(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*asked: Any, interface: str, **how: Any) -> Any:
            self.polls[interface] += 1
            try:
                return ask(*asked, interface=interface, **how)
            except Transient:
                self.lost[interface] += 1
                raise

        return counting
