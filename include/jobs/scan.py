"""What a store holds of each series, as stretches: files are read once, and remembered by their version."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import batched
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
from include.jobs.held import Array, Digest, by_hour, flats, overlapping, rules, stretches, united, with_withheld
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

    def __post_init__(self) -> None:
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
        with ThreadPoolExecutor(FETCHERS) as pool:
            # DuckDB works on these while the digests are put together here.
            withheld = pool.submit(self._all_withheld, [of for of in groups if self._withholding(*of)])
            for of, series in sorted(groups.items(), key=lambda group: bool(self._withholding(*group[0]))):
                found |= self._readable(of, series, withheld, pool)
        if self.remember:
            self._digests.save()
        read = [one for one in wanted if (one.area, one.region) not in self.unreadable]
        return {one.key: Evidence(found.get(one.key, ()), frozen_spans(self._flats, one)) for one in read}

    def _readable(
        self,
        of: tuple[str, str],
        series: list[Series],
        withheld: Future[Withheld],
        pool: Executor,
    ) -> dict[Key, list[Stretch]]:
        area = self._area(of[0])
        span = self._span(area)
        files = self._files([area], of[1], span)
        try:
            digests = self._digested(series, files, span, pool)
        except StorageError as error:
            self.unreadable[of] = str(error)
            return {}
        nulls = withheld.result().get(of, {}) if self._withholding(*of) else {}
        if isinstance(nulls, duckdb.Error):
            self.unreadable[of] = str(nulls)
            return {}
        found: dict[Key, list[Stretch]] = {}
        for one in series:
            digest = digests[one.field]
            if one.field in nulls:
                digest = with_withheld(one, digest, nulls[one.field])
            found[one.key] = stretches(one, digest, inside=span)
            self._flats[one.key] = flats(one, digest, inside=span)
        return _newest_snapshot(series, found)

    def _digested(self, series: Sequence[Series], files: Files, span: Interval, pool: Executor) -> dict[str, Digest]:
        """The digest of each series over all files."""
        told = {of: known for of, info in files.items() if (known := self._remembered(series, of, info, span))}
        unread = [of for of in files if of not in told]
        for some in batched(unread, FILES_AT_ONCE):
            for of, found in zip(some, pool.map(lambda of: self._get(files[of].key), some), strict=True):
                told[of] = digests = self._digest(of, decode(found.data, key=files[of].key, schema=CODED), span)
                if not self._is_cut(of, span):
                    listed = {name: one.listed for name, one in digests.items()}
                    self._digests.add(of.month.year, files[of].key, found.version, listed)
        return {one.field: self._united(one, {of: told[of][one.field] for of in files}, files, span) for one in series}

    def _united(self, series: Series, parts: Mapping[Partition, Digest], files: Files, span: Interval) -> Digest:
        """The digest over all files; what two of them hold parts of is told from the rows of both."""
        if twice := overlapping(series, parts):
            rows = pa.concat_tables(
                decode(self._get(files[of].key).data, key=files[of].key, schema=CODED) for of in parts if of in twice
            )
            again = Digest.of(series, rows, inside=span)
            return united(series, [again, *(part for of, part in parts.items() if of not in twice)])
        return united(series, parts.values())

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
        return {one.field: Digest.of(one, rows, inside=inside) for one in judged}

    def _is_cut(self, of: Partition, span: Interval) -> bool:
        """Whether hours may be cut in two by the span: then the rows have to be counted anew."""
        counted = any(by_hour(one) for one in self._area(of.area).series)
        return counted and not (span.start <= of.span.start and of.span.end <= span.end)

    def _get(self, key: str) -> StoredObject:
        found = self.store.get(key)
        if found is None:
            raise StorageError(f"{key} is gone")
        return found

    def _area(self, name: str) -> Area:
        return next(one for one in self.areas if one.name == name)

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
            for of in groups:
                try:
                    found[of] = self._withheld(connection, *of)
                except duckdb.Error as error:
                    found[of] = error
        return found

    def _withheld(self, connection: duckdb.DuckDBPyConnection, name: str, region: str) -> dict[str, Array]:
        """Slots of withheld values by field, as the summaries derive them: one rule for both."""
        area = self._area(name)
        series = self._withholding(name, region)
        since = min(one.withholding.derivable_since for one in series if one.withholding)
        # Before that nothing is known to be withheld.
        span = self._span(area)
        start = max(span.start, midnight(since))
        also = [one for one in self.areas if one.name in ALSO_READS.get(name, ())]
        files = self._files([area, *also], region, Interval(start, span.end))
        if not files:
            return {}
        query = f"SELECT epoch_us(timestamp) AS slot FROM ({area_sql(name)}) WHERE withheld AND field = $field"  # noqa: S608  our own SQL
        addresses = [self.store.address(info.key) for info in files.values()]
        asked = {"files": addresses, "start": start, "end": span.end, "derive": False} | withheld_parameters([area])
        return {
            one.field: np.sort(connection.execute(query, asked | {"field": one.field}).fetchnumpy()["slot"])
            for one in series
        }

    def _files(self, areas: Iterable[Area], region: str, span: Interval) -> Files:
        wanted = (one for area in areas for one in partitions_of(self.source_id, area, region, span))
        return existing(self.store, wanted)


def _newest_snapshot(series: Iterable[Series], found: dict[Key, list[Stretch]]) -> dict[Key, list[Stretch]]:
    """Of a snapshot, what its newest one holds: a fuel that is left out of it is not late."""
    snapshots = [one for one in series if one.history is History.SNAPSHOT]
    newest = max((found[one.key][-1].span.end for one in snapshots if found[one.key]), default=None)
    if newest is None:
        return found
    gone = {one.key: one for one in snapshots if not found[one.key] or found[one.key][-1].span.end != newest}
    left_out = {key: [Stretch(Interval(newest - one.cadence, newest), None)] for key, one in gone.items()}
    return found | left_out
