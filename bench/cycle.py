"""One live cycle, ingest of every unit and export of every area, in one process: where its time goes, what it asks.

Airflow's own part is measured by `bench.airflow_run`.
"""

import json
import logging
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, Final

import requests

from bench.counting import Counting
from bench.figures import MEMORY, OURS, Figure, Goal, in_process, most_memory
from bench.merge import slow_down
from bench.upstream import upstream
from include.domain.readings import Feed
from include.jobs import ingest as ingesting
from include.jobs.export import Export
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_live
from include.settings import load_settings
from include.sources import client
from include.sources.base import Source, SourceEntry
from include.sources.eirgrid import source as reading
from include.sources.eirgrid import usual
from include.sources.registry import source
from include.storage import readings as storing
from include.storage.local import LocalStore
from include.storage.object_store import ObjectStore
from include.storage.readings import ReadingsStore

FIRST: Final = datetime(2026, 10, 31, 19, 48, tzinfo=UTC)
"""When an earlier cycle fills the store; the one that is measured comes a quarter of an hour later."""
CYCLE: Final = timedelta(minutes=15)
CHANGED: Final = 5
"""Requests for a unit with something new: readings and outcomes each read and written, outcomes once more before."""
FREQUENCY: Final = 1
"""Its newest point is looked up before it is asked for."""


class Stopwatch:
    """Seconds by part, each without the parts inside it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inside: list[float] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time a block."""
        started = time.perf_counter()
        self._inside.append(0.0)
        try:
            yield
        finally:
            whole = time.perf_counter() - started
            self.seconds[name] += whole - self._inside.pop()
            if self._inside:
                self._inside[-1] += whole

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Time every call of a function from now on."""
        function: Callable[..., Any] = getattr(owner, name)

        @wraps(function)
        def timed(*given: Any, **more: Any) -> Any:
            with self.part(part):
                return function(*given, **more)

        setattr(owner, name, timed)


def watched() -> Stopwatch:
    """A stopwatch on the parts of a cycle."""
    watch = Stopwatch()
    watch.watch(client.HttpClient, "_get", "HTTP")
    for reader in ("long_rows", "wide_rows", "link_rows"):
        watch.watch(usual, reader, "JSON read")
    watch.watch(reading, "read_rows", "rows to readings")
    watch.watch(storing, "merge", "merge")
    watch.watch(storing, "decode", "Parquet read")
    watch.watch(storing, "encode", "Parquet written")
    watch.watch(Counting, "get", "store: GET")
    watch.watch(Counting, "put", "store: PUT")
    watch.watch(ingesting, "record_tries", "outcomes")
    watch.watch(Export, "area", "export of areas")
    watch.watch(Export, "current", "export of current")
    watch.watch(Export, "snapshot", "export of snapshot and recent")
    return watch


def measure(*, rounds: int, slowed: bool = False) -> list[Figure]:
    """Time by part, and requests to the store."""
    with upstream(now=FIRST + CYCLE) as address:
        # Upstream remembers its answers from the first one on, which is left out.
        found = [in_process("bench.cycle", address, *(["slowed"] if slowed else [])) for _ in range(rounds + 1)][1:]
    asked, units = found[0]["asked"], found[0]["units"]
    parts = {name: statistics.median(one["seconds"][name] for one in found) * 1000 for name in found[0]["seconds"]}
    return [
        Figure(
            "live cycle in one process, without Airflow",
            {OURS: [sum(one["seconds"].values()) * 1000 for one in found]},
            goals=(
                Goal(
                    f"requests to the store by the ingest of {units} units",
                    [sum(asked.values())],
                    most=CHANGED * units + FREQUENCY,
                    unit="count",
                ),
            ),
            note=f"{asked['GET']} GET, {asked['PUT']} PUT; at most {found[0]['mb']:.0f} MB of memory",
            parts=dict(sorted(parts.items(), key=lambda part: -part[1])),
        )
    ]


def ingested(entry: SourceEntry, fetcher: Source, store: ObjectStore, *, now: datetime) -> int:
    """Fetch and store every unit of a live run; returns how many there are."""
    readings = ReadingsStore(store, feed=Feed.SIMULATED)
    readings.open()
    units = plan_live(entry, now=now, days_back=1, selection=Selection.of(entry))
    for unit in units:
        job = Ingest(source=fetcher, area=entry.area(unit.partition.area), readings=readings, clock=lambda: now)
        job.run(unit, live=True)
    return len(units)


def exported(entries: tuple[SourceEntry, ...], store: ObjectStore, *, now: datetime) -> None:
    """Write every summary."""
    job = Export(store=store, feed=Feed.SIMULATED, entries=entries, now=now)
    for entry in entries:
        for area in entry.areas:
            job.area(entry.source_id, area.name)
    job.current()
    job.snapshot()


def upstream_at(address: str, now: datetime) -> None:
    """Set the upstream's clock."""
    body = {"now": now.isoformat()}
    requests.post(f"{address}/_control/clock", json=body, timeout=10).raise_for_status()


def main(address: str, slowed: str = "") -> dict[str, Any]:
    """In a process of its own: the cycle after one that has filled the store."""
    if slowed:
        slow_down()
    logging.disable(logging.WARNING)
    entry = source("eirgrid")
    settings = load_settings(store="unused", feed="simulated", upstream=address)
    now = FIRST
    fetcher = entry.load().from_settings(settings, clock=lambda: now)
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        store = Counting(LocalStore(Path(folder)))
        upstream_at(address, now)
        ingested(entry, fetcher, store, now=now)
        exported((entry,), store, now=now)
        now = FIRST + CYCLE
        upstream_at(address, now)
        store.asked.clear()
        watch = watched()
        with watch.part("everything else"):
            units = ingested(entry, fetcher, store, now=now)
            asked = dict(store.asked)
            exported((entry,), store, now=now)
        return {"seconds": watch.seconds, "asked": asked, "units": units, "mb": most_memory()}


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
