"""A store as years of live runs leave it, written straight from the simulated feed."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from dev.upstream.simulated import Simulated
from include.domain.calendar import day_span, floor_slot, irish_day, midnight, second_pass
from include.domain.catalogue import AREAS
from include.domain.readings import Feed, Partition
from include.domain.series import History, Series
from include.storage.keys import partitions_of, readings_key
from include.storage.local import LocalStore
from include.storage.parquet import SCHEMA, encode
from include.storage.readings import ReadingsStore

FEED = Simulated(seed=1)
DAYS_OF_SNAPSHOTS = timedelta(days=2)
LAST = date(2026, 10, 31)
"""Last Irish day of the stores that are measured."""
MONTH = LAST - timedelta(days=30)


def fill(folder: Path, first: date, last: date, *, fine_since: date | None = None, now: datetime | None = None) -> None:
    """Write every partition that holds slots of these Irish days, both included; what is there stays.

    `fine_since` is the first day of the 5-second series, if it is a later one. `now` leaves out what is not published
    at that time, but for the forecasts of the next day; only with it there are snapshots of the fuel mix.
    """
    ReadingsStore(LocalStore(folder), feed=Feed.SIMULATED).open()
    asked = [
        one for one in partitions(first, last) if one.day is None or one.span.start >= midnight(fine_since or first)
    ]
    wanted = [one for one in asked if not (folder / readings_key(one)).exists()]
    with ProcessPoolExecutor(2) as pool:
        for _ in pool.map(_write, [folder] * len(wanted), wanted, [now] * len(wanted), chunksize=50):
            pass


def partitions(first: date, last: date) -> Iterator[Partition]:
    """The partitions of EirGrid's areas that hold slots of these days."""
    span = day_span(first, last)
    for area in AREAS:
        for region in area.regions:
            yield from partitions_of("eirgrid", area, region, span)


def _write(folder: Path, partition: Partition, now: datetime | None) -> None:
    area = next(one for one in AREAS if one.name == partition.area)
    parts = [part for one in area.of_region(partition.region) if (part := _rows(one, partition, now)) is not None]
    if parts:
        data = encode(pa.concat_tables(sorted(parts, key=lambda part: str(part["field"][0]))), feed=Feed.SIMULATED)
        path = folder / readings_key(partition)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: what is there stays.
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(data)
        unfinished.replace(path)


def _rows(series: Series, partition: Partition, now: datetime | None) -> pa.Table | None:
    span = partition.span
    start = max(span.start, midnight(series.first_day))
    end = min(span.end, _known_until(series, now)) if now else span.end
    if series.history is History.SNAPSHOT:
        # Each is worked out from a day of the model, so there are only those that a first look shows.
        start = (
            max(start, floor_slot(end - DAYS_OF_SNAPSHOTS, series.cadence)) if now is not None and now in span else end
        )
    if start >= end:
        return None
    step = int(series.cadence.total_seconds())
    slots = np.arange(int(start.timestamp()), int(end.timestamp()), step, dtype=np.int64)
    for again in _second_passes(partition):
        slots = slots[(slots < again[0]) | (slots >= again[1])]
    values = FEED.values(series.field, series.region, slots)
    if series.optional:
        slots, values = slots[~np.isnan(values)], values[~np.isnan(values)]
    if not len(slots):
        return None
    # A live run reads a value within the quarter-hour; a null is read again until it is upstream's last word.
    fetched = (slots // 900 * 900 + np.where(np.isnan(values), 86_400, 1_080)) * 1_000_000
    return pa.table(
        {
            "timestamp": pa.array(slots * 1_000_000, pa.int64()).cast(SCHEMA.field("timestamp").type),
            "field": pa.array([series.field] * len(slots)),
            "value": pa.array(values, from_pandas=True),
            "fetched_at": pa.array(fetched, pa.int64()).cast(SCHEMA.field("fetched_at").type),
        },
        schema=SCHEMA,
    )


def _known_until(series: Series, now: datetime) -> datetime:
    return midnight(irish_day(now) + 2 * timedelta(days=1)) if series.future else now - series.lag


def _second_passes(partition: Partition) -> Iterable[tuple[float, float]]:
    month = partition.month
    day = month.first
    while day <= month.last:
        if again := second_pass(day):
            yield again.start.timestamp(), again.end.timestamp()
        day += timedelta(days=1)
