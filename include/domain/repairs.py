"""Which days of which partitions to ask upstream for again, and which to leave be. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Final, NamedTuple

from include.domain.calendar import DAY, Interval, days, irish_day, midnight
from include.domain.gaps import REPAIRABLE, Run, State, by_day, slots_in
from include.domain.ledger import DayKey, Entry, Ledger, fits
from include.domain.readings import Partition
from include.domain.series import NULL_GRACE, Area, History, Series

RECENT_DAYS: Final = 31
"""Days, today included, that the ledger always has room for: what people look at and what alerts are about."""
UNITS_AT_ONCE: Final = 250
"""Most partitions of one DagRun; ingest plans up to 1,000, and a run of 250 ends in minutes."""


class Hole(NamedTuple):
    """Check steps in a row of one day that are in one state, counted from the day's start, both ends included."""

    state: State
    first: int
    last: int
    slots: int
    """How many slots are concerned; of an hour of a 5-second series that may be a few only."""


Missing = Mapping[str, tuple[Hole, ...]]
"""What is missing of a day of an area and region, by field."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Irish days of which upstream has said often enough that it has no more; holds for these holes and no others."""

    area: str
    region: str
    first: date
    last: date
    """Last day, included."""
    missing: Missing
    """The same on each of the days."""
    tries: int
    first_seen: datetime
    last_try: datetime
    outcome: str
    """What the last try came to."""

    def joins(self, later: "Verdict") -> bool:
        """Whether the later verdict says the same of the days that follow."""
        same = (self.area, self.region, self.missing, self.outcome) == (
            later.area,
            later.region,
            later.missing,
            later.outcome,
        )
        return same and self.last + DAY == later.first


@dataclass(frozen=True, slots=True)
class Repair:
    """One DagRun: Irish days in a row of some areas and regions."""

    source: str
    first: date
    last: date
    """Last day, included."""
    run_id: str
    days: tuple[DayKey, ...] = field(compare=False)
    """What it is for: days of an area and region that lack something."""

    @property
    def areas(self) -> list[str]:
        """Names of the areas, ascending."""
        return sorted({key.area for key in self.days})

    @property
    def regions(self) -> list[str]:
        """The regions, ascending."""
        return sorted({key.region for key in self.days})


