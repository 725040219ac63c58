"""A store to look at: the simulated feed as of one evening, with a few holes in it, and all its summaries."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import requests

from bench.store import fill
from dev.patience import until
from include.domain.calendar import irish_day
from include.domain.catalogue import AREAS
from include.domain.readings import Feed
from include.jobs.export import Export
from include.jobs.gap_report import GapReport, SourceReport
from include.jobs.gapcheck import GapCheck, RunState
from include.jobs.inventory import Inventory
from include.jobs.plan import Selection
from include.sources.registry import source
from include.storage.keys import READINGS
from include.storage.local import LocalStore
from include.storage.parquet import decode, encode

NOW = datetime(2026, 10, 31, 20, 5, tzinfo=UTC)
FIRST = date(2025, 10, 1)
FINE_SINCE = date(2026, 10, 1)
NEVER_FETCHED = (datetime(2026, 10, 31, 10, 15, tzinfo=UTC), datetime(2026, 10, 31, 11, 15, tzinfo=UTC))
"""Slots of wind, ALL, that have no row."""
NO_VALUE = (datetime(2026, 10, 31, 9, 0, tzinfo=UTC), datetime(2026, 10, 31, 10, 0, tzinfo=UTC))
"""Slots of solar, ALL, for which upstream had nothing."""
ROOT = Path(__file__).resolve().parents[1]


def build(folder: Path, *, first: date = FIRST) -> None:
    """Fill a folder with the readings and summaries of this evening."""
    fill(folder, first, irish_day(NOW) + timedelta(days=1), fine_since=FINE_SINCE, now=NOW)
    _change(folder, "wind", lambda table: table.filter(pc.invert(_of(table, "WIND_ACTUAL", NEVER_FETCHED))))
    _change(folder, "solar", lambda table: _emptied(table, _of(table, "SOLAR_ACTUAL", NO_VALUE)))
    export(folder, now=NOW)


def export(folder: Path, *, now: datetime, feed: Feed = Feed.SIMULATED) -> None:
    """Write every summary, as the gap check and the export do."""
    store, entry = LocalStore(folder), source("eirgrid")
    job = Export(store=store, feed=feed, entries=(entry,), now=now)
    for area in AREAS:
        job.area("eirgrid", area.name)
    check = GapCheck(
        store=store,
        entry=entry,
        first=irish_day(now) - timedelta(days=30),
        last=irish_day(now),
        now=now,
        selection=Selection.of(entry),
        run_state=lambda _run: RunState.ABSENT,
        max_attempts=5,
    )
    report = GapReport(store=store, feed=feed, now=now)
    report.sources.append(SourceReport.of(check, check.judged({}), {}))
    report.write({})
    job.current()
    job.snapshot()
    inventory = Inventory(store, feed, job.entries, now)
    inventory.update("eirgrid")
    inventory.publish()


@contextmanager
def serving(folder: Path, port: int, **environment: str) -> Iterator[str]:
    """The address of an API over a store, in a process of its own."""
    given = {"GRID_STORE": str(folder), "GRID_NOW": NOW.isoformat(), "GRID_GUIDE": str(ROOT / "site")} | environment
    process = subprocess.Popen([sys.executable, "-m", "api", "--port", str(port)], cwd=ROOT, env=os.environ | given)
    try:
        address = f"http://127.0.0.1:{port}"
        until(lambda: requests.get(f"{address}/health", timeout=5).ok, "the API", seconds=60)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def _change(folder: Path, area: str, change: Callable[[pa.Table], pa.Table]) -> None:
    path = folder / READINGS / f"source=eirgrid/area={area}/region=ALL/year={NOW.year}/month={NOW.month}/data.parquet"
    path.write_bytes(encode(change(decode(path.read_bytes(), key=str(path))), feed=Feed.SIMULATED))


def _of(table: pa.Table, field: str, span: tuple[datetime, datetime]) -> pa.Array:
    inside = pc.and_(pc.greater_equal(table["timestamp"], span[0]), pc.less(table["timestamp"], span[1]))
    return pc.and_(inside, pc.equal(table["field"], field))


def _emptied(table: pa.Table, chosen: pa.Array) -> pa.Table:
    values = pc.if_else(chosen, None, table["value"])
    fetched = pc.if_else(chosen, pa.scalar(NOW, table["fetched_at"].type), table["fetched_at"])
    table = table.set_column(table.schema.get_field_index("value"), "value", values)
    return table.set_column(table.schema.get_field_index("fetched_at"), "fetched_at", fetched)
