"""Write the summaries that the API hands out: one per area, then the newest values of all, then everything at once."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from hashlib import sha256
from itertools import groupby
from typing import Any, Final

import duckdb

from include.domain.calendar import DAY, Interval, irish_day, midnight
from include.domain.catalogue import ATTRIBUTION
from include.domain.readings import Feed, Partition
from include.domain.series import Area, Role
from include.export import ALSO_READS, COLUMNS, NEWEST, area_sql, sql, withheld_parameters
from include.jobs.summary import AreaSummary, Column, Columns, as_columns, as_json, gaps_since, head_of, since
from include.sources.base import SourceEntry
from include.storage.duck import Databases, existing, existing_files
from include.storage.keys import SCHEMA_VERSION, partitions_of, summary_key
from include.storage.object_store import ObjectStore

log = logging.getLogger(__name__)

SUMMARY_DAYS: Final = 30
RECENT_DAYS: Final = 3
"""Irish days, today included, of the document that a first look needs."""
HOURS_OF_FUEL_MIX: Final = 24
Parse = Callable[[bytes], dict[str, Any]]


@dataclass(frozen=True)
class Export:
    """All that writing summaries needs."""

    store: ObjectStore
    feed: Feed
    entries: tuple[SourceEntry, ...]
    now: datetime

    def area(self, source_id: str, name: str) -> bool:
        """Write the 30-day summary of a source's area; False when it stands as it is."""
        entry = next(one for one in self.entries if one.source_id == source_id)
        area = entry.area(name)
        also = [entry.area(other) for other in ALSO_READS.get(name, ())]
        with self._databases.cursor() as connection:
            query = partial(self._query, connection, source_id)
            columns = query(area_sql(name), [area, *also], self._window)
            newest = self._newest(query, area) if area.partitioned_by_day else {}
        summary = AreaSummary(
            area, columns, newest or columns, now=self.now, feed=self.feed, attribution=entry.attribution
        )
        return self._write(name, summary.document(self._window))

    def version(self, source_id: str, name: str) -> str:
        """Tells one state of the files that an area's summary is made of from another: a digest of their versions."""
        entry = next(one for one in self.entries if one.source_id == source_id)
        areas = [entry.area(one) for one in (name, *ALSO_READS.get(name, ()))]
        files = existing(self.store, self._partitions(source_id, areas, self._window))
        return sha256(repr([(info.key, info.version) for info in files.values()]).encode()).hexdigest()

    def current(self) -> bool:
        """Write the newest values of all areas, from their summaries."""
        summaries = self._summaries(head_of)
        return self._write("current", current_document(summaries, feed=self.feed, attribution=self._attribution))

    def snapshot(self) -> bool:
        """Write current, all series and the gaps in one document; and `recent`, the same of the last days."""
        summaries = self._summaries(json.loads)
        gaps = self._read("gaps", json.loads) or NOT_CHECKED
        document = {
            **_head(self.feed, self._attribution),
            "current": current_document(summaries, feed=self.feed, attribution=self._attribution),
            "areas": {summary["area"]: as_columns(summary) for summary in summaries},
            "gaps": gaps,
        }
        window = self._window_of(RECENT_DAYS)
        recent = document | {
            "areas": {summary["area"]: as_columns(since(summary, window)) for summary in summaries},
            "gaps": gaps_since(gaps, window),
        }
        return any([self._write("snapshot", document), self._write("recent", recent)])

    @cached_property
    def _databases(self) -> Databases:
        return Databases(self.store)

    @property
    def _attribution(self) -> str:
        return "; ".join(dict.fromkeys(entry.attribution for entry in self.entries))

    @property
    def _window(self) -> Interval:
        return self._window_of(SUMMARY_DAYS)

    def _window_of(self, days: int) -> Interval:
        """So many Irish days up to today, and tomorrow's forecasts."""
        today = irish_day(self.now)
        return Interval(midnight(today - DAY * (days - 1)), midnight(today + 2 * DAY))

    def _newest(self, query: Callable[[str, Sequence[Area], Interval], Columns], area: Area) -> Columns:
        """Newest values from the readings themselves, where the summary is coarser."""
        recent = Interval(self.now - 2 * DAY, self.now + timedelta(seconds=1))
        return query(sql(NEWEST), [area], recent) or query(sql(NEWEST), [area], self._window)

    def _query(
        self,
        connection: duckdb.DuckDBPyConnection,
        source_id: str,
        query: str,
        areas: Sequence[Area],
        span: Interval,
    ) -> Columns:
        files = existing_files(self.store, self._partitions(source_id, areas, span))
        if not files:
            return {}
        offered = {
            "files": files,
            "start": span.start,
            "end": span.end,
            "now": self.now,
            "derive": True,
            **withheld_parameters(areas),
        }
        named = {name: value for name, value in offered.items() if f"${name}" in query}
        return _columns(connection.execute(sql(COLUMNS).format(readings=query), named).fetchnumpy())

    def _partitions(self, source_id: str, areas: Iterable[Area], span: Interval) -> Iterator[Partition]:
        for area in areas:
            for region in area.regions:
                yield from partitions_of(source_id, area, region, span)

    def _summaries(self, parse: Parse) -> list[dict[str, Any]]:
        found = (self._read(area.name, parse) for entry in self.entries for area in entry.areas)
        return [summary for summary in found if summary is not None]

    def _read(self, name: str, parse: Parse) -> dict[str, Any] | None:
        found = self.store.get(summary_key(name))
        return None if found is None else parse(found.data)

    def _write(self, name: str, document: dict[str, Any]) -> bool:
        data = as_json(document)
        found = self.store.get(summary_key(name))
        if found is not None and found.data == data:
            log.info("%s: as it was, not written", name)
            return False
        self.store.overwrite(summary_key(name), data)
        log.info("%s: %.0f kB written", name, len(data) / 1000)
        return True


