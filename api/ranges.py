"""Range queries: DuckDB over the Parquet files of the partitions that a question concerns, bounded in every way."""

import logging
import re
import threading
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from api.answers import too_large
from api.problems import Problem
from api.query import Format, Question, Resolution
from api.store import LaterStore
from include.domain.calendar import DAY, IRELAND, Interval, Month, microseconds, midnight
from include.domain.catalogue import area as area_named
from include.domain.errors import StorageError
from include.domain.readings import Partition
from include.domain.series import Aggregation, Area, Series
from include.export import ALSO_READS, NATIVE, SUMMED, buckets_sql, native_sql, withheld_parameters
from include.storage.keys import partitions_of, readings_key

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.storage.duck import Databases

log = logging.getLogger(__name__)

SOURCE: Final = "eirgrid"
"""The source whose areas the catalogue has."""
Held = Mapping[tuple[str, str], Mapping[str, Any]]
"""By area and region: the `periods` of the files that the last export saw."""
AT_ONCE: Final = 2
"""Queries that run at once: each may use DuckDB's whole memory limit."""
PATIENCE: Final = 10.0
"""Seconds that a query waits for its turn."""
LONGEST: Final = 20.0
"""Seconds after which a query is ended: an API Gateway gives up after 30."""
MOST_READ: Final = 40_000_000
"""Slots that a query may have to look at: a year of frequency has six million."""
SMALL: Final = 400_000
"""Slots up to which a query's database is kept for the next: a quarter-hourly series has 351,000 in ten years."""
MOST_POINTS: Final = 2_500_000
"""Points that an answer is begun with: more never fit."""


class Ranges:
    """Answers questions from the readings of EirGrid in a store."""

    def __init__(self, store: LaterStore) -> None:
        self.store = store
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def result(self, question: Question, held: Held, *, now: datetime) -> Iterator["DuckDBPyConnection"]:
        """A connection with the table `result`, one row a slot or bucket: see `range_native.sql`, `range_buckets.sql`.

        Problem when it is too much (413), takes too long, or the store cannot be read (503).
        """
        points = expected_points(question, now=now)
        if points > MOST_POINTS:
            raise too_large(points=points, most=MOST_POINTS)
        if (read := expected_slots(question, now=now)) > MOST_READ:
            raise Problem(
                413,
                "Range too long",
                f"{read:,} readings would have to be looked at; allowed: {MOST_READ:,}; ask for a shorter range",
                points=read,
            )
        if not self._turns.acquire(timeout=PATIENCE):
            raise _busy("other range queries are being worked on")
        try:
            with self._bounded(keep=read <= SMALL) as connection:
                self._fill(connection, question, held)
                yield connection
        finally:
            self._turns.release()

    @contextmanager
    def _bounded(self, *, keep: bool) -> Iterator["DuckDBPyConnection"]:
        import duckdb  # noqa: PLC0415  only a range query needs it

        try:
            with self._databases.cursor(keep=keep) as connection, _ended_in_time(connection):
                yield connection
        except duckdb.InterruptException:
            raise _busy(
                f"it took longer than {LONGEST:.0f} s; ask for a shorter range or a coarser resolution"
            ) from None
        except duckdb.OutOfMemoryException:
            raise _busy("it needs more memory than a query may have; ask for a shorter range") from None
        except (duckdb.Error, StorageError, OSError):
            # A damaged file comes as DuckDB's plainest error.
            log.exception("a range could not be read")
            raise _busy("the store cannot be read right now") from None

    @cached_property
    def _databases(self) -> "Databases":
        from include.storage.duck import Databases  # noqa: PLC0415

        return Databases(self.store.opened)

    def _fill(self, connection: "DuckDBPyConnection", question: Question, held: Held) -> None:
        from include.storage.duck import existing  # noqa: PLC0415

        store, wanted = self.store.opened, list(_partitions(question))
        found = existing(store, wanted)
        _all_there(wanted, found, held)
        files = [store.address(info.key) for info in found.values()]
        if not files:
            connection.execute(_EMPTY)
            return
        sql = _sql(question)
        offered = {"files": files, **_parameters(question)}
        named = {name: offered[name] for name in set(re.findall(r"\$(\w+)", sql))}
        connection.execute(f"CREATE TEMP TABLE result AS {sql}", named)


@contextmanager
def _ended_in_time(connection: "DuckDBPyConnection") -> Iterator[None]:
    """Interrupts what the connection is doing once it has taken too long."""
    done = threading.Event()

    def watch() -> None:
        # Again and again: between two statements there is nothing to interrupt.
        while not done.wait(LONGEST):
            connection.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _partitions(question: Question) -> Iterator[Partition]:
    for area, regions in reads_of(question):
        for region in regions:
            yield from partitions_of(SOURCE, area, region, question.span)


def _all_there(wanted: Iterable[Partition], found: Container[Partition], held: Held) -> None:
    """StorageError when a file is gone that was there: its slots must not pass for never fetched."""
    for one in wanted:
        if one not in found and one.period in held.get((one.area, one.region), {}).get("periods", ()):
            raise StorageError(f"{readings_key(one)} is gone")


