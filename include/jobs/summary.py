"""The JSON of an area's summary: points with their own time, and the newest reading of each series."""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain, compress
from operator import itemgetter, sub
from typing import Any, Final

from include.domain.calendar import Interval, from_microseconds, microseconds
from include.domain.catalogue import ATTRIBUTION, CYCLE
from include.domain.marks import marked
from include.domain.readings import Feed
from include.domain.series import Aggregation, Area, Role, Series
from include.storage.keys import SCHEMA_VERSION

WITHHELD_NOTE: Final = "Withheld by EirGrid (low emissions); derived as intensity × demand ÷ 1000."
SUMMED_NOTE: Final = "No all-island value was sent; derived as the sum of ROI and NI."
MARKS: Final = ("derived", "withheld")


@dataclass(frozen=True, slots=True)
class Column:
    """What a summary's SQL found of one series, ascending: element k of each list is of the slot `slots[k]`.

    Slots and times of fetching are microseconds since 1970.
    """

    slots: list[int]
    values: list[float | None]
    fetched: list[int]
    derived: list[bool]
    withheld: list[bool]

    def newest(self, upto: int) -> int | None:
        """The newest slot up to an instant that has a value."""
        known = range(bisect_right(self.slots, upto) - 1, -1, -1)
        return next((self.slots[place] for place in known if self.values[place] is not None), None)

    def place(self, slot: int) -> int | None:
        """Where a slot's value is; None when it has none."""
        place = bisect_left(self.slots, slot)
        held = place < len(self.slots) and self.slots[place] == slot and self.values[place] is not None
        return place if held else None


Columns = Mapping[tuple[str, str], Column]
"""By region and field, in this order."""


def utc(instant: datetime) -> str:
    """An instant as RFC 3339 text in UTC, to the second."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(document: dict[str, Any]) -> bytes:
    """Compact JSON, the same for the same document."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def head_of(summary: bytes) -> dict[str, Any]:
    """A written summary without its series, which come last and are nearly all of it."""
    head, series, _ = summary.partition(b',"series":[')
    found: dict[str, Any] = json.loads(head + b"}" if series else head)
    return found


