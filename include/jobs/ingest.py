"""Fetch a unit, merge it into its partition, and say what happened."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa

from include.domain.calendar import Interval
from include.domain.errors import (
    ContractBroken,
    NotYetPublished,
    SourceFault,
    Unsupported,
    UpstreamError,
)
from include.domain.readings import Outcome, Unit
from include.domain.series import Area, Role
from include.jobs.circuit import RunSoFar, went_down
from include.jobs.fetched import Fetched, Part, edges, parts_of
from include.jobs.result import UnitResult, describe
from include.sources.base import Known, Setback, Source
from include.sources.columns import within
from include.storage.keys import partitions_of
from include.storage.outcomes import Failed, Refusals, Try, read_outcomes, record_tries
from include.storage.parquet import CODED, in_microseconds, merge
from include.storage.readings import ReadingsStore, Written, newest_value

log = logging.getLogger(__name__)

OVERLAP: Final = timedelta(minutes=10)
"""How far before its newest stored point a live fetch of 5-second values starts."""
FLAGS_KEPT: Final = 20
"""How many implausible values of a day are listed; the rest is counted."""
REFUSAL_HOLDS: Final = timedelta(days=1)
"""How long a live run does not ask again for what upstream refused."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """All that fetching a unit needs."""

    source: Source
    area: Area
    readings: ReadingsStore
    clock: Callable[[], datetime]

    def run(self, unit: Unit, *, live: bool, so_far: RunSoFar | None = None) -> UnitResult:
        """Fetch and store one unit. Upstream's failures become an outcome; the store's and ours are raised.

        `so_far` is what the earlier units of the same run have found out about upstream.
        """
        run = so_far or RunSoFar()
        known = Known(self._refused(unit) if live else frozenset(), run.down)
        fetched = self._fetch(unit, since=self._since(unit) if live else None, known=known)
        if isinstance(fetched.failure, ContractBroken):
            log.error("%s: the answer that broke the contract begins: %r", unit.label, fetched.failure.sample)
            fetched.chunks.clear()
        self._check_fields(unit, fetched)
        rows = self._rows(unit, fetched.tables)
        written = self._write(unit, rows)
        result = self._result(unit, written, fetched)
        self._record(unit, rows, written, fetched, run, every_day=not live)
        log.log(logging.ERROR if result.outcome.is_ours else logging.INFO, "%s", describe(result))
        return result

    def _fetch(self, unit: Unit, *, since: datetime | None, known: Known) -> Fetched:
        fetched = Fetched()
        try:
            for event in self.source.fetch(unit, since=since, known=known):
                if isinstance(event, Setback):
                    fetched.setbacks.append(event)
                    log.warning("%s: %s, %s", unit.label, ", ".join(event.fields), event.error)
                    if isinstance(event.error, ContractBroken):
                        log.error("%s: that answer begins: %r", unit.label, event.error.sample)
                    continue
                fetched.chunks.append(event)
                log.info("%s: %s rows from %s", unit.label, len(event.readings), event.interface)
                for warning in event.warnings:
                    log.warning("%s: %s", unit.label, warning)
                if event.flagged:
                    _, first = event.flagged[0]
                    log.warning("%s: %s implausible, stored as sent: %s …", unit.label, len(event.flagged), first)
        except UpstreamError as error:
            fetched.failure = error
        return fetched

    def _check_fields(self, unit: Unit, fetched: Fetched) -> None:
        known = {one.field for one in self.area.of_region(unit.partition.region)}
        strange = sorted({name for _, name in fetched.fields} - known)
        if strange:
            of, seen, allowed = unit.partition, ", ".join(strange), ", ".join(sorted(known))
            raise SourceFault(f"{of.source}: {seen} is no field of {of.area} {of.region}; allowed: {allowed}")

    def _refused(self, unit: Unit) -> frozenset[tuple[str, str]]:
        known = read_outcomes(self.readings.store, unit.partition).refused
        return frozenset(pair for pair, at in known.items() if self.clock() - at < REFUSAL_HOLDS)

    def _since(self, unit: Unit) -> datetime | None:
        if not self.area.partitioned_by_day:
            return None
        stored = self.readings.read(unit.partition)
        newest = None if stored is None else self._newest(unit, stored)
        # Upstream is asked to the minute: what it gives of that minute is kept.
        return (newest - OVERLAP).replace(second=0, microsecond=0) if newest else None

    def _rows(self, unit: Unit, chunks: list[pa.Table]) -> pa.Table:
        """The chunks' readings that lie in the unit's partition, one per key."""
        span, found = unit.partition.span, None
        for part in chunks:
            inside = within(in_microseconds(part["timestamp"]), span)
            rows = part if inside.all() else part.filter(pa.array(inside))
            found = rows if found is None else merge(found, rows, settle_after=self._settle_after(unit)).table
        return CODED.empty_table() if found is None else found

    def _write(self, unit: Unit, fetched: pa.Table) -> Written | None:
        if not fetched.num_rows:
            return None
        return self.readings.write(unit.partition, fetched, settle_after=self._settle_after(unit))

    def _settle_after(self, unit: Unit) -> dict[str, timedelta]:
        series = self.area.of_region(unit.partition.region)
        return {one.field: one.settles_after for one in series}

    def _newest(self, unit: Unit, table: pa.Table) -> datetime | None:
        series = self.area.of_region(unit.partition.region)
        measured = [one.field for one in series if one.role is not Role.FORECAST]
        return newest_value(table, fields=measured, now=self.clock())

    def _seen_before(self, unit: Unit) -> datetime | None:
        """The newest value in earlier partitions, as far back as the area's alert threshold goes."""
        partition = unit.partition
        before = Interval(self.clock() - self.area.alert_after, partition.span.start)
        for earlier in reversed(partitions_of(partition.source, self.area, partition.region, before)):
            stored = self.readings.read(earlier)
            newest = self._newest(unit, stored) if stored is not None else None
            if newest is not None:
                return newest
        return None

    def _result(self, unit: Unit, written: Written | None, fetched: Fetched) -> UnitResult:
        rows = len(written.changed) if written else 0
        stored = written.table if written else self.readings.read(unit.partition)
        newest = (self._newest(unit, stored) if stored is not None else None) or self._seen_before(unit)
        failure = fetched.failure
        return UnitResult(
            label=unit.label,
            area=unit.partition.area,
            outcome=_outcome(failure, rows=rows, answered=written is not None),
            rows=rows,
            newest=newest.isoformat() if newest else None,
            message=str(failure) if failure else "",
            answered=fetched.interfaces,
            down=tuple(sorted(went_down(fetched.errors) - set(fetched.interfaces))),
            fallback="" if failure else "; ".join(dict.fromkeys(str(one.error) for one in fetched.setbacks)),
        )

    def _record(
        self,
        unit: Unit,
        rows: pa.Table,
        written: Written | None,
        fetched: Fetched,
        run: RunSoFar,
        *,
        every_day: bool,
    ) -> None:
        """Write down what changed or failed; of a repair every day, since the gap check gives up on equal answers."""
        parts = fetched.parts[0] if len(fetched.parts) == 1 else parts_of(rows, unit.days)
        digests, changed, at = _digests(parts), _changed(written, unit.days), self.clock().isoformat()
        tries = {
            day: _try(day, fetched, at=at, changed=day in changed, digest=digests.get(day))
            for day in unit.days
            if every_day or fetched.is_news(day) or day in changed
        }
        refused = self._refusals(fetched, run)
        if tries or refused:
            record_tries(self.readings.store, unit.partition, tries, refused=refused, answered=fetched.fields)

    def _refusals(self, fetched: Fetched, run: RunSoFar) -> Refusals:
        # An interface that refuses everything has shut us out, which may pass in a minute; one that answers
        # something else refuses this region.
        answering = run.answering | set(fetched.interfaces)
        return {(name, one): self.clock() for name, one in fetched.refused if name in answering}


