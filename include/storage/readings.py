"""Partitions of readings in a store: read, merge, write if nobody else wrote in between."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from include.domain.errors import ConditionFailed, StorageError, WrongStore
from include.domain.readings import Feed, Partition
from include.storage.keys import SCHEMA_VERSION, STORE_KEY, readings_key
from include.storage.object_store import ObjectStore
from include.storage.parquet import Merged, decode, encode, merge

WRITE_ATTEMPTS: Final = 40


@dataclass(frozen=True, slots=True)
class Written:
    """What one merge did to a partition."""

    table: pa.Table
    """All rows of the partition now."""
    changed: np.ndarray[Any, np.dtype[np.int64]]
    """Timestamps (µs, UTC) of the rows that were added or replaced; empty: nothing was written."""


class ReadingsStore:
    """The readings of one feed in one object store."""

    def __init__(self, store: ObjectStore, *, feed: Feed) -> None:
        self.store = store
        self.feed = feed

    def open(self) -> None:
        """Make the store this feed's for good, or raise WrongStore when it is another's."""
        _until_undisturbed()(self._open_once)

    def read(self, partition: Partition) -> pa.Table | None:
        """All rows of a partition; None when there is no such file."""
        key = readings_key(partition)
        found = self.store.get(key)
        return None if found is None else decode(found.data, key=key)

    def write(self, partition: Partition, new: pa.Table, *, settle_after: Mapping[str, timedelta]) -> Written:
        """Merge rows into a partition; an unchanged partition is not written.

        Raises StorageError when other writers win every race, or the store fails.
        """
        merged = _until_undisturbed()(self._merge_once, partition, new, settle_after)
        return Written(merged.table, merged.changed)

    def _open_once(self) -> None:
        wanted = {"feed": self.feed.value, "schema_version": SCHEMA_VERSION}
        found = self.store.get(STORE_KEY)
        if found is None:
            self.store.put(STORE_KEY, json.dumps(wanted).encode(), expected=None)
        else:
            _check_identity(found.data, wanted)

    def _merge_once(self, partition: Partition, new: pa.Table, settle_after: Mapping[str, timedelta]) -> Merged:
        key = readings_key(partition)
        found = self.store.get(key)
        old = None if found is None else decode(found.data, key=key)
        merged = merge(old, new, settle_after=settle_after)
        if len(merged.changed):
            self._put(key, encode(merged.table, feed=self.feed), expected=found.etag if found else None)
        return merged

    def _put(self, key: str, data: bytes, *, expected: str | None) -> None:
        try:
            self.store.put(key, data, expected=expected)
        except ConditionFailed:
            # A PUT whose answer was lost is sent again by boto3 and then meets itself.
            landed = self.store.get(key)
            if landed is None or landed.data != data:
                raise


def _until_undisturbed() -> Retrying:
    return Retrying(
        retry=retry_if_exception_type(ConditionFailed),
        wait=wait_random_exponential(multiplier=0.02, max=2),
        stop=stop_after_attempt(WRITE_ATTEMPTS),
        reraise=True,
    )


def store_feed(store: ObjectStore) -> Feed | None:
    """The feed of a store; None while nothing has been written to it."""
    found = store.get(STORE_KEY)
    if found is None:
        return None
    try:
        return Feed(json.loads(found.data)["feed"])
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{STORE_KEY} cannot be read: {error}") from error


def newest_value(table: pa.Table, *, fields: Collection[str], now: datetime) -> datetime | None:
    """The newest slot up to `now` at which one of these fields has a value."""
    stamps = table["timestamp"].cast(pa.int64()).to_numpy()
    elapsed = stamps <= int(now.timestamp() * 1_000_000)
    asked = pc.is_in(table["field"], value_set=pa.array(sorted(fields), pa.string())).to_numpy()
    present = stamps[elapsed & asked & ~np.isnan(table["value"].to_numpy())]
    if not len(present):
        return None
    instant: datetime = pa.scalar(int(present.max()), pa.timestamp("us", tz="UTC")).as_py()
    return instant


def _check_identity(data: bytes, wanted: Mapping[str, object]) -> None:
    try:
        found = json.loads(data)
        feed, version = found["feed"], found["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise WrongStore(f"{STORE_KEY} is not this project's: {data[:80]!r}") from error
    if feed != wanted["feed"]:
        raise WrongStore(
            f"GRID_FEED: got {wanted['feed']!r}, but this store holds {feed!r} readings for good; "
            "give GRID_STORE another folder or prefix for another feed"
        )
    if version != wanted["schema_version"]:
        raise WrongStore(f"the store has schema_version {version!r}; this version knows {SCHEMA_VERSION}")
