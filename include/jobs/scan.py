"""Read what a store holds of each series, as stretches: each file once, and no row goes further than numpy."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from include.domain.calendar import DAY, HOUR, Interval, microseconds, midnight
from include.domain.catalogue import FROZEN_SLOTS, FROZEN_TOGETHER
from include.domain.errors import StorageError
from include.domain.gaps import Evidence, Held, Stretch, frozen_spans
from include.domain.series import Area, History, Series
from include.export import ALSO_READS, area_sql, withheld_parameters
from include.storage.duck import THREADS, connect, existing_keys
from include.storage.keys import partitions_of
from include.storage.object_store import ObjectStore
from include.storage.parquet import CODED, decode, in_microseconds

Key = tuple[str, str, str]
"""(area, region, field)."""
Array = np.ndarray[Any, Any]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MICROSECONDS_AN_HOUR: Final = HOUR // MICROSECOND
LOOK_BEFORE: Final = DAY
"""How far before a window values are read, so that what stands still across its start is seen whole."""
LOOK_AFTER: Final = 6 * HOUR
"""How far after it, for what stands still across its end."""
FILES_AT_ONCE: Final = 8
"""Days of a 5-second series that numpy gets at once: threads wait for each other after every small step."""


@dataclass
class Scan:
    """One look at a store: what it holds of some areas and regions of a source in a window."""

    store: ObjectStore
    source_id: str
    areas: Sequence[Area]
    """All areas of the source."""
    window: Interval
    now: datetime
    unreadable: dict[tuple[str, str], str] = field(default_factory=dict)
    """Areas and regions of which a file cannot be read, and why."""
    _flats: dict[Key, list[Interval]] = field(default_factory=dict)

    def evidence(self, wanted: Iterable[Series]) -> dict[Key, Evidence]:
        """What is held of each of these series; those of which a file cannot be read are left out."""
        wanted = list(wanted)
        stretches: dict[Key, list[Stretch]] = {}
        together = {
            (area, one.region, name)
            for one in wanted
            if (one.area, one.field) in FROZEN_TOGETHER
            for area, name in FROZEN_TOGETHER
        }
        beside = [one for area in self.areas for one in area.series if one.key in together]
        groups: dict[tuple[str, str], list[Series]] = {}
        for one in dict.fromkeys([*wanted, *beside]):
            groups.setdefault((one.area, one.region), []).append(one)
        by_day = {area.name for area in self.areas if area.partitioned_by_day}
        with connect(self.store) as connection, ThreadPoolExecutor(THREADS) as pool:
            slots = [
                pool.submit(self._readable, partial(self._slots, connection.cursor()), of, series)
                for of, series in groups.items()
                if of[0] not in by_day
            ]
            # Not in a thread of its own: the same two read the files, since a third only waits for them.
            for of, series in groups.items():
                if of[0] in by_day:
                    stretches |= self._readable(partial(self._hours, pool), of, series)
            for found in slots:
                stretches |= found.result()
        read = [one for one in wanted if (one.area, one.region) not in self.unreadable]
        return {one.key: Evidence(stretches.get(one.key, ()), frozen_spans(self._flats, one)) for one in read}

    def _readable(
        self, read: Callable[..., dict[Key, list[Stretch]]], of: tuple[str, str], series: list[Series]
    ) -> dict[Key, list[Stretch]]:
        name, region = of
        area = next(one for one in self.areas if one.name == name)
        span = self._span(area)
        keys = self._keys([area], region, span)
        try:
            return read(area, region, series, span, keys=keys) if keys else {}
        except (StorageError, duckdb.Error) as error:
            self.unreadable[of] = str(error)
            return {}

    def _span(self, area: Area) -> Interval:
        if area.partitioned_by_day:
            return Interval(self.window.start, min(self.window.end, self.now + HOUR))
        return Interval(self.window.start - LOOK_BEFORE, min(self.window.end + LOOK_AFTER, self.now + HOUR))

    def _slots(
        self,
        connection: duckdb.DuckDBPyConnection,
        area: Area,
        region: str,
        series: list[Series],
        span: Interval,
        *,
        keys: list[str],
    ) -> dict[Key, list[Stretch]]:
        judged = [one for one in series if one.history is not History.FUTURE_ONLY]
        if not judged:
            return {}
        withheld = self._withheld(connection, area, region, judged, span)
        rows = pa.concat_tables(self._tables(keys)).combine_chunks()
        found: dict[Key, list[Stretch]] = {}
        for one in judged:
            held = _Column.of(one, rows, span)
            found[one.key] = held.stretches(withheld.get(one.field))
            self._flats[one.key] = held.flats()
        return _newest_snapshot(judged, found)

    def _withheld(
        self,
        connection: duckdb.DuckDBPyConnection,
        area: Area,
        region: str,
        series: Iterable[Series],
        span: Interval,
    ) -> dict[str, Array]:
        """Slots of withheld values by field, as the summaries derive them: one rule for both."""
        rules = {one.field: one.withholding for one in series if one.withholding}
        if not rules:
            return {}
        # Before that nothing is known to be withheld.
        start = max(span.start, midnight(min(rule.derivable_since for rule in rules.values())))
        also = [one for one in self.areas if one.name in ALSO_READS.get(area.name, ())]
        keys = self._keys([area, *also], region, Interval(start, span.end))
        if not keys:
            return {}
        query = f"SELECT epoch_us(timestamp) AS slot FROM ({area_sql(area.name)}) WHERE withheld AND field = $field"  # noqa: S608  our own SQL
        asked = {"files": [self.store.address(key) for key in keys], "start": start, "end": span.end, "derive": False}
        parameters = asked | withheld_parameters([area])
        return {name: np.sort(_arrays(connection, query, {**parameters, "field": name})["slot"]) for name in rules}

    def _hours(
        self, pool: Executor, _: Area, __: str, series: list[Series], span: Interval, *, keys: list[str]
    ) -> dict[Key, list[Stretch]]:
        def part(one: Series, some: Iterable[str]) -> tuple[Array, ...]:
            return _Column.of(one, pa.concat_tables(self._tables(some)), span).by_hour()

        found: dict[Key, list[Stretch]] = {}
        for one in series:
            hours = _Hours.of(one, pool.map(partial(part, one), batched(keys, FILES_AT_ONCE)))
            found[one.key] = list(hours.stretches())
            self._flats[one.key] = hours.flats()
        return found

    def _keys(self, areas: Iterable[Area], region: str, span: Interval) -> list[str]:
        wanted = (one for area in areas for one in partitions_of(self.source_id, area, region, span))
        return list(existing_keys(self.store, wanted).values())

    def _tables(self, keys: Iterable[str]) -> Iterator[pa.Table]:
        for key in keys:
            found = self.store.get(key)
            if found is None:
                raise StorageError(f"{key} is gone")
            yield decode(found.data, key=key, schema=CODED)


@dataclass(frozen=True, slots=True)
class _Column:
    """The rows of one series, by slot."""

    series: Series
    slot: Array
    """Microseconds since 1970, ascending."""
    value: Array
    """NaN: null."""
    fetched: Array

    @classmethod
    def of(cls, series: Series, rows: pa.Table, span: Interval) -> "_Column":
        """Those of the rows that are the series' and lie in the span."""
        names = rows["field"].combine_chunks()
        columns: tuple[Array, ...]
        columns = in_microseconds(rows["timestamp"]), rows["value"].to_numpy(), in_microseconds(rows["fetched_at"])
        if names.dictionary.to_pylist() != [series.field]:
            mine = names.indices.to_numpy() == names.dictionary.index(series.field).as_py()
            columns = tuple(column[mine] for column in columns)
        if (columns[0][1:] < columns[0][:-1]).any():
            order = np.argsort(columns[0], kind="stable")
            columns = tuple(column[order] for column in columns)
        start, end = np.searchsorted(columns[0], [microseconds(span.start), microseconds(span.end)])
        return cls(series, *(column[start:end] for column in columns))

    @property
    def step(self) -> int:
        return self.series.cadence // MICROSECOND

    def stretches(self, withheld: Array | None) -> list[Stretch]:
        """Runs of slots of which the same is held."""
        kinds = list(Held)
        null = np.isnan(self.value)
        settled = self.fetched - self.slot >= self.series.settles_after // MICROSECOND
        kind = np.where(null, np.where(settled, kinds.index(Held.NULL), kinds.index(Held.UNSETTLED)), 0)
        if withheld is not None:
            kind[null & np.isin(self.slot, withheld, assume_unique=True)] = kinds.index(Held.WITHHELD)
        first, last = _runs(self.slot, kind, self.step)
        return [
            Stretch(_span(start, end + self.step), kinds[of])
            for start, end, of in zip(self.slot[first], self.slot[last], kind[first], strict=True)
        ]

    def by_hour(self) -> tuple[Array, ...]:
        """The columns of _Hours."""
        numbers = self.slot[[0, -1]] // MICROSECONDS_AN_HOUR if len(self.slot) else (0, -1)
        hour = np.arange(numbers[0], numbers[1] + 1)
        first = np.searchsorted(self.slot, hour * MICROSECONDS_AN_HOUR)
        rows = np.diff(first, append=len(self.slot))
        hour, first, rows = hour[rows > 0], first[rows > 0], rows[rows > 0]
        null = np.flatnonzero(np.isnan(self.value))
        early = self.fetched[null] - self.slot[null] < self.series.settles_after // MICROSECOND
        of = np.searchsorted(first, null, side="right") - 1
        filled = rows - np.bincount(of, minlength=len(rows))
        unsettled = np.bincount(of[early], minlength=len(rows)) > 0
        low, high = (how.reduceat(self.value, first) for how in (np.minimum, np.maximum))
        return hour, rows, filled, low, high, unsettled

    def flats(self) -> list[Interval]:
        """Runs of slots with the same value, other than zero, that may be too long."""
        limit = self.series.frozen_after
        if limit is None:
            return []
        together = (self.series.area, self.series.field) in FROZEN_TOGETHER
        least = FROZEN_SLOTS if together else limit // self.series.cadence
        first, last = _runs(self.slot, self.value, self.step)
        long = (last - first + 1 >= least) & (self.value[first] != 0) & ~np.isnan(self.value[first])
        return [
            _span(start, end + self.step)
            for start, end in zip(self.slot[first[long]], self.slot[last[long]], strict=True)
        ]


