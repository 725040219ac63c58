"""Fetch a unit, merge it into its partition, and say what happened."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from include.domain.calendar import day_span
from include.domain.errors import (
    ContractBroken,
    GridError,
    NotYetPublished,
    Unsupported,
    UpstreamError,
)
from include.domain.readings import Outcome, Unit
from include.domain.series import Area, Role
from include.sources.base import DataChunk, Source
from include.storage.outcomes import Try, record_tries
from include.storage.parquet import SCHEMA, merge
from include.storage.readings import ReadingsStore, Written, newest_value

log = logging.getLogger(__name__)

OVERLAP: Final = timedelta(minutes=10)
"""How far before its newest stored point a live fetch of 5-second values starts."""
NULL_GRACE: Final = timedelta(hours=6)
"""A null is upstream's last word when it is read this long after slot + publication lag."""


@dataclass(frozen=True, slots=True)
class UnitResult:
    """What happened to one unit."""

    label: str
    area: str
    outcome: Outcome
    rows: int = 0
    """Readings added or replaced."""
    newest: str | None = None
    """Newest stored slot with a value that is no forecast, UTC, ISO 8601."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Ingest:
    """All that fetching a unit needs."""

    source: Source
    area: Area
    readings: ReadingsStore
    clock: Callable[[], datetime]

    def run(self, unit: Unit, *, live: bool) -> UnitResult:
        """Fetch and store one unit. Upstream's failures become an outcome; the store's and ours are raised."""
        chunks: list[DataChunk] = []
        failure: UpstreamError | None = None
        try:
            for chunk in self.source.fetch(unit, since=self._since(unit) if live else None):
                chunks.append(chunk)
                log.info("%s: %s rows from %s", unit.label, len(chunk.df), chunk.interface)
                for warning in chunk.warnings:
                    log.warning("%s: %s", unit.label, warning)
        except UpstreamError as error:
            failure = error
        if isinstance(failure, ContractBroken):
            chunks = []
        fetched = self._rows(unit, chunks)
        written = self._write(unit, fetched)
        result = self._result(unit, written, failure)
        self._record(unit, result, fetched, chunks, written, failure)
        log.log(logging.ERROR if result.outcome.is_ours else logging.INFO, "%s", describe(result))
        return result

    def _since(self, unit: Unit) -> datetime | None:
        if not self.area.partitioned_by_day:
            return None
        stored = self.readings.read(unit.partition)
        newest = None if stored is None else self._newest(unit, stored)
        return newest - OVERLAP if newest else None

    def _rows(self, unit: Unit, chunks: list[DataChunk]) -> pa.Table:
        """The chunks' readings that lie in the unit's partition, one per key."""
        table = SCHEMA.empty_table()
        for chunk in chunks:
            part = pa.Table.from_pandas(chunk.df, schema=SCHEMA, preserve_index=False)
            span = unit.partition.span
            stamps = part["timestamp"]
            inside = pc.and_(
                pc.greater_equal(stamps, pa.scalar(span.start, SCHEMA.field("timestamp").type)),
                pc.less(stamps, pa.scalar(span.end, SCHEMA.field("timestamp").type)),
            )
            table = merge(table, part.filter(inside), settle_after=self._settle_after(unit)).table
        return table

    def _write(self, unit: Unit, fetched: pa.Table) -> Written | None:
        if not fetched.num_rows:
            return None
        return self.readings.write(unit.partition, fetched, settle_after=self._settle_after(unit))

    def _settle_after(self, unit: Unit) -> dict[str, timedelta]:
        series = self.area.of_region(unit.partition.region)
        return {one.field: one.lag + NULL_GRACE for one in series}

    def _newest(self, unit: Unit, table: pa.Table) -> datetime | None:
        series = self.area.of_region(unit.partition.region)
        measured = [one.field for one in series if one.role is not Role.FORECAST]
        return newest_value(table, fields=measured, now=self.clock())

    def _result(self, unit: Unit, written: Written | None, failure: UpstreamError | None) -> UnitResult:
        rows = len(written.changed) if written else 0
        stored = written.table if written else self.readings.read(unit.partition)
        newest = self._newest(unit, stored) if stored is not None else None
        return UnitResult(
            label=unit.label,
            area=unit.partition.area,
            outcome=_outcome(failure, rows=rows, answered=written is not None),
            rows=rows,
            newest=newest.isoformat() if newest else None,
            message=str(failure) if failure else "",
        )

    def _record(
        self,
        unit: Unit,
        result: UnitResult,
        fetched: pa.Table,
        chunks: list[DataChunk],
        written: Written | None,
        failure: UpstreamError | None,
    ) -> None:
        at = self.clock().isoformat()
        interfaces = "+".join(dict.fromkeys(chunk.interface for chunk in chunks))
        tries = {
            day: Try(
                at=at,
                outcome=result.outcome.value,
                interface=interfaces or (failure.interface if failure else ""),
                error=type(failure).__name__ if failure else None,
                message=str(failure)[:300] if failure else None,
                sha256=_digest(fetched, day),
                sample=failure.sample.decode("utf-8", "replace") if isinstance(failure, ContractBroken) else None,
            )
            for day in unit.days
            if failure is not None or (written is not None and _touches(written, day))
        }
        if tries:
            record_tries(self.readings.store, unit.partition, tries)


def our_error(unit: Unit, error: Exception) -> UnitResult:
    """The result of a unit that failed for a reason of ours: the store, a setting, a fault in the code."""
    kind = "" if isinstance(error, GridError) else f"{type(error).__name__}: "
    return UnitResult(unit.label, unit.partition.area, Outcome.OUR_ERROR, message=f"{kind}{error}")


def describe(result: UnitResult) -> str:
    """One line on a unit for the log."""
    counted = f"{result.rows} readings added or replaced" if result.rows else "nothing new, no object written"
    return f"{result.label}: {result.outcome} ({result.message or counted})"


def _outcome(failure: UpstreamError | None, *, rows: int, answered: bool) -> Outcome:
    if isinstance(failure, ContractBroken):
        return Outcome.CONTRACT_BROKEN
    if isinstance(failure, Unsupported):
        return Outcome.UNSUPPORTED
    if failure is not None and not isinstance(failure, NotYetPublished):
        return Outcome.UPSTREAM_UNAVAILABLE
    if rows:
        return Outcome.STORED
    return Outcome.UNCHANGED if answered else Outcome.NOT_PUBLISHED


def _touches(written: Written, day: date) -> bool:
    span = day_span(day)
    start, end = (int(instant.timestamp()) * 1_000_000 for instant in (span.start, span.end))
    return bool(((written.changed >= start) & (written.changed < end)).any())


def _digest(fetched: pa.Table, day: date) -> str | None:
    """Digest of a day's readings as upstream gave them; None when it gave none."""
    span = day_span(day)
    kind = SCHEMA.field("timestamp").type
    stamps = fetched["timestamp"]
    rows = fetched.filter(
        pc.and_(pc.greater_equal(stamps, pa.scalar(span.start, kind)), pc.less(stamps, pa.scalar(span.end, kind)))
    )
    if not rows.num_rows:
        return None
    listed = rows.select(["timestamp", "field", "value"]).to_pydict()
    return hashlib.sha256(repr(listed).encode()).hexdigest()
