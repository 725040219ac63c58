"""Which days of which partitions to ask upstream for again, and which to leave be. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby, pairwise
from typing import NamedTuple

from include.domain.calendar import DAY, Interval, days, midnight
from include.domain.gaps import REPAIRABLE, Run, State, by_day, slots_in
from include.domain.ledger import DayKey, Entry, Ledger, fits
from include.domain.readings import Partition
from include.domain.series import NULL_GRACE, Area, History, Series


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
    """One DagRun: days in a row of one partition."""

    partition: Partition
    first: date
    last: date
    """Last day, included."""
    run_id: str
    days: tuple[date, ...] = field(compare=False)
    """Those of them that lack something."""


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
    """One DagRun per run of days of a partition, at most `limit` of them; days that cool down are left out.

    `never_ran` are run ids that the ledger holds and Airflow does not: the check was killed before it triggered them,
    so they are triggered now, as they are. `stamp` is the check's own, and makes new run ids.
    """
    open_now = set(wanted)
    again = {key for key in open_now if key in ledger and ledger[key].run_id in never_ran and not ledger[key].outcome}
    due = {key for key in open_now - again if key not in ledger or ledger[key].is_due(now)}
    by_run = groupby(sorted(again, key=lambda key: (ledger[key].run_id, key)), key=lambda key: ledger[key].run_id)
    repairs = [_repair(list(keys), areas, source_id, run_id=run_id) for run_id, keys in by_run]
    repairs += [_repair(keys, areas, source_id, stamp=stamp) for keys in _in_a_row(due, areas, source_id)]
    order = list(areas)
    repairs.sort(key=lambda one: (-one.last.toordinal(), order.index(one.partition.area), one.partition.region))
    planned = dict(ledger)
    chosen: list[Repair] = []
    full = False
    for repair in repairs:
        if len(chosen) == limit:
            break
        fitting = _fitting(repair, planned, again=again, now=now)
        full = full or len(fitting) < len(repair.days)
        if not fitting:
            continue
        if len(fitting) < len(repair.days):
            repair = _repair(fitting, areas, source_id, stamp=stamp)  # noqa: PLW2901  the part of it that fits
        planned |= _asked(_keys(repair), repair, planned, again, now)
        chosen.append(repair)
    left = {key for one in repairs for key in _keys(one)} - {key for one in chosen for key in _keys(one)}
    return Plan(chosen, planned, len(left), full)


def _fitting(repair: Repair, ledger: Ledger, *, again: set[DayKey], now: datetime) -> list[DayKey]:
    """The newest days of a repair for which the ledger has room; what is in it already takes no more."""
    keys = _keys(repair)
    while keys and not (
        all(key in ledger for key in keys) or fits({**ledger, **_asked(keys, repair, ledger, again, now)})
    ):
        keys = keys[1:]
    return keys


def _asked(
    keys: Iterable[DayKey], repair: Repair, ledger: Ledger, again: set[DayKey], now: datetime
) -> dict[DayKey, Entry]:
    return {
        key: ledger[key] if key in again else Entry.asked(ledger.get(key), run_id=repair.run_id, now=now)
        for key in keys
    }


def _keys(repair: Repair) -> list[DayKey]:
    return [DayKey(repair.partition.area, repair.partition.region, day) for day in repair.days]


def _in_a_row(keys: Iterable[DayKey], areas: Mapping[str, Area], source_id: str) -> list[list[DayKey]]:
    """The days in runs that one partition holds."""
    ordered = sorted(keys)
    if not ordered:
        return []
    found = [[ordered[0]]]
    for before, key in pairwise(ordered):
        partitions = {_partition(one, areas, source_id) for one in (before, key)}
        if len(partitions) == 1 and before.day + DAY == key.day:
            found[-1].append(key)
        else:
            found.append([key])
    return found


def _repair(
    keys: Sequence[DayKey], areas: Mapping[str, Area], source_id: str, *, run_id: str = "", stamp: str = ""
) -> Repair:
    partition = _partition(keys[0], areas, source_id)
    wanted = tuple(key.day for key in keys)
    first, last = min(wanted), max(wanted)
    made = f"gapcheck__{stamp}__{partition.area}__{partition.region}__{first}__{last}"
    return Repair(partition, first, last, run_id or made, wanted)


def _partition(key: DayKey, areas: Mapping[str, Area], source_id: str) -> Partition:
    return Partition.holding(source_id, areas[key.area], key.region, key.day)
