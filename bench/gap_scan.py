"""One gap scan of a store, or the least that reading it could be, in a process of its own: seconds, and MB at most."""

import resource
import sys
import time
from datetime import date
from pathlib import Path

from bench.store import partitions
from include.domain.calendar import day_span
from include.domain.catalogue import AREAS
from include.domain.gaps import judge
from include.jobs.scan import Scan
from include.storage.duck import connect, existing_files
from include.storage.local import LocalStore


def scan(store: LocalStore, first: date, last: date) -> None:
    """The state of every slot of every series."""
    window = day_span(first, last)
    series = [one for area in AREAS for one in area.series]
    found = Scan(store, "eirgrid", AREAS, window, window.end).evidence(series)
    for one in series:
        judge(one, found[one.key], window=window, now=window.end)


def count(store: LocalStore, first: date, last: date) -> None:
    """The number of rows, from the footers of the same files."""
    files = existing_files(store, partitions(first, last))
    with connect(store) as connection:
        connection.execute("SELECT count(*) FROM read_parquet($files)", {"files": files}).fetchall()


if __name__ == "__main__":
    started = time.perf_counter()
    {"scan": scan, "count": count}[sys.argv[1]](
        LocalStore(Path(sys.argv[2])), date.fromisoformat(sys.argv[3]), date.fromisoformat(sys.argv[4])
    )
    seconds = time.perf_counter() - started
    sys.stdout.write(f"{seconds} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}")