@dataclass(frozen=True, slots=True)
class _Hours:
    """How much is stored of each hour of a 5-second series, ascending."""

    series: Series
    hour: Array
    rows: Array
    filled: Array
    low: Array
    high: Array
    unsettled: Array
    """Whether a null was read before it could be upstream's last word."""

    @classmethod
    def of(cls, series: Series, parts: Iterable[tuple[Array, ...]]) -> "_Hours":
        together = [np.concatenate(part) for part in zip(*parts, strict=True)]
        # An hour lies in one file, but for a file that holds what is another's.
        order = np.argsort(together[0], kind="stable")
        return cls(series, *_joined(*(one[order] for one in together)))

    def stretches(self) -> Iterator[Stretch]:
        """Whole hours in a row together; an hour that is not whole by itself, with the slots that it lacks."""
        expected = HOUR // self.series.cadence
        whole = self.filled == expected
        first, last = _runs(self.hour, np.where(whole, -1, self.hour), 1)
        for start, end in zip(first, last, strict=True):
            span = _hours(self.hour[start], self.hour[end] + 1)
            if whole[start]:
                yield Stretch(span, Held.VALUE)
            elif self.rows[start] < expected:
                yield Stretch(span, None, int(expected - self.filled[start]))
            else:
                held = Held.UNSETTLED if self.unsettled[start] else Held.NULL
                yield Stretch(span, held, int(expected - self.filled[start]))

    def flats(self) -> list[Interval]:
        """Whole hours of one value, other than zero."""
        flat = (self.filled == HOUR // self.series.cadence) & (self.low == self.high)
        flat &= self.low != 0
        first, last = _runs(self.hour, np.where(flat, self.low, np.nan), 1)
        return [_hours(self.hour[a], self.hour[b] + 1) for a, b in zip(first, last, strict=True) if flat[a]]


def _joined(hour: Array, rows: Array, filled: Array, low: Array, high: Array, unsettled: Array) -> tuple[Array, ...]:
    """The same columns, with rows of one hour that follow each other made one."""
    first = np.flatnonzero(np.diff(hour, prepend=-1))
    how = ((np.add, rows), (np.add, filled), (np.minimum, low), (np.maximum, high), (np.logical_or, unsettled))
    return hour[first], *(one.reduceat(column, first) for one, column in how)


def _runs(slot: Array, kind: Array, step: int) -> tuple[Array, Array]:
    """First and last row of each run of adjacent slots of one kind; NaN is a kind of its own each time."""
    if not len(slot):
        return np.empty(0, dtype=int), np.empty(0, dtype=int)
    breaks = np.flatnonzero((np.diff(slot) != step) | (kind[1:] != kind[:-1]))
    return np.concatenate(([0], breaks + 1)), np.concatenate((breaks, [len(slot) - 1]))


def _newest_snapshot(series: Iterable[Series], found: dict[Key, list[Stretch]]) -> dict[Key, list[Stretch]]:
    """Of a snapshot, what its newest one holds: a fuel that is left out of it is not late."""
    snapshots = [one for one in series if one.history is History.SNAPSHOT]
    newest = max((found[one.key][-1].span.end for one in snapshots if found[one.key]), default=None)
    if newest is None:
        return found
    gone = {one.key: one for one in snapshots if not found[one.key] or found[one.key][-1].span.end != newest}
    left_out = {key: [Stretch(Interval(newest - one.cadence, newest), None)] for key, one in gone.items()}
    return found | left_out


def _arrays(connection: duckdb.DuckDBPyConnection, query: str, asked: Mapping[str, Any]) -> dict[str, Array]:
    """The columns of a result; nulls are NaN."""
    columns: dict[str, Any] = connection.execute(query, asked).fetchnumpy()
    return {
        name: np.ma.filled(column, np.nan) if isinstance(column, np.ma.MaskedArray) else column
        for name, column in columns.items()
    }


def _span(start: Any, end: Any) -> Interval:
    return Interval(EPOCH + int(start) * MICROSECOND, EPOCH + int(end) * MICROSECOND)


def _hours(start: Any, end: Any) -> Interval:
    return Interval(EPOCH + int(start) * HOUR, EPOCH + int(end) * HOUR)
