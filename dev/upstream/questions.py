"""The four interfaces: from a request's words to the text of the answer, when nothing goes wrong on the way.

Where API.md leaves the behaviour open, the choice made here is named beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from dev.upstream import rows
from dev.upstream.catalogue import AREAS, REGIONS, Kind, Series, series_of
from dev.upstream.distort import distorted, frozen_since
from dev.upstream.faults import Rule
from dev.upstream.feed import Column, Feed, FuelMix
from dev.upstream.irish_time import HOUR, grid, local_seconds, stamp_texts
from dev.upstream.ranges import Range, UnreadableRangeError, chart_range, dashboard_range, export_range

LONGEST_DAYS = 32
"""DashboardService and api/chart; whole months and some hours were served."""
LONGEST_EXPORT_DAYS = 31
"""Vargen and interconn refuse from here on."""
LONGEST_FREQUENCY_DAYS = 8


class HangingError(Exception):
    """Upstream never answers this one: a month of five-second frequency."""


@dataclass(frozen=True)
class Moment:
    """What an answer depends on besides the request: the feed, the time and the data faults in force."""

    feed: Feed
    now: datetime
    rules: Sequence[Rule] = ()
    vargen_shape: str = "wide"

    def column(self, series: Series, region: str, span: Range) -> Column:
        """One field over a range, faults included; a frozen value is the same wherever the range begins."""
        first = min(span.first, *frozen_since(self.rules, span.first))
        stamps = grid(first, span.last, series.step)
        column = distorted(self.feed.column(series, region, stamps, self.now), self.rules, self.now)
        asked = column.stamps >= span.first
        return replace(column, stamps=column.stamps[asked], values=column.values[asked])

    def columns(self, area: str, region: str, span: Range) -> list[Column]:
        """All fields of an area; raises Hanging for too much frequency."""
        if area == "frequency" and span.days > LONGEST_FREQUENCY_DAYS:
            raise HangingError
        return [self.column(series, region, span) for series in series_of(area, region)]


def dashboard(query: Mapping[str, str], moment: Moment) -> str:
    """`DashboardService.svc/data`; parameter names and areas in any letter case."""
    asked = {name.lower(): text for name, text in query.items()}
    area, region = asked.get("area", "").lower(), asked.get("region", "")
    if area not in AREAS or region not in REGIONS:
        return rows.error("Invalid area or region")
    if area == "fuelmix":
        return _fuel_mix(region, moment)
    try:
        span = dashboard_range(asked.get("datefrom", ""), asked.get("dateto", ""))
    except UnreadableRangeError as unreadable:
        return rows.error(str(unreadable))
    if area.startswith("solar"):
        return rows.full([], updated=None)
    if span.days > LONGEST_DAYS and area != "frequency":
        return rows.error("The requested date range is too long")
    columns = moment.columns(area, region, span)
    texts = [row for column in columns for row in rows.rows_of(column, rows.DASHBOARD_ROW)]
    return rows.full(texts, updated=_updated(columns, moment.now))


def _updated(columns: Sequence[Column], now: datetime) -> int | None:
    """Pick the newest filled slot, or a forecast's issue: wind 06:00, demand five past the hour."""
    newest = rows.newest(columns)
    if newest is None:
        return None
    kind = columns[0].series.kind
    local = local_seconds(now)
    if kind is Kind.FORECAST:
        return (local - 6 * HOUR) // (24 * HOUR) * 24 * HOUR + 6 * HOUR
    if kind is Kind.UPCOMING:
        return (local - 300) // HOUR * HOUR + 300
    return newest


def chart(query: Mapping[str, str], moment: Moment) -> str:
    """`api/chart/`; what it cannot answer has no rows, for it knows no error form."""
    asked = {name.lower(): text for name, text in query.items()}
    region = asked.get("region", "")
    try:
        span = chart_range(asked.get("datefrom", ""), asked.get("dateto", ""), kind=asked.get("daterange", "day"))
    except UnreadableRangeError:
        return rows.bare([])
    if region not in REGIONS or span.days > LONGEST_DAYS:
        return rows.bare([])
    texts: list[str] = []
    for area in chart_areas(query):
        if area == "fuelmix":
            texts += _fuel_rows(moment.feed.fuel_mix(region, moment.now), region, moment)
        elif area in AREAS:
            template = rows.PROXIED_ROW if area.startswith(("wind", "solar")) else rows.DASHBOARD_ROW
            # A rule about one of several areas leaves the others alone.
            rules = [rule for rule in moment.rules if rule.touches(area)]
            for column in replace(moment, rules=rules).columns(area, region, span):
                texts += rows.rows_of(column, template)
    return rows.bare(texts)


