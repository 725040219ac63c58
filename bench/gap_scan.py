"""Gap scans of a store, the least that reading it could be, and pandas with an index of all slots.

Most are measured as the daily gap check finds a store: all files that a day of live cycles writes are new to it.
Modules are loaded before the clock starts, pandas too, which DuckDB looks for at the first query of a process.
"""

import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from bench.figures import LIMIT, OURS, PLAIN, Figure, Goal, by_limit, in_process, in_turns, most_memory, spelled
from bench.store import LAST, MONTH, partitions
from include.domain.calendar import DAY, Interval, day_span
from include.domain.catalogue import AREAS
from include.domain.gaps import judge
from include.domain.series import Area
from include.jobs.scan import Scan
from include.storage.duck import connect, existing_files
from include.storage.keys import DIGESTS, readings_key
from include.storage.local import LocalStore

CADENCES: Final = {one.field: one.cadence for area in AREAS for one in area.series}


def scan(store: LocalStore, first: date, last: date) -> None:
    """The state of every slot of every series."""
    scan_of("eirgrid", AREAS, store, day_span(first, last))


def scan_of(source_id: str, areas: Sequence[Area], store: LocalStore, window: Interval) -> None:
    """The state of every slot of every series of a source, as of the window's end."""
    series = [one for area in areas for one in area.series]
    found = Scan(store, source_id, areas, window, window.end).evidence(series)
    for one in series:
        judge(one, found[one.key], window=window, now=window.end)


def count(store: LocalStore, first: date, last: date) -> None:
    """The number of rows, from the footers of the same files: most of it goes into listing them and opening DuckDB."""
    files = existing_files(store, partitions(first, last))
    with connect(store) as connection:
        connection.execute("SELECT count(*) FROM read_parquet($files)", {"files": files}).fetchall()


def reindex(store: LocalStore, first: date, last: date) -> None:
    """Each series put on an index of all its slots; what is null there is missing, without a reason."""
    span = day_span(first, last)
    for area in AREAS:
        for region in area.regions:
            wanted = [one for one in partitions(first, last) if (one.area, one.region) == (area.name, region)]
            files = [path for one in wanted if (path := store.root / readings_key(one)).exists()]
            if not files:
                continue
            frame = pd.concat(pd.read_parquet(path) for path in files)
            for name, rows in frame.groupby("field"):
                slots = pd.date_range(span.start, span.end, freq=CADENCES[str(name)], inclusive="left", unit="us")
                held = rows.drop_duplicates("timestamp").set_index("timestamp")["value"].reindex(slots)
                held[held.isna()].index.tolist()


WAYS: Final = {"scan": scan, "count": count, "reindex": reindex}


def measure(large: Path, small: Path, *, years: int, rounds: int) -> list[Figure]:
    """31 days of a store of 31 days and of one with years, and all of these years."""
    first = date(LAST.year - years, 11, 1)
    memory: dict[date, float] = {}

    def scanned(store: Path, since: date, *, changed: bool = True) -> float:
        if changed:
            _change_a_day(store)
        found: dict[str, float] = in_process("bench.gap_scan", "scan", store, since, LAST)
        memory[since] = max(found["mb"], memory.get(since, 0))
        return found["ms"]

    def other(way: str, since: date) -> float:
        ms: float = in_process("bench.gap_scan", way, large, since, LAST)["ms"]
        return ms

    looks = [_first_look(large, first) for _ in range(min(rounds, 2))]
    scanned(small, MONTH)
    month = in_turns(
        {
            OURS: lambda: scanned(large, MONTH),
            LIMIT: lambda: other("count", MONTH),
            PLAIN: lambda: other("reindex", MONTH),
            "small": lambda: scanned(small, MONTH),
            "same": lambda: scanned(large, MONTH, changed=False),
        },
        # Some of these take no longer than a process does to settle.
        2 * rounds,
    )
    whole = in_turns(
        {
            OURS: lambda: scanned(large, first),
            LIMIT: lambda: other("count", first),
            "same": lambda: scanned(large, first, changed=False),
        },
        rounds,
    )
    independent = [ours / small for ours, small in zip(month[OURS], month["small"], strict=True)]
    return [
        Figure(
            "gap scan of 31 days",
            month,
            goals=(
                by_limit(month, most=3.0),
                Goal(f"with {spelled(years)} of history by without", independent, most=1.25),
            ),
            note=f"after a day of live cycles; {_median_ms(month['same'])} when nothing has changed since;"
            " limit: DuckDB's count(*) over the same files, of whose time most is its being opened;"
            " plain: pandas reindex per series",
        ),
        Figure(
            f"gap scan of {spelled(years)}",
            whole,
            goals=(by_limit(whole, most=3.0),),
            note=f"after a day of live cycles; {_median_ms(whole['same'])} when nothing has changed since;"
            f" at most {memory[first]:.0f} MB of memory; no pandas: it would need all rows at once",
        ),
        Figure(
            f"gap scan of {spelled(years)}, the first look",
            {OURS: looks},
            note="each file is read; later looks remember",
        ),
    ]


def _median_ms(measured: list[float]) -> str:
    return f"{statistics.median(measured):,.0f} ms"


def _change_a_day(store: Path) -> None:
    """Give the files that the live cycles of a day write to another version, with what they hold."""
    for one in partitions(LAST - DAY, LAST):
        if (path := store / readings_key(one)).exists():
            os.utime(path)


def _first_look(store: Path, first: date) -> float:
    shutil.rmtree(store / DIGESTS, ignore_errors=True)
    ms: float = in_process("bench.gap_scan", "scan", store, first, LAST)["ms"]
    return ms


def main(name: str, store: str, first: str, last: str) -> dict[str, float]:
    """In a process of its own: milliseconds, and MB at most."""
    started = time.perf_counter()
    WAYS[name](LocalStore(Path(store)), date.fromisoformat(first), date.fromisoformat(last))
    ms = (time.perf_counter() - started) * 1000
    return {"ms": ms, "mb": most_memory()}


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