def _columns(found: Mapping[str, Any]) -> Columns:
    """The arrays of a result, cut where the next series begins; nulls are masked."""
    parts = [found[name].tolist() for name in ("slot", "value", "fetched", "derived", "withheld")]
    columns, start = {}, 0
    for key, same in groupby(zip(found["region"].tolist(), found["field"].tolist(), strict=True)):
        end = start + sum(1 for _ in same)
        columns[key] = Column(*(part[start:end] for part in parts))
        start = end
    return columns


NOT_CHECKED: Final[dict[str, Any]] = {
    "checked_at": None,
    "note": "The gap check has not run on this store yet.",
    "gaps": [],
}
"""What stands for the gaps before the first gap check: nothing is known, which is not the same as no gaps."""


def current_document(
    summaries: Iterable[dict[str, Any]], *, feed: Feed, attribution: str = ATTRIBUTION
) -> dict[str, Any]:
    """The newest reading of every series, and the plain numbers under their old names.

    The old names stand for the regions that the reference service had: CO2 and the fuel mix are those of ROI.
    `generation_mw` is the mean power over the 24 h of the fuel mix, MWh / 24.
    """
    readings = [reading for summary in summaries for reading in summary["readings"]]
    newest = [one["timestamp"] for one in readings]
    fuel = _by_field(readings, "generation", region="ROI")
    return {
        **_head(feed, attribution),
        "as_of": max(newest, default=None),
        "wind_mw": _by_region(readings, "wind", Role.ACTUAL),
        "wind_forecast_mw": _by_region(readings, "wind", Role.FORECAST),
        "solar_mw": _by_region(readings, "solar", Role.ACTUAL),
        "solar_forecast_mw": _by_region(readings, "solar", Role.FORECAST),
        "demand_mw": _by_region(readings, "demand", Role.ACTUAL),
        "demand_forecast_mw": _by_region(readings, "demand", Role.FORECAST),
        "frequency_hz": _by_field(readings, "frequency", region="ROI").get("SYS_FREQUENCY"),
        "snsp_pct": _by_field(readings, "snsp", region="ALL").get("SNSP_ALL"),
        "co2_t": _by_field(readings, "co2", region="ROI").get("CO2_EMISSIONS"),
        "interconnection_mw": {
            field.removeprefix("INTER_"): value
            for field, value in _by_field(readings, "interconnection", region="ALL").items()
        },
        "generation_mw": {_fuel(field): round(value / HOURS_OF_FUEL_MIX, 2) for field, value in fuel.items()},
        "generation_mwh_24h": {_fuel(field): value for field, value in fuel.items()},
        "regions": {"co2_t": "ROI", "frequency_hz": "ROI", "snsp_pct": "ALL", "generation_mw": "ROI"}
        | {"generation_mwh_24h": "ROI", "interconnection_mw": "ALL"},
        "readings": readings,
    }


def _head(feed: Feed, attribution: str) -> dict[str, Any]:
    return {"schema_version": SCHEMA_VERSION, "feed": feed.value, "attribution": attribution}


def _by_region(readings: list[dict[str, Any]], area: str, role: Role) -> dict[str, float]:
    return {one["region"]: one["value"] for one in readings if one["area"] == area and one["role"] == role.value}


def _by_field(readings: list[dict[str, Any]], area: str, *, region: str) -> dict[str, float]:
    return {one["field"]: one["value"] for one in readings if one["area"] == area and one["region"] == region}


def _fuel(field: str) -> str:
    return field.removeprefix("FUEL_").lower()