def as_columns(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary whose blocks hold arrays in place of points: element k is of the slot `start` + k × `step_s`.

    Of a null, `absent` tells whether it was never fetched: by key, runs of [first index, how many].
    """
    return summary | {"series": [_as_columns(block) for block in summary["series"]]}


def since(summary: dict[str, Any], window: Interval) -> dict[str, Any]:
    """A summary with the points of a later window only."""
    start = utc(window.start)
    blocks = [block | {"points": _later(block["points"], start)} for block in summary["series"]]
    return summary | {"window": {"start": start, "end": utc(window.end)}, "series": blocks}


def _later(points: list[dict[str, Any]], start: str) -> list[dict[str, Any]]:
    return points[bisect_left(points, start, key=itemgetter("timestamp")) :]


def gaps_since(report: dict[str, Any], window: Interval) -> dict[str, Any]:
    """A gap report's gaps that touch a later window, and what it says of the whole; not its lists of series."""
    start = utc(window.start)
    kept = {name: part for name, part in report.items() if name not in {"series", "days"}}
    return kept | {"gaps": [gap for gap in report["gaps"] if gap["last"] >= start]}


def _as_columns(block: dict[str, Any]) -> dict[str, Any]:
    points = block["points"]
    slots = [_seconds(point["timestamp"]) for point in points]
    step = min(map(sub, slots[1:], slots), default=None)
    grid = range(slots[0], slots[-1] + 1, step) if step else slots
    at = dict(zip(slots, points, strict=True))
    placed = points if len(grid) == len(points) else [at.get(slot, {}) for slot in grid]
    # Each name once, in the order in which they come up.
    names = dict.fromkeys(chain.from_iterable(points))
    keys = [name for name in names if name not in {"timestamp", *MARKS}]
    found = {name: part for name, part in block.items() if name != "points"} | {
        "start": points[0]["timestamp"] if points else None,
        "step_s": step,
        "columns": {name: [point.get(name) for point in placed] for name in keys},
        "absent": {name: runs for name in keys if (runs := marked([name not in point for point in placed]))},
    }
    return found | {mark: marked([mark in point for point in placed]) for mark in MARKS if mark in names}


@lru_cache(maxsize=8192)
def _seconds(timestamp: str) -> int:
    """Seconds since 1970: the series of a store share their slots."""
    return int(datetime.fromisoformat(timestamp).timestamp())


@dataclass(frozen=True, slots=True)
class AreaSummary:
    """What is served of an area: `columns` to draw, and `newest` to take the newest values from."""

    area: Area
    columns: Columns
    newest: Columns
    now: datetime
    feed: Feed
    attribution: str = ATTRIBUTION

    def document(self, window: Interval) -> dict[str, Any]:
        """The summary's JSON document; its series come last."""
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
        series = self.area.of_region(region)
        if series[0].role is not Role.VALUE:
            yield self._block(region, series, keys={one.field: one.role.value for one in series})
        elif series[0].aggregation is Aggregation.MIN_MEAN_MAX:
            yield self._block(region, series, keys={field: field for of, field in self.columns if of == region})
        else:
            for one in series:
                yield self._block(region, (one,), keys={one.field: "value"})

    def _block(self, region: str, series: tuple[Series, ...], *, keys: dict[str, str]) -> dict[str, Any]:
        main = series[0]
        block: dict[str, Any] = {"region": region, "field": main.field, "name": main.name, "unit": main.unit}
        forecast = [one.field for one in series if one.role is Role.FORECAST]
        if forecast:
            block["forecast_field"] = forecast[0]
        found = ((of, field, column) for (of, field), column in self.columns.items())
        block["points"] = _points(
            {keys[field]: column for of, field, column in found if of == region and field in keys}
        )
        return block

    def _readings(self, region: str) -> Iterable[dict[str, Any]]:
        """The newest value of each series up to now: forecasts of the actual's slot, fuels of the last snapshot."""
        now = microseconds(self.now)
        newest = {field: column.newest(now) for (of, field), column in self.newest.items() if of == region}
        last = max((slot for slot in newest.values() if slot is not None), default=None)
        slot: int | None = None
        for series in sorted(self.area.of_region(region), key=lambda one: one.role is Role.FORECAST):
            if series.aggregation is Aggregation.LAST:
                slot = last
            elif series.role is not Role.FORECAST:
                slot = newest.get(series.field)
            column = self.newest.get((region, series.field))
            place = column.place(slot) if column and slot is not None else None
            if column and place is not None:
                yield self._reading(series, column, place)

    def _reading(self, series: Series, column: Column, place: int) -> dict[str, Any]:
        slot, derived = column.slots[place], column.derived[place]
        reading: dict[str, Any] = {
            "area": series.area,
            "region": series.region,
            "field": series.field,
            "name": series.name,
            "role": series.role.value,
            "value": column.values[place],
            "unit": series.unit,
            "timestamp": _text(slot),
            "fetched_at": _text(column.fetched[place]),
            "stale_after": utc(series.stale_after(from_microseconds(slot), cycle=CYCLE)),
            "derived": derived,
            "feed": self.feed.value,
        }
        if derived:
            reading["note"] = WITHHELD_NOTE if series.area == "co2" else SUMMED_NOTE
        return reading


def _points(columns: Mapping[str, Column]) -> list[dict[str, Any]]:
    """Slots ascending: an absent key was never fetched, a null had no value upstream."""
    slots = sorted(set().union(*(column.slots for column in columns.values())))
    points: dict[int, dict[str, Any]] = {slot: {"timestamp": _text(slot)} for slot in slots}
    for key, column in columns.items():
        for slot, value in zip(column.slots, column.values, strict=True):
            # 2083 rather than 2083.0: the same number in JSON, and two bytes less a hundred thousand times.
            points[slot][key] = int(value) if value is not None and value.is_integer() else value
    for mark in MARKS:
        for column in columns.values():
            for slot in compress(column.slots, getattr(column, mark)):
                points[slot][mark] = True
    return list(points.values())


@lru_cache(maxsize=8192)
def _text(instant: int) -> str:
    """`utc` of microseconds since 1970: the series of a store share their slots."""
    return utc(from_microseconds(instant))
