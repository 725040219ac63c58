"""The JSON of an area's summary: points with their own time, and the newest reading of each series."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

from include.domain.calendar import Interval
from include.domain.catalogue import ATTRIBUTION, CYCLE
from include.domain.marks import marked
from include.domain.readings import Feed
from include.domain.series import Aggregation, Area, Role, Series
from include.storage.keys import SCHEMA_VERSION

WITHHELD_NOTE: Final = "Withheld by EirGrid (low emissions); derived as intensity × demand ÷ 1000."
SUMMED_NOTE: Final = "No all-island value was sent; derived as the sum of ROI and NI."


class Row(NamedTuple):
    """One row of a summary's SQL."""

    region: str
    field: str
    timestamp: datetime
    value: float | None
    fetched_at: datetime
    derived: bool
    withheld: bool


def utc(instant: datetime) -> str:
    """An instant as RFC 3339 text in UTC, to the second."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(document: dict[str, Any]) -> bytes:
    """Compact JSON, the same for the same document."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def as_columns(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary whose blocks hold arrays in place of points: element k is of the slot `start` + k × `step_s`.

    Of a null, `absent` tells whether it was never fetched: by key, runs of [first index, how many].
    """
    return summary | {"series": [_as_columns(block) for block in summary["series"]]}


def since(summary: dict[str, Any], window: Interval) -> dict[str, Any]:
    """A summary with the points of a later window only."""
    start = utc(window.start)
    blocks = [
        block | {"points": [point for point in block["points"] if point["timestamp"] >= start]}
        for block in summary["series"]
    ]
    return summary | {"window": {"start": start, "end": utc(window.end)}, "series": blocks}


def gaps_since(report: dict[str, Any], window: Interval) -> dict[str, Any]:
    """A gap report's gaps that touch a later window, and what it says of the whole; not its lists of series."""
    start = utc(window.start)
    kept = {name: part for name, part in report.items() if name not in {"series", "days"}}
    return kept | {"gaps": [gap for gap in report["gaps"] if gap["last"] >= start]}


def _as_columns(block: dict[str, Any]) -> dict[str, Any]:
    points = block["points"]
    at = {datetime.fromisoformat(point["timestamp"]): point for point in points}
    slots = sorted(at)
    gaps = [later - earlier for earlier, later in pairwise(slots)]
    step = min(gaps, default=None)
    grid = [slots[0] + n * step for n in range((slots[-1] - slots[0]) // step + 1)] if step else slots
    keys = dict.fromkeys(name for point in points for name in point if name not in {"timestamp", "derived", "withheld"})
    placed = [at.get(slot, {}) for slot in grid]
    found = {name: part for name, part in block.items() if name != "points"} | {
        "start": utc(grid[0]) if grid else None,
        "step_s": int(step.total_seconds()) if step else None,
        "columns": {name: [point.get(name) for point in placed] for name in keys},
        "absent": {name: runs for name in keys if (runs := marked(name not in point for point in placed))},
    }
    marks = {mark: marked(mark in point for point in placed) for mark in ("derived", "withheld")}
    return found | {mark: runs for mark, runs in marks.items() if runs}


@dataclass(frozen=True, slots=True)
class AreaSummary:
    """What is served of an area: `rows` to draw, and `newest_rows` to take the newest values from."""

    area: Area
    rows: list[Row]
    newest_rows: list[Row]
    now: datetime
    feed: Feed
    attribution: str = ATTRIBUTION

    def document(self, window: Interval) -> dict[str, Any]:
        """The summary's JSON document."""
        readings = [reading for region in self.area.regions for reading in self._readings(region)]
        measured = [one["timestamp"] for one in readings if one["role"] != Role.FORECAST.value]
        return {
            "schema_version": SCHEMA_VERSION,
            "area": self.area.name,
            "title": self.area.title,
            "feed": self.feed.value,
            "attribution": self.attribution,
            "window": {"start": utc(window.start), "end": utc(window.end)},
            "as_of": max(measured, default=None),
            "alert_after_s": int(self.area.alert_after.total_seconds()),
            "readings": readings,
            "series": [block for region in self.area.regions for block in self._blocks(region)],
        }

    def _blocks(self, region: str) -> Iterable[dict[str, Any]]:
        rows = [row for row in self.rows if row.region == region]
        series = self.area.of_region(region)
        if series[0].role is not Role.VALUE:
            yield self._block(region, series, rows, keys={one.field: one.role.value for one in series})
        elif series[0].aggregation is Aggregation.MIN_MEAN_MAX:
            yield self._block(region, series, rows, keys={row.field: row.field for row in rows})
        else:
            for one in series:
                own = [row for row in rows if row.field == one.field]
                yield self._block(region, (one,), own, keys={one.field: "value"})

    def _block(
        self, region: str, series: tuple[Series, ...], rows: list[Row], *, keys: dict[str, str]
    ) -> dict[str, Any]:
        main = series[0]
        block: dict[str, Any] = {"region": region, "field": main.field, "name": main.name, "unit": main.unit}
        forecast = [one.field for one in series if one.role is Role.FORECAST]
        if forecast:
            block["forecast_field"] = forecast[0]
        block["points"] = [
            _point(slot, list(same), keys)
            for slot, same in groupby(sorted(rows, key=lambda row: row.timestamp), key=lambda row: row.timestamp)
        ]
        return block

    def _readings(self, region: str) -> Iterable[dict[str, Any]]:
        """The newest value of each series up to now: forecasts of the actual's slot, fuels of the last snapshot."""
        by_field: dict[str, dict[datetime, Row]] = {}
        for row in self.newest_rows:
            if row.region == region and row.value is not None and row.timestamp <= self.now:
                by_field.setdefault(row.field, {})[row.timestamp] = row
        slot: datetime | None = None
        newest = max((stamp for values in by_field.values() for stamp in values), default=None)
        for series in sorted(self.area.of_region(region), key=lambda one: one.role is Role.FORECAST):
            values = by_field.get(series.field, {})
            if series.aggregation is Aggregation.LAST:
                slot = newest
            elif series.role is not Role.FORECAST:
                slot = max(values, default=None)
            found = values.get(slot) if slot else None
            if found is not None:
                yield self._reading(series, found)

    def _reading(self, series: Series, row: Row) -> dict[str, Any]:
        reading: dict[str, Any] = {
            "area": series.area,
            "region": series.region,
            "field": series.field,
            "name": series.name,
            "role": series.role.value,
            "value": row.value,
            "unit": series.unit,
            "timestamp": utc(row.timestamp),
            "fetched_at": utc(row.fetched_at),
            "stale_after": utc(series.stale_after(row.timestamp, cycle=CYCLE)),
            "derived": row.derived,
            "feed": self.feed.value,
        }
        if row.derived:
            reading["note"] = WITHHELD_NOTE if series.area == "co2" else SUMMED_NOTE
        return reading


def _point(slot: datetime, rows: list[Row], keys: dict[str, str]) -> dict[str, Any]:
    """One slot: an absent key was never fetched, a null had no value upstream."""
    point: dict[str, Any] = {"timestamp": utc(slot)}
    for row in rows:
        # 2083 rather than 2083.0: the same number in JSON, and two bytes less a hundred thousand times.
        whole = row.value is not None and row.value.is_integer()
        point[keys[row.field]] = int(row.value) if whole and row.value is not None else row.value
    if any(row.derived for row in rows):
        point["derived"] = True
    if any(row.withheld for row in rows):
        point["withheld"] = True
    return point