_EMPTY: Final = (
    "CREATE TEMP TABLE result (region VARCHAR, field VARCHAR, slot BIGINT, value DOUBLE, low DOUBLE, high DOUBLE,"
    " total DOUBLE, slots BIGINT, filled BIGINT, derived BIGINT, withheld BIGINT, fetched BIGINT)"
)


def reads_of(question: Question) -> list[tuple[Area, tuple[str, ...]]]:
    """Areas and regions whose files the answer is made from."""
    also = [area_named(name) for name in ALSO_READS.get(question.area.name, ())]
    return [(area, _with_parts(area, question)) for area in (question.area, *also)]


def _with_parts(area: Area, question: Question) -> tuple[str, ...]:
    """The regions asked for, and those whose sum may stand in for one of them."""
    summed = SUMMED.get(area.name, {}) if question.derive else {}
    parts = (part for region in question.regions for part in summed.get(region, ()))
    return tuple(dict.fromkeys([*question.regions, *parts]))


def expected_slots(question: Question, *, now: datetime) -> int:
    """How many slots the calendar has in the range, of all series asked for."""
    return sum(_slots(one, _known(question.span, now)) for one in question.series)


def expected_points(question: Question, *, now: datetime) -> int:
    """How many points the answer has at most."""
    span = _known(question.span, now)
    return sum(span_points(one, question.resolution, span) for one in question.series)


def span_points(series: Series, resolution: Resolution, span: Interval) -> int:
    """How many slots or buckets of a series a span has at most."""
    if resolution is Resolution.NATIVE:
        return _slots(series, span)
    width = resolution.width or {"1d": DAY, "1w": 7 * DAY, "1M": 28 * DAY}[resolution]
    return max((span.end - span.start) // max(width, series.cadence) + 1, 0)


def _known(span: Interval, now: datetime) -> Interval:
    """The part of a span in which there can be readings: forecasts go four days ahead."""
    end = min(span.end, now + 4 * DAY)
    return Interval(span.start, max(end, span.start))


def _slots(series: Series, span: Interval) -> int:
    return max((span.end - span.start) // series.cadence, 0)


def _busy(reason: str) -> Problem:
    return Problem(503, "Query not finished", f"The query was given up: {reason}.", headers={"Retry-After": "10"})


def _layout(question: Question) -> str:
    """How buckets are found. Days of UTC need no list, where readings come as they lie in the files of their months."""
    if question.resolution.width:
        return "even"
    of_utc = question.resolution is Resolution.DAY and question.zone is UTC
    stored = NATIVE.get(question.area.name, "values") == "values" and not question.area.partitioned_by_day
    return "days" if of_utc and stored else "listed"


def _sql(question: Question) -> str:
    if question.resolution is Resolution.NATIVE:
        return native_sql(question.area)
    rules = {one.aggregation for one in question.series}
    return buckets_sql(
        question.area,
        _layout(question),
        weighted=Aggregation.DEMAND_WEIGHTED in rules,
        extremes=Aggregation.MIN_MEAN_MAX in rules,
        fetched=question.format not in {Format.JSON, Format.COLUMNS},
    )


def _parameters(question: Question) -> dict[str, Any]:
    series, span = question.series, question.span
    found: dict[str, Any] = {
        "start": span.start,
        "end": span.end,
        "derive": question.derive,
        "region": [one.region for one in series],
        "field": [one.field for one in series],
        "rule": [one.aggregation.value for one in series],
        "cadence": [one.cadence // _MICROSECOND for one in series],
        "since": [microseconds(midnight(one.first_day)) for one in series],
        **withheld_parameters([area for area, _ in reads_of(question)]),
    }
    if width := question.resolution.width:
        found["width"] = width // _MICROSECOND
    elif question.resolution is not Resolution.NATIVE:
        found["edges"] = edges_of(question)
    return found


_MICROSECOND: Final = timedelta(microseconds=1)


def edges_of(question: Question) -> list[int]:
    """Starts of the days, weeks (Monday) or months of the range in its zone, and the end of the last.

    Microseconds since 1970.
    """
    local = question.span.start.astimezone(question.zone).date()
    day = {
        Resolution.DAY: local,
        Resolution.WEEK: local - local.weekday() * DAY,
        Resolution.MONTH: local.replace(day=1),
    }[question.resolution]
    if question.zone is UTC and question.resolution is not Resolution.MONTH:
        step = (_next(day, question.resolution) - day) // _MICROSECOND
        return list(range(microseconds(_instant(day, question)), microseconds(question.span.end) + step, step))
    starts = [day]
    while _instant(starts[-1], question) < question.span.end:
        starts.append(_next(starts[-1], question.resolution))
    return [microseconds(_instant(one, question)) for one in starts]


def _next(day: date, resolution: Resolution) -> date:
    if resolution is Resolution.MONTH:
        return Month.of(day).following.first
    return day + (7 * DAY if resolution is Resolution.WEEK else DAY)


def _instant(day: date, question: Question) -> datetime:
    return midnight(day) if question.zone is IRELAND else datetime(day.year, day.month, day.day, tzinfo=UTC)