def _try(day: date, fetched: Fetched, *, at: str, changed: bool, digest: str | None) -> Try:
    """What happened to one day: another day's failure is not its own."""
    failure, interfaces = fetched.failure_of(day), fetched.interfaces_of(day)
    return Try(
        at=at,
        outcome=_outcome(failure, rows=int(changed), answered=bool(interfaces)).value,
        interface="+".join(interfaces) or (failure.interface if failure else ""),
        error=type(failure).__name__ if failure else None,
        message=str(failure)[:300] if failure else None,
        sha256=digest,
        sample=_sample(failure),
        failed=tuple(_failed(one) for one in fetched.setbacks_of(day)),
        flagged=_first(fetched.flagged.get(day, [])),
    )


def _first(flags: list[str]) -> tuple[str, ...]:
    more = len(flags) - FLAGS_KEPT
    return (*flags[:FLAGS_KEPT], f"and {more} more") if more > 0 else tuple(flags)


def _sample(error: UpstreamError | None) -> str | None:
    return error.sample.decode("utf-8", "replace") if isinstance(error, ContractBroken) else None


def _failed(setback: Setback) -> Failed:
    error = setback.error
    return Failed(error.interface, setback.fields, type(error).__name__, str(error)[:300], _sample(error))


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


def _changed(written: Written | None, days: Sequence[date]) -> set[date]:
    """The days of which a row was added or replaced."""
    if written is None:
        return set()
    places = np.searchsorted(np.sort(written.changed), edges(days)).tolist()
    return {day for day, (start, end) in zip(days, pairwise(places), strict=True) if start < end}


def _digests(parts: Iterable[Part]) -> Mapping[date, str]:
    """Digests of the days' readings as upstream gave them; none of a day of which it gave none."""
    found: dict[date, Any] = {}
    for part in parts:
        head = f"{part.field} {len(part.stamps)} ".encode()
        found.setdefault(part.day, hashlib.sha256()).update(head + part.stamps.tobytes() + part.values.tobytes())
    return {day: digest.hexdigest() for day, digest in found.items()}
