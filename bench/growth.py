"""`make bench-growth`: time and memory of a cycle, gap scans, export and range query as history and sources grow.

The stores end in 2044, so that thirty years fit after the first day of every series.
"""

import json
import logging
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from bench.cycle import CYCLE, exported, ingested, upstream_at
from bench.figures import in_process, most_memory
from bench.gap_scan import scan_of
from bench.lambda_events import zipped
from bench.showcase import export as export_all
from bench.sources import entries
from bench.store import fill
from bench.upstream import upstream
from include.domain.calendar import DAY, Interval, day_span, irish_day
from include.domain.readings import Feed
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_days
from include.settings import load_settings
from include.sources.base import Source, SourceEntry
from include.sources.registry import source
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore

NOW: Final = datetime(2044, 10, 31, 20, 5, tzinfo=UTC)
TODAY: Final = irish_day(NOW)
YEARS: Final = (1, 3, 10, 30)
SOURCES: Final = (1, 5, 20)
ROUNDS: Final = 5
Grown = dict[str, dict[int, dict[str, float]]]
"""By work and size: milliseconds (`ms`) and MB at most (`mb`)."""
NOBODY: Final = "http://127.0.0.1:9"
"""The upstream of sources that ask none."""


def first_day(years: int) -> date:
    """The first of so many years."""
    return date(TODAY.year - years, 11, 1)


def by_years(folder: Path) -> Grown:
    """One source, and more and more history."""
    found: Grown = {}
    with upstream(now=NOW) as address:
        for years in YEARS:
            store = folder / f"{years}-years-to-2044"
            print(f"filling {years} years …", flush=True)
            fill(store, first_day(years), TODAY + DAY, now=NOW)
            export_all(store, now=NOW)
            environment = {"GRID_STORE": str(store), "GRID_NOW": NOW.isoformat(), "GRID_UPSTREAM": address}
            if years == YEARS[0]:
                # Upstream remembers its answers from here on.
                with tempfile.TemporaryDirectory(dir=folder) as asked:
                    _rounds(
                        "live cycle", years, 0, shutil.copytree(store, Path(asked), dirs_exist_ok=True), environment
                    )
            for work in ("live cycle", "gap scan of 31 days", "gap scan of all", "export", "range query of all"):
                found.setdefault(work, {})[years] = _taken(work, years, 0, store, environment)
    return found


def by_sources(folder: Path) -> Grown:
    """31 days of history, and more and more sources, of one area each."""
    found: Grown = {}
    for number in SOURCES:
        store = folder / f"{number}-sources"
        environment = {"GRID_STORE": str(store), "GRID_NOW": NOW.isoformat()}
        print(f"filling {number} sources …", flush=True)
        in_process("bench.growth", "fill", 0, number, store, 0, environment=environment)
        for work in ("live cycle", "gap scan of 31 days", "export"):
            found.setdefault(work, {})[number] = _taken(work, 0, number, store, environment)
    return found


def _taken(work: str, years: int, sources: int, store: Path, environment: Mapping[str, str]) -> dict[str, float]:
    rounds = _rounds(work, years, sources, store, environment)
    told = {name: statistics.median(one[name] for one in rounds) for name in ("ms", "mb")}
    print(f"{work:<24} {years or '':>3} {sources or '':>3} {told['ms']:>10,.0f} ms {told['mb']:>6.0f} MB", flush=True)
    return told


def _rounds(work: str, years: int, sources: int, store: Path, environment: Mapping[str, str]) -> list[dict[str, float]]:
    return [
        in_process("bench.growth", work, years, sources, store, number, environment=environment)
        for number in range(1, ROUNDS + 1)
    ]


def main(work: str, years: str, sources: str, folder: str, number: str) -> dict[str, float]:
    """One measurement in a process of its own."""
    logging.disable(logging.WARNING)
    store, now = LocalStore(Path(folder)), NOW + CYCLE * int(number)
    invented = entries(int(sources))
    every = invented or (source("eirgrid"),)
    works: dict[str, Callable[[], None]] = {
        "fill": lambda: _each(every, lambda one: _filled(one, store)),
        "live cycle": lambda: _each(every, lambda one: _live(one, store, now=now)),
        "gap scan of 31 days": lambda: _each(every, lambda one: _scan(one, store, TODAY - DAY * 30)),
        "gap scan of all": lambda: _each(every, lambda one: _scan(one, store, first_day(int(years)))),
        "export": lambda: exported(every, store, now=now),
        "range query of all": lambda: _range(first_day(int(years))),
    }
    if work == "range query of all":
        # The first one loads DuckDB: a Lambda answers many.
        works[work]()
    started = time.perf_counter()
    works[work]()
    return {"ms": (time.perf_counter() - started) * 1000, "mb": most_memory()}


def _each(every: Iterable[SourceEntry], work: Callable[[SourceEntry], None]) -> None:
    for one in every:
        work(one)


def _fetcher(entry: SourceEntry, now: datetime) -> Source:
    settings = load_settings(feed="simulated", **({} if os.environ.get("GRID_UPSTREAM") else {"upstream": NOBODY}))
    return entry.load().from_settings(settings, clock=lambda: now)


def _live(entry: SourceEntry, store: LocalStore, *, now: datetime) -> None:
    if address := os.environ.get("GRID_UPSTREAM"):
        upstream_at(address, now)
    ingested(entry, _fetcher(entry, now), store, now=now)


def _filled(entry: SourceEntry, store: LocalStore) -> None:
    readings = ReadingsStore(store, feed=Feed.SIMULATED)
    readings.open()
    for unit in plan_days(entry, TODAY - DAY * 31, TODAY, now=NOW, selection=Selection.of(entry)):
        job = Ingest(_fetcher(entry, NOW), entry.area(unit.partition.area), readings, lambda: NOW)
        job.run(unit, live=False)


def _scan(entry: SourceEntry, store: LocalStore, first: date) -> None:
    scan_of(entry.source_id, entry.areas, store, Interval(day_span(first).start, NOW))


def _range(first: date) -> None:
    from api.handler import handler  # noqa: PLC0415  it reads its environment

    query = f"region=ROI&fields=actual&start={first}&end={TODAY}&resolution=1d"
    answer = handler(zipped("/api/wind", query), None)
    if answer["statusCode"] != 200:
        raise RuntimeError(answer["body"])


def run(folder: Path, out: Path) -> None:
    """Measure, and write the pictures and the numbers."""
    # What is measured is measured without it.
    from bench.drawing import draw  # noqa: PLC0415

    grown = {"years": by_years(folder), "sources": by_sources(folder)}
    out.mkdir(parents=True, exist_ok=True)
    (out / "growth.json").write_text(json.dumps(grown, indent=1) + "\n", encoding="utf-8")
    draw(grown["years"], out / "growth-years.png", over="years of history")
    draw(grown["sources"], out / "growth-sources.png", over="sources")


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
