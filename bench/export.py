"""All summaries of a store written anew, DuckDB writing the same thirty days as JSON, and pandas doing so."""

import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

from bench.figures import LIMIT, OURS, PLAIN, Figure, Goal, by_limit, in_process, in_turns, most_memory, spelled
from bench.showcase import NOW
from include.domain.calendar import DAY, Interval, irish_day, midnight
from include.domain.catalogue import AREAS
from include.domain.readings import Feed
from include.domain.series import Area
from include.export import sql
from include.jobs.export import SUMMARY_DAYS, Export
from include.sources.registry import source
from include.storage.duck import connect, existing_files
from include.storage.keys import SUMMARIES, partitions_of, readings_key
from include.storage.local import LocalStore

TODAY: Final = irish_day(NOW)
WINDOW: Final = Interval(midnight(TODAY - DAY * (SUMMARY_DAYS - 1)), midnight(TODAY + 2 * DAY))


def ours(store: LocalStore) -> None:
    """As the export DAG does it, but for the inventory, which nobody waits for."""
    shutil.rmtree(store.root / SUMMARIES, ignore_errors=True)
    job = Export(store=store, feed=Feed.SIMULATED, entries=(source("eirgrid"),), now=NOW)
    for area in AREAS:
        job.area("eirgrid", area.name)
    job.current()
    job.snapshot()


def limit(store: LocalStore) -> None:
    """DuckDB writes the thirty days as JSON, 5-second values as their quarter-hours: a file of rows for each area."""
    connection = connect(store)
    for area, query, given in _queries(store):
        written = f"COPY ({query}) TO '{str(store.root / area.name).replace("'", "''")}.json' (FORMAT json)"
        connection.execute(written, given)


def read(store: LocalStore) -> None:
    """DuckDB reads the same into Arrow's columns, and nothing is written."""
    connection = connect(store)
    for _, query, given in _queries(store):
        connection.execute(query, given).to_arrow_table()


def _queries(store: LocalStore) -> Iterator[tuple[Area, str, dict[str, object]]]:
    for area in AREAS:
        files = existing_files(
            store, (one for name in area.regions for one in partitions_of("eirgrid", area, name, WINDOW))
        )
        if files:
            query = sql("frequency" if area.partitioned_by_day else "values")
            yield area, query, {"files": files, "start": WINDOW.start, "end": WINDOW.end}


def plain(store: LocalStore) -> None:
    """One file of records per area; nothing derived, no newest values, no null told from what was never fetched."""
    for area in AREAS:
        frames = list(_frames(store, area))
        if frames:
            pd.concat(frames).to_json(store.root / f"{area.name}.json", orient="records", date_format="iso")


def _frames(store: LocalStore, area: Area) -> Any:
    for region in area.regions:
        for partition in partitions_of("eirgrid", area, region, WINDOW):
            path = store.root / readings_key(partition)
            if not path.exists():
                continue
            frame = pd.read_parquet(path)
            frame = frame[(frame["timestamp"] >= WINDOW.start) & (frame["timestamp"] < WINDOW.end)]
            if area.partitioned_by_day:
                grouped = frame.set_index("timestamp")["value"].resample(timedelta(minutes=15))
                frame = grouped.agg(["min", "mean", "max"]).reset_index()
            yield frame.assign(region=region)


WAYS: Final[dict[str, Callable[[LocalStore], None]]] = {OURS: ours, LIMIT: limit, PLAIN: plain, "read": read}


def measure(large: Path, small: Path, *, years: int, rounds: int) -> list[Figure]:
    """On a store with years of history, and on one without."""
    memory = 0.0

    def way(name: str, store: Path) -> float:
        nonlocal memory
        found: dict[str, float] = in_process("bench.export", name, store)
        memory = max(memory, found["mb"]) if name == OURS else memory
        return found["ms"]

    samples = in_turns(
        {name: lambda name=name: way(name, large) for name in WAYS} | {"small": lambda: way(OURS, small)}, rounds
    )
    independent = [one / other for one, other in zip(samples[OURS], samples["small"], strict=True)]
    return [
        Figure(
            f"export of all summaries, {spelled(years)} of history",
            samples,
            goals=(by_limit(samples, most=3.0), Goal("with history by without", independent, most=1.25)),
            note=f"at most {memory:.0f} MB of memory; limit: one DuckDB writes the same thirty days as rows of JSON"
            f" (only to read them, into columns, takes {statistics.median(samples['read']):,.0f} ms);"
            " plain: pandas reads the files and writes records",
        )
    ]


def main(name: str, store: str) -> dict[str, float]:
    """In a process of its own: milliseconds after one that warms up, and MB at most."""
    opened = LocalStore(Path(store))
    WAYS[name](opened)
    started = time.perf_counter()
    WAYS[name](opened)
    ms = (time.perf_counter() - started) * 1000
    return {"ms": ms, "mb": most_memory()}


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