def chart_areas(query: Mapping[str, str]) -> tuple[str, ...]:
    """List the areas of an api/chart request in lower case."""
    asked = {name.lower(): text for name, text in query.items()}
    return tuple(area.strip().lower() for area in asked.get("areas", "").split(","))


def average_fuel_mix(query: Mapping[str, str], moment: Moment) -> str:
    """`api/average-fuel-mix/`: the fuel mix in the full envelope."""
    region = query.get("region", "ALL")
    return _fuel_mix(region, moment) if region in REGIONS else rows.error("Invalid region")


def _fuel_rows(mix: FuelMix | None, region: str, moment: Moment) -> list[str]:
    if mix is None:
        return []
    texts: list[str] = []
    for fuel, value in mix.entries:
        whole = value == int(value)
        series = Series(fuel, region, decimals=0 if whole else 2)
        column = Column(series, np.array([mix.stamp]), np.array([value]))
        texts += rows.rows_of(distorted(column, moment.rules, moment.now), rows.DASHBOARD_ROW)
    return texts


def _fuel_mix(region: str, moment: Moment) -> str:
    mix = moment.feed.fuel_mix(region, moment.now)
    return rows.full(_fuel_rows(mix, region, moment), updated=mix.stamp if mix else None)


def vargen(path: Mapping[str, str], moment: Moment) -> str:
    """`/api/export/{start}/{end}/{region}/{area}`: actual and forecast of wind or solar together."""
    area, region = path["area"].upper(), path["region"].upper()
    if area not in {"WIND", "SOLAR"} or region not in REGIONS:
        return rows.error("Invalid area or region")
    span = _export_span(path)
    if isinstance(span, str):
        return span
    word = area.lower()
    columns = [
        *moment.columns(f"{word}actual", region, span),
        *moment.columns(f"{word}forecast", region, span),
    ]
    if not any(np.isfinite(column.values).any() for column in columns):
        return rows.export([])
    if moment.vargen_shape == "long":
        return rows.export([row for column in columns for row in rows.rows_of(column, rows.PROXIED_ROW)])
    return rows.export(_wide(*columns))


def _export_span(path: Mapping[str, str]) -> Range | str:
    try:
        span = export_range(path["start"], path["end"])
    except UnreadableRangeError as unreadable:
        return rows.error(str(unreadable))
    too_long = span.days >= LONGEST_EXPORT_DAYS
    return rows.error("Date range must not be longer than 30 days") if too_long else span


def _wide(actual: Column, forecast: Column) -> list[str]:
    """One row per slot of the longer column; values as strings with one decimal."""
    longer, other = (actual, forecast) if len(actual.stamps) > len(forecast.stamps) else (forecast, actual)
    known = dict(zip(other.stamps.tolist(), other.values.tolist(), strict=True))
    own = _decimal_texts(longer.values.tolist())
    # October: a forecast may carry 01:00 twice; the one actual value goes to its first pass.
    matched = _decimal_texts([known.pop(stamp, np.nan) for stamp in longer.stamps.tolist()])
    done, due = (own, matched) if longer is actual else (matched, own)
    times = stamp_texts(longer.stamps, style="numeric")
    region = actual.series.row_region
    return [
        f'{{"Effective_Date":"{time}","MW_ACTUAL":{mw},"MW_FORECAST":{forecast_mw},"Region":"{region}"}}'
        for time, mw, forecast_mw in zip(times, done, due, strict=True)
    ]


def _decimal_texts(values: Sequence[float]) -> list[str]:
    return rows.number_texts(np.array(values, dtype=np.float64), 1, quoted=True)


def interconn(path: Mapping[str, str], moment: Moment) -> str:
    """`/api/Interconnector/{start}/{end}/{region}`; other regions than ALL answer as on DashboardService."""
    region = path["region"].upper()
    if region not in REGIONS:
        return rows.error("Invalid region")
    span = _export_span(path)
    if isinstance(span, str):
        return span
    columns = moment.columns("interconnection", region, span)
    if not any(np.isfinite(column.values).any() for column in columns):
        return rows.export([])
    return rows.export([row for c in columns for row in rows.rows_of(c, rows.INTERCONN_ROW, style="numeric")])
