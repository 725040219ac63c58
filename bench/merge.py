"""A new day merged into a partition: the store's own way, pyarrow reading and writing the file, and pandas."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.counting import Counting
from bench.figures import LIMIT, OURS, PLAIN, Figure, Goal, by_limit, faster_than_plain, in_process, in_turns
from bench.store import partitions
from include.domain.calendar import day_span
from include.domain.catalogue import area as area_named
from include.domain.readings import Feed, Partition
from include.storage.keys import readings_key
from include.storage.local import LocalStore
from include.storage.parquet import decode, encode
from include.storage.readings import ReadingsStore

DAY: Final = date(2026, 10, 31)
WORKS: Final = {
    "a day into a month of wind (two fields)": ("wind", "ALL", timedelta()),
    "a day into a month of interconnection (four fields)": ("interconnection", "ALL", timedelta()),
    "half a day into a day of frequency": ("frequency", "ROI", timedelta(hours=12)),
}
INSIDE: Final = 25
"""Merges of one sample: the median of so many."""


@dataclass
class Merge:
    """One partition as it was before, and the rows that come to it."""

    folder: Path
    partition: Partition
    old: bytes
    whole: bytes
    """The file as it is afterwards: what the limit reads and writes."""
    new: pa.Table
    settle_after: dict[str, timedelta]
    frame: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        self.frame = self.new.to_pandas()
        self.store = Counting(LocalStore(self.folder))
        self.readings = ReadingsStore(self.store, feed=Feed.SIMULATED)
        self.readings.open()
        self.path = self.folder / readings_key(self.partition)
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def ours(self) -> None:
        """The store's merge."""
        self.readings.write(self.partition, self.new, settle_after=self.settle_after)

    def limit(self) -> None:
        """Read the file, write the file."""
        pq.write_table(pq.read_table(self.path), self.path)

    def plain(self) -> None:
        """As one would write it first; it loses rows to a second writer, and values to nulls."""
        frame = pd.concat([pd.read_parquet(self.path), self.frame])
        frame = frame.drop_duplicates(["timestamp", "field"], keep="last").sort_values(["field", "timestamp"])
        frame.to_parquet(self.path, index=False)

    def timed(self, way: Callable[[], None], before: bytes) -> float:
        """Milliseconds: the median of several, each from the same file."""
        taken = []
        for _ in range(INSIDE):
            self.path.write_bytes(before)
            started = time.perf_counter()
            way()
            taken.append(time.perf_counter() - started)
        return sorted(taken)[INSIDE // 2] * 1000


def merge_of(filled: Path, folder: Path, area: str, region: str, since: timedelta) -> Merge:
    """The merge of what a filled store has from `since` into the last day on."""
    partition = next(one for one in partitions(DAY, DAY) if (one.area, one.region) == (area, region))
    key = readings_key(partition)
    table = decode((filled / key).read_bytes(), key=key)
    cut: datetime = day_span(DAY).start + since
    new = pc.greater_equal(table["timestamp"], pa.scalar(cut, table.schema.field("timestamp").type))
    old = encode(table.filter(pc.invert(new)), feed=Feed.SIMULATED)
    waits = {one.field: one.settles_after for one in area_named(area).of_region(region)}
    return Merge(folder, partition, old, encode(table, feed=Feed.SIMULATED), table.filter(new), waits)


def measure(filled: Path, *, rounds: int, slowed: bool = False) -> list[Figure]:
    """One figure for each of WORKS; `filled` is a store that holds DAY."""
    return [
        _figure(name, in_process("bench.merge", filled, rounds, name, *(["slowed"] if slowed else [])))
        for name in WORKS
    ]


def _figure(name: str, found: dict[str, Any]) -> Figure:
    samples = found["samples"]
    return Figure(
        f"merge of {name}",
        samples,
        goals=(
            by_limit(samples, most=2.0),
            faster_than_plain(samples, least=3.0),
            Goal("reads of the store", [found["asked"]["GET"]], most=1, unit="count"),
            Goal("writes to the store", [found["asked"]["PUT"]], most=1, unit="count"),
        ),
        note="limit: pyarrow reads and writes the file; plain: pandas read, concat, drop_duplicates, sort, to_parquet",
    )


def main(filled: str, rounds: str, name: str, slowed: str = "") -> None:
    """In a process of its own."""
    with tempfile.TemporaryDirectory(dir=Path(filled).parent) as folder:
        merge = merge_of(Path(filled), Path(folder), *WORKS[name])
        if slowed:
            slow_down()
        ways = {OURS: (merge.ours, merge.old), LIMIT: (merge.limit, merge.whole), PLAIN: (merge.plain, merge.old)}
        samples = in_turns({way: partial(merge.timed, *one) for way, one in ways.items()}, int(rounds))
        merge.path.write_bytes(merge.old)
        merge.store.asked.clear()
        merge.ours()
        json.dump({"samples": samples, "asked": merge.store.asked}, sys.stdout)


def slow_down() -> None:
    """What a careless change might do: read the partition again after the merge, to see what it holds."""
    merge_once = ReadingsStore._merge_once  # noqa: SLF001

    def and_read_again(self: ReadingsStore, partition: Partition, *more: Any) -> Any:
        merged = merge_once(self, partition, *more)
        self.read(partition)
        return merged

    setattr(ReadingsStore, "_merge_once", and_read_again)  # noqa: B010  a plain assignment is no method to mypy


if __name__ == "__main__":
    main(*sys.argv[1:])
