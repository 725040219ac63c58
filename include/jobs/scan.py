"""What a store holds of each series, as stretches: files are read once, and remembered by their version."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import batched, chain
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from include.domain.calendar import DAY, HOUR, Interval, midnight
from include.domain.catalogue import FROZEN_TOGETHER
from include.domain.errors import StorageError
from include.domain.gaps import Evidence, Stretch, frozen_spans
from include.domain.readings import Partition
from include.domain.series import Area, History, Series
from include.export import ALSO_READS, area_sql, withheld_parameters
from include.jobs.held import Array, Digest, Rows, by_hour, flats, overlapping, rules, stretches, united, with_withheld
from include.storage.digests import Digests
from include.storage.duck import connect, existing
from include.storage.keys import partitions_of
from include.storage.object_store import ObjectInfo, ObjectStore, StoredObject
from include.storage.parquet import CODED, decode

Key = tuple[str, str, str]
"""(area, region, field)."""
Files = Mapping[Partition, ObjectInfo]
Withheld = dict[tuple[str, str], dict[str, Array] | duckdb.Error]
"""By area and region: slots in microseconds since 1970 by field, or why they cannot be told."""

LOOK_BEFORE: Final = DAY
"""How far before a window values are read, so that what stands still across its start is seen whole."""
LOOK_AFTER: Final = 6 * HOUR
"""How far after it, for what stands still across its end."""
FILES_AT_ONCE: Final = 32
"""Files that are fetched ahead of their being looked at: on S3 each takes a while to come."""
FETCHERS: Final = 8
ASKED_TOGETHER: Final = 366 * DAY
"""A longer span is asked for region by region: the memory of a query grows with it."""


@dataclass(frozen=True)
class _Parts:
    """What is known of an area and region, file by file."""

    series: list[Series]
    span: Interval
    files: Files
    digests: dict[Partition, dict[str, Digest] | None]
    """By field; None of a file that has to be read."""


@dataclass
class Scan:
    """One look at a store: what it holds of some areas and regions of a source in a window."""

    store: ObjectStore
    source_id: str
    areas: Sequence[Area]
    """All areas of the source."""
    window: Interval
    now: datetime
    remember: bool = True
    """Whether what files hold may be written down for the next look."""
    unreadable: dict[tuple[str, str], str] = field(default_factory=dict)
    """Areas and regions of which a file cannot be read, and why."""
    _flats: dict[Key, list[Interval]] = field(default_factory=dict)
    _listed: dict[tuple[str, str, Interval], Files] = field(default_factory=dict)
    """By area and region: emissions are looked at with demand."""

    def __post_init__(self) -> None:
        self._by_name = {area.name: area for area in self.areas}
        told = sorted(f"{area.name} {one.region} {rules(one)}" for area in self.areas for one in area.series)
        self._digests = Digests(self.store, self.source_id, rules=sha256("\n".join(told).encode()).hexdigest())

    def evidence(self, wanted: Iterable[Series]) -> dict[Key, Evidence]:
        """What is held of each of these series; those of which a file cannot be read are left out."""
        wanted = list(wanted)
        found: dict[Key, list[Stretch]] = {}
        together = {
            (area, one.region, name)
            for one in wanted
            if (one.area, one.field) in FROZEN_TOGETHER
            for area, name in FROZEN_TOGETHER
        }
        beside = [one for area in self.areas for one in area.series if one.key in together]
        groups: dict[tuple[str, str], list[Series]] = {}
        for one in dict.fromkeys([*wanted, *beside]):
            if one.history is not History.FUTURE_ONLY:
                groups.setdefault((one.area, one.region), []).append(one)
        with _uncollected(), ThreadPoolExecutor(FETCHERS) as pool:
            # DuckDB works on these while the digests are put together here.
            withheld = pool.submit(self._all_withheld, [of for of in groups if self._withholding(*of)])
            parts = {of: self._parts(of, series) for of, series in groups.items()}
            self._read(parts, pool)
            for of in sorted(groups, key=lambda of: bool(self._withholding(*of))):
                if of not in self.unreadable:
                    found |= self._told(of, parts[of], withheld)
        if self.remember:
            self._digests.save()
        read = [one for one in wanted if (one.area, one.region) not in self.unreadable]
        return {one.key: Evidence(found.get(one.key, ()), frozen_spans(self._flats, one)) for one in read}

    def _told(self, of: tuple[str, str], parts: _Parts, withheld: Future[Withheld]) -> dict[Key, list[Stretch]]:
        """What is held of the series of an area and region; nothing, and a word on why, where that cannot be told."""
        try:
            digests = {one.field: self._united(one, parts) for one in parts.series}
        except StorageError as error:
            self.unreadable[of] = str(error)
            return {}
        nulls = withheld.result().get(of, {}) if self._withholding(*of) else {}
        if isinstance(nulls, duckdb.Error):
            self.unreadable[of] = str(nulls)
            return {}
        found: dict[Key, list[Stretch]] = {}
        for one in parts.series:
            digest = digests[one.field]
            if one.field in nulls:
                digest = with_withheld(one, digest, nulls[one.field])
            found[one.key] = stretches(one, digest, inside=parts.span)
            self._flats[one.key] = flats(one, digest, inside=parts.span)
        return _newest_snapshot(parts.series, found)

    def _parts(self, of: tuple[str, str], series: list[Series]) -> _Parts:
        """The files of an area and region, with what is remembered of them."""
        area = self._area(of[0])
        span = self._span(area)
        files = self._files([area], of[1], span)
        digests = {file: self._remembered(series, file, info, span) for file, info in files.items()}
        return _Parts(series, span, files, digests)

    def _read(self, parts: Mapping[tuple[str, str], _Parts], pool: Executor) -> None:
        """Digest the files of which nothing is remembered, of all areas: the next ones are on the way meanwhile."""
        unread = [(of, file) for of, part in parts.items() for file, known in part.digests.items() if known is None]
        for some in batched(unread, FILES_AT_ONCE):
            keys = [parts[of].files[file].key for of, file in some]
            # A few at a time: handing one over takes longer than reading it from a folder does.
            asked = [pool.submit(self._all_got, few) for few in batched(keys, len(keys) // FETCHERS + 1)]
            fetched = chain.from_iterable(one.result() for one in asked)
            for (of, file), got in zip(some, fetched, strict=True):
                if of not in self.unreadable:
                    try:
                        parts[of].digests[file] = self._digested(file, got, parts[of])
                    except StorageError as error:
                        self.unreadable[of] = str(error)

    def _all_got(self, keys: Iterable[str]) -> list[StoredObject | StorageError]:
        found: list[StoredObject | StorageError] = []
        for key in keys:
            try:
                found.append(self._get(key))
            except StorageError as error:
                found.append(error)
        return found

    def _digested(self, file: Partition, found: StoredObject | StorageError, parts: _Parts) -> dict[str, Digest]:
        if isinstance(found, StorageError):
            raise found
        key, span = parts.files[file].key, parts.span
        digests = self._digest(file, decode(found.data, key=key, schema=CODED), span)
        if not self._is_cut(file, span):
            listed = {name: one.listed for name, one in digests.items()}
            self._digests.add(file.month.year, key, found.version, listed)
        return digests

    def _united(self, series: Series, parts: _Parts) -> Digest:
        """The digest over all files; what two of them hold parts of is told from the rows of both."""
        digests = {file: told[series.field] for file, told in parts.digests.items() if told is not None}
        if twice := overlapping(series, digests):
            keys = [parts.files[file].key for file in digests if file in twice]
            rows = pa.concat_tables(decode(self._get(key).data, key=key, schema=CODED) for key in keys)
            again = Digest.of(series, Rows.read(rows), inside=parts.span)
            return united(series, [again, *(part for file, part in digests.items() if file not in twice)])
        return united(series, digests.values())

    def _remembered(
        self, series: Sequence[Series], of: Partition, info: ObjectInfo, span: Interval
    ) -> dict[str, Digest] | None:
        known = None if self._is_cut(of, span) else self._digests.of(of.month.year, info)
        try:
            return None if known is None else {one.field: Digest.from_lists(known[one.field]) for one in series}
        except (KeyError, TypeError, ValueError):
            # Damaged: the file tells it again.
            return None

    def _digest(self, of: Partition, rows: pa.Table, span: Interval) -> dict[str, Digest]:
        """The digest of a file for each series that it may hold."""
        area = self._area(of.area)
        inside = span if self._is_cut(of, span) else None
        judged = (one for one in area.of_region(of.region) if one.history is not History.FUTURE_ONLY)
        read = Rows.read(rows)
        return {one.field: Digest.of(one, read, inside=inside) for one in judged}

    def _is_cut(self, of: Partition, span: Interval) -> bool:
        """Whether hours may be cut in two by the span: then the rows have to be counted anew."""
        whole = span.start <= of.span.start and of.span.end <= span.end
        return not whole and any(by_hour(one) for one in self._area(of.area).series)

    def _get(self, key: str) -> StoredObject:
        found = self.store.get(key)
        if found is None:
            raise StorageError(f"{key} is gone")
        return found

    def _area(self, name: str) -> Area:
        return self._by_name[name]

    def _span(self, area: Area) -> Interval:
        if area.partitioned_by_day:
            return Interval(self.window.start, min(self.window.end, self.now + HOUR))
        return Interval(self.window.start - LOOK_BEFORE, min(self.window.end + LOOK_AFTER, self.now + HOUR))

    def _withholding(self, area: str, region: str) -> list[Series]:
        return [one for one in self._area(area).of_region(region) if one.withholding]

    def _all_withheld(self, groups: Sequence[tuple[str, str]]) -> Withheld:
        found: Withheld = {}
        if not groups:
            return found
        with connect(self.store) as connection:
            for area in dict.fromkeys(name for name, _ in groups):
                found |= self._told_withheld(connection, area, [region for name, region in groups if name == area])
        return found

    def _told_withheld(self, connection: duckdb.DuckDBPyConnection, area: str, regions: Sequence[str]) -> Withheld:
        """Of all regions in one query, where that is no large one and no file is damaged: that is its own region's."""
        found: Withheld = {}
        if len(regions) > 1 and self.window.end - self.window.start < ASKED_TOGETHER:
            with suppress(duckdb.Error):
                return self._withheld(connection, area, regions)
        for region in regions:
            try:
                found |= self._withheld(connection, area, [region])
            except duckdb.Error as error:
                found[area, region] = error
        return found

    def _withheld(self, connection: duckdb.DuckDBPyConnection, name: str, regions: Sequence[str]) -> Withheld:
        """Slots of withheld values, as the summaries derive them: one rule for both."""
        area = self._area(name)
        series = [one for region in regions for one in self._withholding(name, region)]
        since = min(one.withholding.derivable_since for one in series if one.withholding)
        read = [area, *(one for one in self.areas if one.name in ALSO_READS.get(name, ()))]
        # Before that nothing is known to be withheld; beyond the window only what stands still matters.
        start, end = max(self.window.start, midnight(since)), min(self.window.end, self.now + HOUR)
        files = [one for of in regions for one in self._files(read, of, self._span(area)).items()]
        addresses = [self.store.address(info.key) for of, info in files if of.span.start < end and of.span.end > start]
        if not addresses:
            return {}
        query = (
            f"SELECT region, field, epoch_us(timestamp) AS slot FROM ({area_sql(name)}) WHERE withheld ORDER BY slot"  # noqa: S608  our own SQL
        )
        asked = {"files": addresses, "start": start, "end": end, "derive": False} | withheld_parameters([area])
        rows = connection.execute(query, asked).fetchnumpy()
        found: dict[tuple[str, str], dict[str, Array]] = {}
        for one in series:
            mine = (rows["region"] == one.region) & (rows["field"] == one.field)
            found.setdefault((name, one.region), {})[one.field] = np.asarray(rows["slot"])[mine]
        return {**found}

    def _files(self, areas: Iterable[Area], region: str, span: Interval) -> Files:
        found: dict[Partition, ObjectInfo] = {}
        for area in areas:
            asked = (area.name, region, span)
            if asked not in self._listed:
                self._listed[asked] = existing(self.store, partitions_of(self.source_id, area, region, span))
            found |= self._listed[asked]
        return found


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for cycles among all objects of the process, a third of the time of a scan that makes none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _newest_snapshot(series: Iterable[Series], found: dict[Key, list[Stretch]]) -> dict[Key, list[Stretch]]:
    """Of a snapshot, what its newest one holds: a fuel that is left out of it is not late."""
    snapshots = [one for one in series if one.history is History.SNAPSHOT]
    newest = max((found[one.key][-1].span.end for one in snapshots if found[one.key]), default=None)
    if newest is None:
        return found
    gone = {one.key: one for one in snapshots if not found[one.key] or found[one.key][-1].span.end != newest}
    left_out = {key: [Stretch(Interval(newest - one.cadence, newest), None)] for key, one in gone.items()}
    return found | left_out
