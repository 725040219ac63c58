"""Which units a run fetches: pure, bounded and sorted."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Final

from include.domain.calendar import DAY, HOUR, days, irish_day, midnight
from include.domain.errors import ParamsInvalid
from include.domain.readings import Partition, Unit
from include.domain.series import Area, History
from include.sources.base import SourceEntry

EARLIEST: Final = date(1970, 1, 1)
"""No source has an older day."""
MAX_UNITS: Final = 1000
"""Airflow maps at most 1024 task instances (`core.max_map_length`)."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of a source's areas and regions are wanted."""

    areas: tuple[Area, ...]
    regions: tuple[str, ...]

    @classmethod
    def of(
        cls, entry: SourceEntry, *, areas: Sequence[str] | None = None, regions: Sequence[str] | None = None
    ) -> "Selection":
        """None or nothing means all, in the catalogue's order; ParamsInvalid names what does not exist."""
        known = _regions(entry)
        for region in regions or ():
            if region not in known:
                raise ParamsInvalid.of("regions", region, ", ".join(known))
        named = {entry.area(name).name for name in areas or ()}
        chosen = tuple(area for area in entry.areas if not named or area.name in named)
        selection = cls(chosen, tuple(region for region in known if not regions or region in regions))
        if not any(set(area.regions) & set(selection.regions) for area in chosen):
            served = "; ".join(f"{area.name}: {', '.join(area.regions)}" for area in chosen)
            raise ParamsInvalid.of("regions", list(selection.regions), served)
        return selection


def narrowed(
    entries: Iterable[SourceEntry],
    entry: SourceEntry,
    *,
    areas: Sequence[str] | None = None,
    regions: Sequence[str] | None = None,
) -> Selection | None:
    """What is wanted of one source when areas and regions of several are named; None: nothing of this one.

    ParamsInvalid names what no source has.
    """
    all_entries = tuple(entries)
    for name, wanted, known in (
        ("areas", areas or (), [area.name for one in all_entries for area in one.areas]),
        ("regions", regions or (), [region for one in all_entries for region in _regions(one)]),
    ):
        for one in wanted:
            if one not in known:
                raise ParamsInvalid.of(name, one, ", ".join(dict.fromkeys(known)))
    own_areas = [area for area in entry.areas if not areas or area.name in areas]
    own_regions = [region for region in _regions(entry) if not regions or region in regions]
    if not any(set(area.regions) & set(own_regions) for area in own_areas):
        return None
    return Selection.of(entry, areas=[area.name for area in own_areas], regions=own_regions)


def parse_days(start: str | None, end: str | None, *, now: datetime) -> tuple[date, date] | None:
    """The Irish days of the Params `start` and `end`, both included; None when neither is given."""
    if not start and not end:
        return None
    today = irish_day(now)
    first = _day("start", start) if start else None
    last = _day("end", end) if end else None
    first = first or last or today
    last = last or today
    for name, given, day in (("start", start, first), ("end", end, last)):
        if given and not EARLIEST <= day <= today:
            raise ParamsInvalid.of(name, day.isoformat(), f"a day from {EARLIEST} up to today, {today}")
    if last < first:
        raise ParamsInvalid.of("end", last.isoformat(), f"a day from start, {first}, on")
    return first, last


def plan_live(entry: SourceEntry, *, now: datetime, days_back: int, selection: Selection) -> list[Unit]:
    """The units of a live run: `days_back` days, today, and tomorrow where forecasts are published.

    An area that is published days late is looked at for as many days more.
    """
    today = irish_day(now)
    units: list[Unit] = []
    for area in selection.areas:
        late = max(one.lag for one in area.series) // DAY
        own = Selection((area,), selection.regions)
        units += _plan(entry, today - DAY * (days_back + late), today, now=now, selection=own)
    return units


def plan_days(entry: SourceEntry, first: date, last: date, *, now: datetime, selection: Selection) -> list[Unit]:
    """The units of a backfill or repair of these days; ParamsInvalid when one run cannot hold them."""
    last = min(last, irish_day(now))
    units = _plan(entry, first, last, now=now, selection=selection)
    if len(units) > MAX_UNITS:
        raise ParamsInvalid(
            f"start, end: {first} to {last} is {len(units)} units, allowed in one run: {MAX_UNITS}; run\n"
            + "\n".join(_commands(entry, first, last, selection=selection))
        )
    if not units and all(one.history is History.SNAPSHOT for area in selection.areas for one in area.series):
        named = ", ".join(area.name for area in selection.areas)
        raise ParamsInvalid.of("end", last.isoformat(), f"today: {named} is a snapshot, upstream gives no past of it")
    if not units:
        starts = min(series.first_day for area in selection.areas for series in area.series)
        raise ParamsInvalid.of(
            "start, end", f"{first} to {last}", f"days from {starts} on that {entry.title} serves for these areas"
        )
    return units


def describe_units(units: Sequence[Unit]) -> str:
    """`43 units of 9 areas, 2026-11-30 to 2026-12-02`."""
    if not units:
        return "no units"
    areas = {unit.partition.area for unit in units}
    first, last = min(unit.first for unit in units), max(unit.last for unit in units)
    return f"{len(units)} units of {len(areas)} areas, {first} to {last}"


def _plan(entry: SourceEntry, first: date, last: date, *, now: datetime, selection: Selection) -> list[Unit]:
    return [
        unit
        for area in selection.areas
        for region in area.regions
        if region in selection.regions
        for unit in _units(entry.source_id, area, region, _wanted(area, region, first, last, now=now))
    ]


def _wanted(area: Area, region: str, first: date, last: date, *, now: datetime) -> list[date]:
    """The days of an area that upstream can give."""
    today = irish_day(now)
    series = area.of_region(region)
    first = max(first, min(one.first_day for one in series))
    if all(one.history is History.SNAPSHOT for one in series):
        # A snapshot is of now: just after midnight its stamp may still be yesterday's.
        since = today - DAY if now - midnight(today) < HOUR else today
        return days(max(first, since), today) if last == today else []
    if last == today and any(one.future for one in series):
        last = today + DAY
    return days(first, last)


def _units(source_id: str, area: Area, region: str, wanted: Iterable[date]) -> list[Unit]:
    holding = partial(Partition.holding, source_id, area, region)
    grouped = ((key, list(inside)) for key, inside in groupby(wanted, key=holding))
    return [Unit(key, inside[0], inside[-1]) for key, inside in grouped]


def _commands(entry: SourceEntry, first: date, last: date, *, selection: Selection) -> list[str]:
    """One command per year, for the same areas and regions."""
    narrowed: dict[str, list[str]] = {}
    if selection.areas != entry.areas:
        narrowed["areas"] = [area.name for area in selection.areas]
    if selection.regions != _regions(entry):
        narrowed["regions"] = list(selection.regions)
    commands = []
    first = max(first, min(one.first_day for area in selection.areas for one in area.series))
    for year in range(first.year, last.year + 1):
        start, end = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
        asked = json.dumps({"start": start.isoformat(), "end": end.isoformat(), **narrowed})
        commands.append(f"airflow dags trigger ingest_{entry.source_id} --conf '{asked}'")
    return commands


def _regions(entry: SourceEntry) -> tuple[str, ...]:
    return tuple(dict.fromkeys(region for area in entry.areas for region in area.regions))


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ParamsInvalid.of(name, text, "an Irish calendar day, such as 2026-11-22") from None
