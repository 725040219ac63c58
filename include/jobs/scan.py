"""Read what a store holds of each series, as stretches, with DuckDB: a column scan and no row more than a run needs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import duckdb
import numpy as np

from include.domain.calendar import DAY, HOUR, Interval
from include.domain.catalogue import FROZEN_SLOTS, FROZEN_TOGETHER
from include.domain.gaps import Evidence, Held, Stretch, frozen_spans
from include.domain.series import Area, History, Series
from include.export import ALSO_READS, area_sql, sql, withheld_parameters
from include.storage.duck import THREADS, connect, existing_files
from include.storage.keys import partitions_of
from include.storage.object_store import ObjectStore

Key = tuple[str, str, str]
"""(area, region, field)."""
Array = np.ndarray[Any, Any]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
LOOK_BEFORE: Final = DAY
"""How far before a window values are read, so that what stands still across its start is seen whole."""
LOOK_AFTER: Final = 6 * HOUR
"""How far after it, for what stands still across its end."""


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
        # Frequency takes as long as all else together, so it goes first.
        ordered = sorted(groups.items(), key=lambda group: group[1][0].cadence)
        with connect(self.store) as connection, ThreadPoolExecutor(THREADS) as pool:
            for found in pool.map(lambda group: self._readable(connection.cursor(), *group), ordered):
                stretches |= found
        read = [one for one in wanted if (one.area, one.region) not in self.unreadable]
        return {one.key: Evidence(stretches.get(one.key, ()), frozen_spans(self._flats, one)) for one in read}

    def _readable(
        self, connection: duckdb.DuckDBPyConnection, of: tuple[str, str], series: list[Series]
    ) -> dict[Key, list[Stretch]]:
        try:
            return self._group(connection, of, series)
        except duckdb.Error as error:
            self.unreadable[of] = str(error)
            return {}

    def _group(
        self, connection: duckdb.DuckDBPyConnection, of: tuple[str, str], series: list[Series]
    ) -> dict[Key, list[Stretch]]:
        name, region = of
        area = next(one for one in self.areas if one.name == name)
        if area.partitioned_by_day:
            return {one.key: self._hours(connection, area, region, one) for one in series}
        judged = [one for one in series if one.history is not History.FUTURE_ONLY]
        span = Interval(self.window.start - LOOK_BEFORE, min(self.window.end + LOOK_AFTER, self.now + HOUR))
        files = self._files([area], region, span)
        if not files or not judged:
            return {}
        names = [one.field for one in judged]
        asked = {"files": files, "start": span.start, "end": span.end, "fields": names}
        rows = _arrays(connection, sql("held"), asked)
        withheld = self._withheld(connection, area, region, judged, span, files=files)
        found: dict[Key, list[Stretch]] = {}
        for number, one in enumerate(judged, 1):
            mine = rows["number"] == number
            held = _Column.of(one, *(rows[name][mine] for name in ("slot", "value", "fetched")))
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
        *,
        files: list[str],
    ) -> dict[str, Array]:
        """Slots of withheld values by field, as the summaries derive them: one rule for both."""
        fields = [one.field for one in series if one.withholding]
        if not fields:
            return {}
        also = [one for one in self.areas if one.name in ALSO_READS.get(area.name, ())]
        query = f"SELECT epoch_us(timestamp) AS slot FROM ({area_sql(area.name)}) WHERE withheld AND field = $field"  # noqa: S608  our own SQL
        asked = {"files": [*files, *self._files(also, region, span)], "start": span.start, "end": span.end}
        asked["derive"] = False
        parameters = asked | withheld_parameters([area])
        return {name: np.sort(_arrays(connection, query, {**parameters, "field": name})["slot"]) for name in fields}

    def _hours(self, connection: duckdb.DuckDBPyConnection, area: Area, region: str, series: Series) -> list[Stretch]:
        span = Interval(self.window.start, min(self.window.end, self.now + HOUR))
        files = self._files([area], region, span)
        if not files:
            return []
        settles_after = series.settles_after // MICROSECOND
        asked = {"files": files, "start": span.start, "end": span.end, "settles_after": settles_after}
        rows = _arrays(connection, sql("held_hours"), asked)
        order = np.argsort(rows["hour"])
        hours = _Hours(series, *(rows[name][order] for name in ("hour", "rows", "filled", "low", "high", "unsettled")))
        self._flats[series.key] = hours.flats()
        return list(hours.stretches())

    def _files(self, areas: Iterable[Area], region: str, span: Interval) -> list[str]:
        wanted = (one for area in areas for one in partitions_of(self.source_id, area, region, span))
        return existing_files(self.store, wanted)


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
    def of(cls, series: Series, slot: Array, value: Array, fetched: Array) -> "_Column":
        order = np.argsort(slot, kind="stable")
        return cls(series, slot[order], value[order], fetched[order])

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
