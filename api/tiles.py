"""The tiles of the dashboard: one number each, with its time, its state, the day before it and where it is from."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from api.health import state
from api.recent import Recent, Track
from api.trend import trend
from api.view import REGIONS, View, utc
from include.domain.calendar import irish_day, second_pass
from include.domain.catalogue import ALL, CYCLE, ROI, series
from include.domain.series import Limit, Role, Series

DAY: Final = timedelta(days=1)
QUARTER: Final = timedelta(minutes=15)
NET: Final = {ALL: "INTER_NET", ROI: "INTER_NET_ROI", "NI": "INTER_NET_NI"}
SHARE_NOTE: Final = (
    "Wind and solar of the slot ÷ demand of the same slot. Part of them may be exported; rooftop solar is in neither"
    " number."
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number is from."""

    series: str
    slot: datetime
    fetched_at: datetime | None
    api: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number and all that is to be known of it."""

    key: str
    title: str
    number: str = ""
    unit: str = ""
    sign: str = ""
    """In words: importing or exporting."""
    of: str = ""
    """The region, where it is not the chosen one."""
    slot: datetime | None = None
    stale_after: datetime | None = None
    down_after: datetime | None = None
    derived: str = ""
    """How it was worked out here; empty when upstream sent it."""
    lines: Sequence[str] = ()
    trend: Sequence[str] = ()
    trend_says: str = ""
    missing: str = ""
    """Why slots of the last day have no value."""
    sources: Sequence[Source] = ()

    def state(self, now: datetime) -> str:
        """`ok`, `late`, `down`, or `none` when there is no value at all."""
        if self.slot is None or self.stale_after is None or self.down_after is None:
            return "none"
        return state(now, stale_after=self.stale_after, down_after=self.down_after)


@dataclass(frozen=True)
class Tiles:
    """The tiles of a view over the summary of the last days."""

    recent: Recent
    view: View
    now: datetime
    month: Sequence[float] = ()
    """CO2 intensity of the last thirty days, in order of size."""

    def all(self) -> list[Tile]:
        """Every tile, in the order in which they are read."""
        return [
            self._power("demand", "Demand", "SYSTEM_DEMAND", ahead=self._peak("demand", "SYSTEM_DEMAND")),
            self._power("wind", "Wind", "WIND_ACTUAL", ahead=self._span("wind", "WIND_ACTUAL")),
            self._power("solar", "Solar", "SOLAR_ACTUAL", ahead=self._peak("solar", "SOLAR_ACTUAL")),
            self._share(),
            self._net_import(),
            self._intensity(),
            self._value("emissions", "CO2 emissions", "co2", self.view.region, "CO2_EMISSIONS"),
            self._limited("snsp", "SNSP", "snsp", ALL, "SNSP_ALL", is_="non-synchronous: wind, solar, import"),
            self._limited("frequency", "Frequency", "frequency", ROI, "SYS_FREQUENCY"),
        ]

    def _value(
        self,
        key: str,
        title: str,
        area: str,
        region: str,
        field: str,
        *,
        lines: Sequence[str] = (),
        signed: bool = False,
        role: Role = Role.VALUE,
    ) -> Tile:
        reading = self.recent.reading(area, region, field)
        track = self.recent.track(area, region, field, role=role)
        elsewhere = "" if region == self.view.region else self._elsewhere(area, region)
        if reading is None:
            return Tile(key=key, title=title, of=elsewhere, lines=["no value in the last 30 days"])
        slot = datetime.fromisoformat(reading["timestamp"])
        unit = reading["unit"]
        drawn = self._trend(track, slot) if track else []
        known = [value for _, value in drawn if value is not None]
        return Tile(
            key=key,
            title=title,
            number=self.view.number(reading["value"], unit, signed=signed),
            unit=self.view.shown_unit(unit),
            of=elsewhere,
            slot=slot,
            stale_after=datetime.fromisoformat(reading["stale_after"]),
            down_after=slot + self.recent.alert_after(area),
            derived=reading.get("note", ""),
            lines=lines,
            trend=trend([value for _, value in drawn]),
            trend_says=self._says(known, unit) if known else "",
            missing=self._missing(area, region, field, drawn),
            sources=[self._source(reading)],
        )

    def _power(self, key: str, title: str, field: str, *, ahead: str) -> Tile:
        lines = [line for line in (self._forecast_of(key, field), ahead) if line]
        return self._value(key, title, key, self.view.region, field, lines=lines, role=Role.ACTUAL)

    def _forecast_of(self, area: str, field: str) -> str:
        """What was forecast for the slot that is shown."""
        shown = self.recent.reading(area, self.view.region, field)
        forecast = next(
            (one for one in self.recent.readings(area, self.view.region) if one["role"] == Role.FORECAST.value), None
        )
        if shown is None or forecast is None or forecast["timestamp"] != shown["timestamp"]:
            return ""
        return f"forecast {self._text(forecast['value'], forecast['unit'])}"

    def _ahead(self, area: str, field: str) -> list[tuple[datetime, float]]:
        """What is forecast for the next 24 hours."""
        track = self.recent.track(area, self.view.region, field, role=Role.FORECAST)
        if track is None:
            return []
        ahead = track.slots(self.now, self.now + DAY)
        return [(slot, value) for slot, value in ahead if value is not None]

    def _peak(self, area: str, field: str) -> str:
        ahead = self._ahead(area, field)
        if not ahead:
            return ""
        slot, value = max(ahead, key=lambda pair: pair[1])
        return f"next 24 h: peak {self._text(value, 'MW')}, {self.view.time(slot, now=self.now)}"

    def _span(self, area: str, field: str) -> str:
        ahead = [value for _, value in self._ahead(area, field)]
        if not ahead:
            return ""
        return f"next 24 h: {self.view.number(min(ahead), 'MW')} to {self._text(max(ahead), 'MW')}"

    def _net_import(self) -> Tile:
        region = self.view.region
        lines = []
        reading = self.recent.reading("interconnection", region, NET[region])
        slot = datetime.fromisoformat(reading["timestamp"]) if reading else None
        if slot and (flow := self.north_south(slot)) is not None:
            other = REGIONS["NI" if region == ROI else ROI]
            way = "from" if flow >= 0 else "to"
            lines.append(f"North-South, derived: {self._text(abs(flow), 'MW')} {way} {other}")
        tile = self._value("import", "Net import", "interconnection", region, NET[region], lines=lines, signed=True)
        if not tile.number:
            return tile
        assert reading is not None
        sign = "importing" if reading["value"] > 0 else "exporting" if reading["value"] < 0 else "balanced"
        return replace(tile, sign=sign)

    def _intensity(self) -> Tile:
        """CO2 intensity, and how it stands beside the last thirty days."""
        reading = self.recent.reading("co2", self.view.region, "CO2_INTENSITY")
        lines = [_beside(reading["value"], self.month)] if reading and self.month else []
        return self._value("intensity", "CO2 intensity", "co2", self.view.region, "CO2_INTENSITY", lines=lines)

    def _limited(self, key: str, title: str, area: str, region: str, field: str, *, is_: str = "") -> Tile:
        limit = series(area, region, field).limit
        unit = series(area, region, field).unit
        lines = [is_, _limit_says(limit, unit) if limit else ""]
        return self._value(key, title, area, region, field, lines=[line for line in lines if line])

    def _share(self) -> Tile:
        """Wind and solar as a part of demand, at the newest slot that all three have."""
        slots = [pair for pair in self.common_slots if pair[1]["demand"] > 0]
        title = "Wind+solar share"
        if not slots:
            return Tile(key="share", title=title, lines=["no slot of the last days has wind, solar and demand"])
        slot = slots[-1][0]
        by_slot = {one: (found["wind"] + found["solar"]) / found["demand"] * 100 for one, found in slots}
        since = slot - DAY + QUARTER
        drawn = [by_slot.get(since + n * QUARTER) for n in range(96)]
        known = [value for value in drawn if value is not None]
        read = [self.recent.readings(area, self.view.region) for area in ("wind", "solar", "demand")]
        shown = [one for readings in read for one in readings if one["role"] == Role.ACTUAL.value]
        return Tile(
            key="share",
            title=title,
            number=self.view.number(by_slot[slot], "%"),
            unit="%",
            slot=slot,
            stale_after=min(_of(one).stale_after(slot, cycle=CYCLE) for one in shown),
            down_after=slot + min(self.recent.alert_after(area) for area in ("wind", "solar", "demand")),
            missing=_lacking(drawn, since),
            derived=SHARE_NOTE,
            lines=["÷ demand; part may be exported; no rooftop solar"],
            trend=trend(drawn),
            trend_says=self._says(known, "%"),
            sources=[self._source(one, slot) for one in shown],
        )

    @cached_property
    def common_slots(self) -> list[tuple[datetime, dict[str, float]]]:
        """Slots of the last days, up to now, that have demand, wind and solar, and these; the oldest first."""
        fields = {"demand": "SYSTEM_DEMAND", "wind": "WIND_ACTUAL", "solar": "SOLAR_ACTUAL"}
        tracks = {
            area: self.recent.track(area, self.view.region, field, role=Role.ACTUAL) for area, field in fields.items()
        }
        return _together(tracks, until=self.now)

    def north_south(self, slot: datetime) -> float | None:
        """MW into the region over the North-South tie: demand - generation - net import from Great Britain.

        Losses and what is metered differently are in it too; None when one of the three has no value in the slot.
        """
        region = self.view.region
        if region == ALL:
            return None
        tracks = {
            "demand": self.recent.track("demand", region, "SYSTEM_DEMAND", role=Role.ACTUAL),
            "generation": self.recent.track("system_generation", region, "GEN_EXP"),
            "net": self.recent.track("interconnection", region, NET[region]),
        }
        values = {name: track.at(slot) if track else None for name, track in tracks.items()}
        demand, generation, net = (values[name] for name in ("demand", "generation", "net"))
        return None if demand is None or generation is None or net is None else demand - generation - net

    def _trend(self, track: Track, slot: datetime) -> list[tuple[datetime, float | None]]:
        """The 24 hours up to the slot that is shown."""
        last = track.start + (slot - track.start) // track.step * track.step
        return list(track.slots(last - DAY + track.step, last + track.step))

    def _says(self, known: Sequence[float], unit: str) -> str:
        return f"Last 24 hours: {self.view.number(min(known), unit)} to {self._text(max(known), unit)}"

    def _missing(self, area: str, region: str, field: str, drawn: Sequence[tuple[datetime, float | None]]) -> str:
        """How many slots of the last day have no value, and why."""
        empty = [slot for slot, value in drawn if value is None and not _is_second_pass(slot)]
        if not empty:
            return ""
        reasons = [
            gap["reason"]
            for gap in self.recent.gaps(area, region, field)
            if datetime.fromisoformat(gap["last"]) >= empty[0] and datetime.fromisoformat(gap["first"]) <= empty[-1]
        ]
        why = reasons[-1] if reasons else "The gap check has not looked at it yet."
        return f"{len(empty)} of {len(drawn)} slots of the last 24 hours have no value. {why}"

    def _source(self, reading: Mapping[str, Any], of: datetime | None = None) -> Source:
        """Where a reading is from; of an older slot than the newest, when it was fetched is not known here."""
        newest = datetime.fromisoformat(reading["timestamp"])
        slot = of or newest
        cadence = _of(reading).cadence
        end = slot + cadence
        query = f"region={reading['region']}&fields={reading['field']}&start={utc(slot)}&end={utc(end)}"
        more = "&resolution=native" if cadence < timedelta(minutes=1) else ""
        return Source(
            series=f"{reading['area']} · {reading['region']} · {reading['field']}",
            slot=slot,
            fetched_at=datetime.fromisoformat(reading["fetched_at"]) if slot == newest else None,
            api=f"api/{reading['area']}?{query}{more}",
        )

    def _text(self, value: float, unit: str) -> str:
        return f"{self.view.number(value, unit)} {self.view.shown_unit(unit)}"

    @staticmethod
    def _elsewhere(area: str, region: str) -> str:
        return "whole island" if area == "frequency" else REGIONS[region]


def _together(tracks: Mapping[str, Track | None], *, until: datetime) -> "list[tuple[datetime, dict[str, float]]]":
    found: list[tuple[datetime, dict[str, float]]] = []
    present = {name: track for name, track in tracks.items() if track is not None}
    if len(present) < len(tracks):
        return found
    first = next(iter(present.values()))
    for slot, _ in first.slots(first.start, until + timedelta(seconds=1)):
        values = {name: value for name, track in present.items() if (value := track.at(slot)) is not None}
        if len(values) == len(tracks):
            found.append((slot, values))
    return found


def _limit_says(limit: Limit, unit: str) -> str:
    since = f"since {limit.since:%b %Y}"
    if limit.low is None:
        return f"limit {limit.high:g} {unit} {since}"
    return f"normal {limit.low:g}–{limit.high:g} {unit} {since}"


def _beside(value: float, month: Sequence[float]) -> str:
    """Where a value stands among those of a month, in a sentence that says which side is the cleaner."""
    days = round(len(month) * (QUARTER / DAY))
    time = f"the last {days} days" if days > 1 else "the last day"
    below = bisect_left(month, value)
    above = len(month) - bisect_right(month, value)
    if above >= below:
        return f"cleaner than {above / len(month) * 100:.0f} % of {time}"
    return f"dirtier than {below / len(month) * 100:.0f} % of {time}"


def _of(reading: Mapping[str, Any]) -> Series:
    return series(reading["area"], reading["region"], reading["field"])


def _lacking(drawn: Sequence[float | None], since: datetime) -> str:
    """How many slots of the last day lack one of the three numbers."""
    slots = [since + n * QUARTER for n in range(len(drawn))]
    lacking = [slot for slot, value in zip(slots, drawn, strict=True) if value is None and not _is_second_pass(slot)]
    if not lacking:
        return ""
    return f"{len(lacking)} of {len(drawn)} slots of the last 24 hours lack wind, solar or demand; see their tiles."


def _is_second_pass(slot: datetime) -> bool:
    again = second_pass(irish_day(slot))
    return again is not None and slot in again
