"""What several writers do to one store at the same time; importable by a fresh process."""

import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from include.domain.calendar import Month
from include.domain.errors import ConditionFailed
from include.domain.readings import Feed, Partition
from include.storage.location import open_store
from include.storage.object_store import ObjectStore, StoredObject
from include.storage.parquet import SCHEMA
from include.storage.readings import ReadingsStore

NOVEMBER = Partition("eirgrid", "wind", "ROI", Month(2026, 11))
START = datetime(2026, 11, 22, tzinfo=UTC)
FETCHED = datetime(2026, 11, 23, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
SETTLE = {"WIND_ACTUAL": timedelta(hours=6), "WIND_FCAST": timedelta(hours=6)}

type Row = tuple[datetime, str, float | None, datetime]


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Rows of (timestamp, field, value, fetched_at) as a partition's table."""
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)


def rows_of(table: pa.Table) -> list[Row]:
    """The rows of a table, in its order."""
    return [(row["timestamp"], row["field"], row["value"], row["fetched_at"]) for row in table.to_pylist()]


def values(first: int, count: int = 1, *, value: float | None = None, fetched: datetime = FETCHED) -> pa.Table:
    """Wind at `count` slots from the `first` of the day on; the slot's number unless `value` is given."""
    return table_of(
        [
            (START + n * QUARTER, "WIND_ACTUAL", float(n) if value is None else value, fetched)
            for n in range(first, first + count)
        ]
    )


def location_of(store: ObjectStore) -> str:
    """The setting that opens this store elsewhere."""
    return store.address("")


def count_up(location: str | ObjectStore, key: str, times: int) -> None:
    """Read a number, add one and write it back, until it has been done `times` times."""
    store = open_store(location) if isinstance(location, str) else location
    for _ in range(times):
        while not _count_once(store, key):
            pass


def write_slots(location: str | ObjectStore, first: int, count: int, step: int) -> int:
    """Write `count` slots from `first` on, every `step`th, one write each. Returns the number of rows reported."""
    store = open_store(location) if isinstance(location, str) else location
    readings = ReadingsStore(store, feed=Feed.SIMULATED)
    readings.open()
    return sum(
        len(readings.write(NOVEMBER, values(first + n * step), settle_after=SETTLE).changed) for n in range(count)
    )


def in_threads(work: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The results of all calls, each in a thread of its own; the first error is raised."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(work, *call) for call in calls]]


def in_processes(work: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> list[Any]:
    """The same in fresh processes."""
    with ProcessPoolExecutor(len(calls), mp_context=multiprocessing.get_context("spawn")) as pool:
        return [future.result() for future in [pool.submit(work, *call) for call in calls]]


def contents(store: ObjectStore) -> Mapping[str, StoredObject | None]:
    """Every object of a store."""
    return {info.key: store.get(info.key) for info in store.list("")}


def _count_once(store: ObjectStore, key: str) -> bool:
    found = store.get(key)
    number = int(found.data) if found else 0
    try:
        store.put(key, str(number + 1).encode(), expected=found.etag if found else None)
    except ConditionFailed:
        return False
    return True