def open_days(judged: Iterable[tuple[Series, Sequence[Run]]], *, now: datetime) -> dict[DayKey, Missing]:
    """What asking upstream again may mend: by day, once six hours have passed since it was due."""
    found: dict[DayKey, dict[str, tuple[Hole, ...]]] = {}
    for series, runs in judged:
        if series.history is not History.FULL:
            continue
        step = series.check_step
        overdue = now - NULL_GRACE - series.lag - step
        for day, run in by_day((one for one in runs if one.state in REPAIRABLE), series):
            end = min(run.span.end, overdue + step)
            if end - run.span.start < step:
                continue
            start = midnight(day)
            slots = run.slots if end == run.span.end else slots_in(series, Interval(run.span.start, end))
            hole = Hole(run.state, (run.span.start - start) // step, (end - start) // step - 1, slots)
            fields = found.setdefault(DayKey(series.area, series.region, day), {})
            fields[series.field] = (*fields.get(series.field, ()), hole)
    return dict(found)


def given_up(verdicts: Iterable[Verdict], series: Series) -> dict[State, list[Run]]:
    """Where the verdicts say that a state of this series is final, and of how many slots, ascending."""
    found: dict[State, list[Run]] = {}
    step = series.check_step
    for one in verdicts:
        if (one.area, one.region) != (series.area, series.region):
            continue
        for day in days(one.first, one.last):
            start = midnight(day)
            for hole in one.missing.get(series.field, ()):
                span = Interval(start + hole.first * step, start + (hole.last + 1) * step)
                found.setdefault(hole.state, []).append(Run(hole.state, span, hole.slots))
    return {state: sorted(runs, key=lambda run: run.span) for state, runs in found.items()}


def united(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The same verdicts, those of days in a row that say the same as one, ascending."""
    found: list[Verdict] = []
    for one in sorted(verdicts, key=lambda verdict: (verdict.area, verdict.region, verdict.first)):
        if found and found[-1].joins(one):
            before = found.pop()
            found.append(
                replace(
                    before,
                    last=one.last,
                    tries=max(before.tries, one.tries),
                    first_seen=min(before.first_seen, one.first_seen),
                    last_try=max(before.last_try, one.last_try),
                )
            )
        else:
            found.append(one)
    return found


def outside(verdict: Verdict, first: date, last: date) -> list[Verdict]:
    """What is left of a verdict outside of these days."""
    parts = []
    if verdict.first < first:
        parts.append(replace(verdict, last=min(verdict.last, first - DAY)))
    if verdict.last > last:
        parts.append(replace(verdict, first=max(verdict.first, last + DAY)))
    return parts


@dataclass(frozen=True, slots=True)
class Plan:
    """What a gap check asks for, newest first, and the ledger that says so."""

    repairs: list[Repair]
    ledger: Ledger
    waiting: int
    """Days that are due but did not fit into this run."""
    full: bool = False
    """Whether the ledger had no room for more."""


def plan_repairs(
    wanted: Iterable[DayKey],
    ledger: Ledger,
    *,
    areas: Mapping[str, Area],
    source_id: str,
    stamp: str,
    now: datetime,
    limit: int,
    never_ran: frozenset[str] = frozenset(),
) -> Plan:
    """The DagRuns that ask for the days that are due, at most `limit` of them; days that cool down are left out.

    `never_ran` are run ids that the ledger holds and Airflow does not: the check was killed before it triggered them,
    so they are triggered now, as they are. `stamp` is the check's own, and makes new run ids.
    """
    open_now = set(wanted)
    again = {key for key in open_now if key in ledger and ledger[key].run_id in never_ran and not ledger[key].outcome}
    due = {key for key in open_now - again if key not in ledger or ledger[key].is_due(now)}
    by_run = groupby(sorted(again, key=lambda key: (ledger[key].run_id, key)), key=lambda key: ledger[key].run_id)
    repairs = [_repair(list(keys), source_id, run_id=run_id) for run_id, keys in by_run]
    for number, keys in enumerate(_requests(due, areas, source_id), start=1):
        first, last = min(key.day for key in keys), max(key.day for key in keys)
        repairs.append(_repair(keys, source_id, run_id=f"gapcheck__{stamp}__{number:03d}__{first}__{last}"))
    repairs.sort(key=lambda repair: (repair.last, repair.first), reverse=True)

    newest = irish_day(now) - DAY * (RECENT_DAYS - 1)
    planned = dict(ledger)
    chosen: list[Repair] = []
    waiting = 0
    full = False
    for repair in repairs:
        with_it = {**planned, **_asked(repair, planned, again, now)}
        # Days of the last month always find room: a check of old years must not hold them up.
        has_room = repair.last >= newest or (not full and (len(with_it) == len(planned) or fits(with_it, source_id)))
        full = full or not has_room
        if has_room and len(chosen) < limit:
            planned = with_it
            chosen.append(repair)
        else:
            waiting += len(repair.days)
    return Plan(chosen, planned, waiting, full)


def _asked(repair: Repair, ledger: Ledger, again: set[DayKey], now: datetime) -> dict[DayKey, Entry]:
    """The entries of a repair's days once it is triggered."""
    return {
        key: ledger[key] if key in again else Entry.asked(ledger.get(key), run_id=repair.run_id, now=now)
        for key in repair.days
    }


def _repair(keys: Iterable[DayKey], source_id: str, *, run_id: str) -> Repair:
    days_of_it = tuple(sorted(keys))
    first, last = min(key.day for key in days_of_it), max(key.day for key in days_of_it)
    return Repair(source_id, first, last, run_id, days_of_it)


class _Stretch(NamedTuple):
    """Days in a row, within one Irish month."""

    first: date
    last: date


def _requests(due: Iterable[DayKey], areas: Mapping[str, Area], source_id: str) -> list[list[DayKey]]:
    """The days as few requests, none of which asks for a day of an area and region that is not due."""
    lacking: dict[_Stretch, dict[str, set[str]]] = {}
    for (area, region), keys in groupby(sorted(due), key=lambda key: (key.area, key.region)):
        for stretch in _stretches([key.day for key in keys]):
            lacking.setdefault(stretch, {}).setdefault(area, set()).add(region)
    requests = []
    for stretch, regions_of in lacking.items():
        for together in _agreeing(regions_of, areas):
            requests += _of_a_size(stretch, {area: regions_of[area] for area in together}, areas, source_id)
    return requests


def _stretches(ascending: Sequence[date]) -> list[_Stretch]:
    """Days in a row as one, but for the start of a month: most files hold a month."""
    found: list[_Stretch] = []
    for day in ascending:
        if found and found[-1].last + DAY == day and day.day != 1:
            found[-1] = _Stretch(found[-1].first, day)
        else:
            found.append(_Stretch(day, day))
    return found


def _agreeing(regions_of: Mapping[str, set[str]], areas: Mapping[str, Area]) -> list[list[str]]:
    """Areas that one request can name together.

    A request is for each of its regions of each of its areas. An area joins one if, of the request's regions, it has
    just those that it lacks.
    """
    groups: list[tuple[set[str], list[str]]] = []
    for area in sorted(regions_of, key=lambda name: (-len(regions_of[name]), list(areas).index(name))):
        lacked = regions_of[area]
        for regions, names in groups:
            if set(areas[area].regions) & regions == lacked:
                names.append(area)
                break
        else:
            groups.append((set(lacked), [area]))
    return [names for _, names in groups]


def _of_a_size(
    stretch: _Stretch, regions_of: Mapping[str, set[str]], areas: Mapping[str, Area], source_id: str
) -> list[list[DayKey]]:
    """The days of these areas and regions as one request, or as several where that would map too many units."""
    keys = [
        DayKey(area, region, day)
        for area, regions in regions_of.items()
        for region in regions
        for day in days(stretch.first, stretch.last)
    ]
    units = {Partition.holding(source_id, areas[key.area], key.region, key.day) for key in keys}
    if len(units) <= UNITS_AT_ONCE:
        return [keys]
    if stretch.first < stretch.last:
        middle = stretch.first + (stretch.last - stretch.first) // 2
        older, newer = _Stretch(stretch.first, middle), _Stretch(middle + DAY, stretch.last)
        halves = [(newer, regions_of), (older, regions_of)]
    elif len(regions_of) > 1:
        names = list(regions_of)
        parts = names[: len(names) // 2], names[len(names) // 2 :]
        halves = [(stretch, {name: regions_of[name] for name in part}) for part in parts]
    else:
        # A day of one area is as little as can be asked for.
        return [keys]
    return [request for half, regions in halves for request in _of_a_size(half, regions, areas, source_id)]
