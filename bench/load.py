"""Years loaded from the simulated upstream, by the speed at which the same JSON is only parsed; memory year by year.

Everything is measured in processor time of the loading process. What the model upstream takes to invent its answers is
nobody's: they are asked for once before. Nor is a disk's: the store is a folder in memory, where the machine has one.
"""

import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from bench.figures import LIMIT, MEMORY, OURS, Figure, Goal, in_process, most_memory, ratios, spelled
from bench.upstream import upstream
from include.domain.catalogue import AREAS
from include.domain.readings import Feed, Unit
from include.jobs.ingest import Ingest
from include.jobs.plan import Selection, plan_days
from include.settings import load_settings
from include.sources import client
from include.sources.registry import source
from include.storage.local import LocalStore
from include.storage.readings import ReadingsStore

NOW: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
LAST: Final = date(2026, 10, 31)
EVERY: Final = 10
"""Of how many answers one is kept, to be parsed again."""
FLAT: Final = 1.25
"""How much more memory the last part may have needed than the second."""


def measure(*, years: int, fine_days: int) -> list[Figure]:
    """Years of all 15- and 30-minute series, and days of 5-second frequency."""
    figures = []
    with upstream(now=NOW) as address:
        for name, of, amount, parts in (
            (f"load of {spelled(years)}, all 15- and 30-minute series", "years", years, "a year"),
            (f"load of {fine_days} days of 5-second frequency", "days", fine_days, "five days"),
        ):
            found = in_process("bench.load", of, amount, environment={"GRID_UPSTREAM": address})
            figures.append(_figure(name, found, part=parts))
    return figures


def _figure(name: str, parts: list[dict[str, float]], *, part: str) -> Figure:
    speeds = [one["bytes"] / one["seconds"] / 1e6 for one in parts]
    parsed = [one["parsed_bytes"] / one["parsed_seconds"] / 1e6 for one in parts]
    total, rows = sum(one["bytes"] for one in parts), sum(one["rows"] for one in parts)
    memory = parts[-1]["mb"]
    goals = [Goal("of the parse speed", ratios(speeds, parsed), least=0.25)]
    if len(parts) > 2:
        goals.append(Goal("memory, last by second part", [memory / parts[1]["mb"]], most=FLAT))
    return Figure(
        name,
        {OURS: speeds, LIMIT: parsed},
        unit="MB/s of JSON",
        goals=tuple(goals),
        note=f"{rows:,.0f} rows, {total / 1e6:,.0f} MB; a sample is {part}; {memory:.0f} MB of memory at most;"
        " in processor time of one process, to a folder in memory, answers asked for once before;"
        " limit: json.loads of the same answers",
    )


def main(of: str, amount: int) -> list[dict[str, float]]:
    """Load in a process of its own; one entry for each part."""
    logging.disable(logging.WARNING)
    entry, bodies = source("eirgrid"), Bodies()
    client._body = bodies.watch(client._body)  # noqa: SLF001
    settings = load_settings(store="unused", feed="simulated")
    fetcher = entry.load().from_settings(settings, clock=lambda: NOW)
    slow = [area.name for area in AREAS if not area.partitioned_by_day]
    parts: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        readings = ReadingsStore(LocalStore(Path(folder)), feed=Feed.SIMULATED)
        readings.open()
        for first, last in _years(amount) if of == "years" else _days(amount):
            chosen = Selection.of(entry, areas=slow if of == "years" else ["frequency"])
            units = plan_days(entry, first, last, now=NOW, selection=chosen)
            for unit in units:
                # Upstream remembers its answers from here on.
                list(fetcher.fetch(unit))
            bodies.clear()
            started, rows = time.process_time(), 0
            for unit in units:
                job = Ingest(source=fetcher, area=entry.area(unit.partition.area), readings=readings, clock=lambda: NOW)
                rows += _run(job, unit)
            seconds = time.process_time() - started
            parts.append(
                {"bytes": bodies.length, "seconds": seconds, "rows": rows, "mb": most_memory(), **bodies.parsed()}
            )
            print(f"  {first} to {last}: {bodies.length / 1e6:.0f} MB, {seconds:.1f} s", file=sys.stderr, flush=True)
    return parts


def _run(job: Ingest, unit: Unit) -> int:
    result = job.run(unit, live=False)
    if result.outcome.is_ours or not result.answered:
        raise RuntimeError(f"{unit.label}: {result.message}")
    return result.rows


class Bodies:
    """Counts the bytes of answers, and keeps some."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.length = 0
        self.number = 0
        self.kept: list[bytes] = []

    def watch(self, read: Callable[..., bytes]) -> Callable[..., bytes]:
        def body(*given: Any, **more: Any) -> bytes:
            found = read(*given, **more)
            self.length += len(found)
            if self.number % EVERY == 0:
                self.kept.append(found)
            self.number += 1
            return found

        return body

    def parsed(self) -> dict[str, float]:
        """How many bytes were parsed again, and how long that took in the middle one of three times."""
        taken = []
        for _ in range(3):
            started = time.process_time()
            for one in self.kept:
                json.loads(one)
            taken.append(time.process_time() - started)
        return {"parsed_bytes": sum(map(len, self.kept)), "parsed_seconds": statistics.median(taken)}


def _years(years: int) -> list[tuple[date, date]]:
    return [(date(year, 11, 1), date(year + 1, 10, 31)) for year in range(LAST.year - years, LAST.year)]


def _days(days: int) -> list[tuple[date, date]]:
    firsts = [LAST.toordinal() - days + 1 + start for start in range(0, days, 5)]
    return [(date.fromordinal(one), min(date.fromordinal(one + 4), LAST)) for one in firsts]


if __name__ == "__main__":
    json.dump(main(sys.argv[1], int(sys.argv[2])), sys.stdout)
