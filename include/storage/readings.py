"""Partitions of readings in a store: read, merge, write if nobody else wrote in between."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from include.domain.catalogue import ATTRIBUTION
from include.domain.errors import ConditionFailed
from include.domain.readings import Feed, Partition
from include.storage.identity import claim, until_undisturbed
from include.storage.keys import readings_key
from include.storage.object_store import ObjectStore
from include.storage.parquet import CODED, Merged, decode, encode, in_microseconds, merge, named


@dataclass(frozen=True, slots=True)
class Written:
    """What one merge did to a partition."""

    table: pa.Table
    """All rows of the partition now, of the schema CODED."""
    changed: np.ndarray[Any, np.dtype[np.int64]]
    """Timestamps (µs, UTC) of the rows that were added or replaced; empty: nothing was written."""


class ReadingsStore:
    """The readings of one feed in one object store."""

    def __init__(self, store: ObjectStore, *, feed: Feed, attribution: str = ATTRIBUTION) -> None:
        self.store = store
        self.feed = feed
        self.attribution = attribution

    def open(self) -> None:
        """Make the store this feed's for good, or raise WrongStore when it is another's."""
        claim(self.store, feed=self.feed)

    def read(self, partition: Partition) -> pa.Table | None:
        """All rows of a partition, of the schema CODED; None when there is no such file."""
        key = readings_key(partition)
        found = self.store.get(key)
        return None if found is None else decode(found.data, key=key, schema=CODED)

    def write(self, partition: Partition, new: pa.Table, *, settle_after: Mapping[str, timedelta]) -> Written:
        """Merge rows into a partition; an unchanged partition is not written.

        Raises StorageError when other writers win every race, or the store fails.
        """
        merged = until_undisturbed()(self._merge_once, partition, new, settle_after)
        return Written(merged.table, merged.changed)

    def _merge_once(self, partition: Partition, new: pa.Table, settle_after: Mapping[str, timedelta]) -> Merged:
        key = readings_key(partition)
        found = self.store.get(key)
        old = None if found is None else decode(found.data, key=key, schema=CODED)
        merged = merge(old, new, settle_after=settle_after)
        if len(merged.changed):
            self._put(
                key,
                encode(merged.table, feed=self.feed, attribution=self.attribution),
                expected=found.etag if found else None,
            )
        return merged

    def _put(self, key: str, data: bytes, *, expected: str | None) -> None:
        try:
            self.store.put(key, data, expected=expected)
        except ConditionFailed:
            # A PUT whose answer was lost is sent again by boto3 and then meets itself.
            landed = self.store.get(key)
            if landed is None or landed.data != data:
                raise


def newest_value(table: pa.Table, *, fields: Collection[str], now: datetime) -> datetime | None:
    """The newest slot up to `now` at which one of these fields has a value."""
    stamps, (names, codes) = in_microseconds(table["timestamp"]), named(table)
    asked = np.array([name in fields for name in names], dtype=bool)[codes]
    elapsed = stamps <= int(now.timestamp() * 1_000_000)
    present = stamps[elapsed & asked & ~np.isnan(table["value"].to_numpy())]
    if not len(present):
        return None
    instant: datetime = pa.scalar(int(present.max()), pa.timestamp("us", tz="UTC")).as_py()
    return instant
