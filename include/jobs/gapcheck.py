"""Find what is missing, settle what earlier repairs came to, and say what to ask upstream for again."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from include.domain.calendar import DAY, Interval, Month, day_span
from include.domain.gaps import REPAIRABLE, Evidence, Run, State, by_day, joined, judge
from include.domain.ledger import DayKey, Entry, Ledger
from include.domain.readings import Outcome, Partition
from include.domain.repairs import Hole, Missing, Plan, Verdict, given_up, open_days, outside, plan_repairs
from include.domain.series import Series
from include.jobs.plan import Selection
from include.jobs.scan import Scan
from include.sources.base import SourceEntry
from include.storage.object_store import ObjectStore
from include.storage.outcomes import Outcomes, Try, read_outcomes
from include.storage.verdicts import change_verdicts, read_verdicts

log = logging.getLogger(__name__)

ANSWERS: Final = frozenset({"EmptyAnswer", "StatusError", "Unsupported", "Permanent", "NotYetPublished"})
"""Errors by which upstream has said something of the day; after any other it has not been heard."""
_TOLD: Final = frozenset(State) - {State.OK, State.PENDING, State.DST_LOST}
LOST: Final = "lost"
"""Outcome of a DagRun that ended without a word on the day."""


class RunState(StrEnum):
    """What Airflow knows of a DagRun."""

    ABSENT = "absent"
    GOING = "going"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Judged:
    """One series, what is known of it, and the state of its slots."""

    series: Series
    evidence: Evidence
    window: Interval
    runs: list[Run]


@dataclass
class GapCheck:
    """One check of a source: some Irish days, areas and regions of it."""

    store: ObjectStore
    entry: SourceEntry
    first: date
    last: date
    """Last day, included."""
    now: datetime
    selection: Selection
    run_state: Callable[[str], RunState]
    """Of a DagRun of the source's ingest DAG, by its id."""
    max_attempts: int
    dry_run: bool = False
    """Whether nothing may be written."""
    verdicts: list[Verdict] = field(default_factory=list, init=False)
    """What has been given up of the source, as of the last look."""
    unreadable: dict[tuple[str, str], str] = field(default_factory=dict, init=False)
    """Areas and regions that could not be looked at, and why; everything else is."""
    _reopening: bool = field(default=False, init=False)

    @property
    def window(self) -> Interval:
        """The UTC span of the days."""
        return day_span(self.first, self.last)

    @property
    def narrowed_to(self) -> str:
        """The areas and regions of a check that is not of all: `wind+solar_ROI`."""
        chosen, every = self.selection, Selection.of(self.entry)
        areas = [] if chosen.areas == every.areas else [area.name for area in chosen.areas]
        regions = [] if chosen.regions == every.regions else list(chosen.regions)
        return "_".join("+".join(part) for part in (areas, regions) if part)

    def never_triggered(self, ledger: Ledger) -> set[DayKey]:
        """Days whose newest try was written down and has not been triggered; the next check does so."""
        return {
            key
            for key, entry in ledger.items()
            if not entry.outcome and self.run_state(entry.run_id) is RunState.ABSENT
        }

    def triggered(self, ledger: Ledger) -> dict[DayKey, Entry]:
        """The ledger without tries that were written down and have not been triggered."""
        found = {}
        never = self.never_triggered(ledger)
        for key, entry in ledger.items():
            if key not in never:
                found[key] = entry
            elif entry.tries > 1:
                found[key] = replace(entry, tries=entry.tries - 1)
        return found

    def reopen(self, ledger: Ledger) -> dict[DayKey, Entry]:
        """Forget the verdicts, and the tries, on everything this check covers. Returns the ledger without them."""
        self._reopening = True
        if not self.dry_run:
            change_verdicts(self.store, self.entry.source_id, self._reopened)
        return {key: one for key, one in ledger.items() if not (self._covers(key) and self._has_ended(one))}

    def _reopened(self, known: Iterable[Verdict]) -> list[Verdict]:
        kept: list[Verdict] = []
        for one in known:
            kept += [one] if not self._selects(one.area, one.region) else outside(one, self.first, self.last)
        return kept

    def judged(self, ledger: Ledger) -> list[Judged]:
        """Every series of the selection, and other months of those that the ledger has open there."""
        known = read_verdicts(self.store, self.entry.source_id)
        self.verdicts = self._reopened(known) if self._reopening else known
        found = self._judge(self._series(), self.window)
        for (area, region), span in self._elsewhere(ledger):
            wanted = [one for one in self._series() if (one.area, one.region) == (area, region)]
            found += self._judge(wanted, span)
        return found

    def settle(self, ledger: Ledger, judged: Iterable[Judged]) -> dict[DayKey, Entry]:
        """The ledger once the outcomes of its repairs are in, without what is whole again and what is given up."""
        missing = self._open(judged)
        recorded: dict[Partition, Outcomes] = {}
        settled: dict[DayKey, Entry] = {}
        final: list[Verdict] = []
        for key, entry in ledger.items():
            if not self._covers(key, any_day=True) or (key.area, key.region) in self.unreadable:
                settled[key] = entry
            elif key in missing:
                known = self._heard(key, entry, missing[key], recorded)
                if known.is_final(max_attempts=self.max_attempts):
                    final.append(_verdict(key, known, missing[key]))
                else:
                    settled[key] = known
        if final and self.dry_run:
            self.verdicts = _with(self.verdicts, final)
        elif final:
            self.verdicts = change_verdicts(self.store, self.entry.source_id, lambda known: _with(known, final))
            log.info("%s days given up after %s identical answers", len(final), self.max_attempts)
        return settled

    def plan(self, ledger: Ledger, *, stamp: str, limit: int, reopen: bool = False) -> Plan:
        """What to trigger now, and the ledger that has it written down."""
        judged, settled = self.settled(self.reopen(ledger) if reopen else ledger)
        unknown = {one.run_id for key, one in settled.items() if not one.outcome and self._covers(key, any_day=True)}
        # Elsewhere only what is being asked for already.
        wanted = [key for key in self._open(judged) if self._covers(key) or key in settled]
        plan = plan_repairs(
            wanted,
            settled,
            areas={area.name: area for area in self.entry.areas},
            source_id=self.entry.source_id,
            stamp=stamp,
            now=self.now,
            limit=limit,
            never_ran=frozenset(one for one in unknown if self.run_state(one) is RunState.ABSENT),
        )
        tell(self, judged, plan)
        return plan

    def settled(self, ledger: Ledger) -> tuple[list[Judged], dict[DayKey, Entry]]:
        """Look at the store; take in what earlier repairs came to. What is whole again, or given up, has no entry."""
        judged = self.judged(ledger)
        before = self.verdicts
        known = self.settle(ledger, judged)
        if self.verdicts is not before:
            judged = [replace(one, runs=self._runs(one.series, one.evidence, one.window)) for one in judged]
        return judged, known

    def repairing(self, ledger: Ledger, judged: Iterable[Judged]) -> list[Judged]:
        """The same, with what DagRuns are busy with marked so."""
        unknown = {entry.run_id for entry in ledger.values() if not entry.outcome}
        going = {one for one in unknown if self.run_state(one) is RunState.GOING}
        busy = {key for key, entry in ledger.items() if not entry.outcome and entry.run_id in going}
        return [replace(one, runs=_marked(one, busy)) for one in judged]

    def _judge(self, wanted: Sequence[Series], window: Interval) -> list[Judged]:
        remember = not self.dry_run
        scan = Scan(self.store, self.entry.source_id, self.entry.areas, window, self.now, remember=remember)
        evidence = scan.evidence(wanted)
        for (area, region), why in scan.unreadable.items():
            if (area, region) not in self.unreadable:
                log.error("%s · %s cannot be looked at: %s", area, region, why)
        self.unreadable |= scan.unreadable
        return [
            Judged(one, evidence[one.key], window, self._runs(one, evidence[one.key], window))
            for one in wanted
            if one.key in evidence
        ]

    def _runs(self, series: Series, evidence: Evidence, window: Interval) -> list[Run]:
        known = replace(evidence, given_up=given_up(self.verdicts, series))
        return judge(series, known, window=window, now=self.now)

    def _open(self, judged: Iterable[Judged]) -> dict[DayKey, Missing]:
        return open_days(((one.series, one.runs) for one in judged), now=self.now)

    def _series(self) -> list[Series]:
        return [one for area in self.selection.areas for one in area.series if one.region in self.selection.regions]

    def _elsewhere(self, ledger: Ledger) -> list[tuple[tuple[str, str], Interval]]:
        """Where the ledger has days open that the check does not cover: by area and region, a month at a time."""
        months = {
            (key.area, key.region, Month.of(key.day))
            for key in ledger
            if self._covers(key, any_day=True) and not self._covers(key)
        }
        return [
            ((area, region), day_span(first, last))
            for area, region, month in sorted(months)
            for first, last in (
                (month.first, min(month.last, self.first - DAY)),
                (max(month.first, self.last + DAY), month.last),
            )
            if first <= last
        ]

    def _covers(self, key: DayKey, *, any_day: bool = False) -> bool:
        return (any_day or self.first <= key.day <= self.last) and self._selects(key.area, key.region)

    def _selects(self, area: str, region: str) -> bool:
        return region in self.selection.regions and any(area == one.name for one in self.selection.areas)

    def _has_ended(self, entry: Entry) -> bool:
        return bool(entry.outcome) or self.run_state(entry.run_id) is not RunState.GOING

    def _heard(self, key: DayKey, entry: Entry, missing: Missing, recorded: dict[Partition, Outcomes]) -> Entry:
        """The entry with the outcome of its newest DagRun, once there is one."""
        if entry.outcome or self.run_state(entry.run_id) is RunState.ABSENT:
            return entry
        partition = Partition.holding(self.entry.source_id, self.entry.area(key.area), key.region, key.day)
        if partition not in recorded:
            recorded[partition] = read_outcomes(self.store, partition)
        since = [one for one in recorded[partition].days.get(key.day, []) if _at(one) >= entry.last_try]
        if since:
            said = _answer(since[-1])
            answer = None if said is None else f"{said}/{_signature(missing)}"
            return entry.found(since[-1].outcome, answer=answer, at=_at(since[-1]))
        if self.run_state(entry.run_id) is RunState.ENDED:
            return entry.found(LOST, answer=None, at=self.now)
        return entry


def _at(one: Try) -> datetime:
    return datetime.fromisoformat(one.at)


def _answer(one: Try) -> str | None:
    """What upstream said of the day; None when it was not heard."""
    if one.error is not None and one.error not in ANSWERS:
        return None
    said = [part for part in (one.error, (one.sha256 or "")[:12]) if part]
    return ":".join(said) or Outcome.NOT_PUBLISHED.value


def _verdict(key: DayKey, entry: Entry, missing: Missing) -> Verdict:
    return Verdict(
        area=key.area,
        region=key.region,
        first=key.day,
        last=key.day,
        missing=missing,
        tries=entry.tries,
        first_seen=entry.first_seen,
        last_try=entry.last_try,
        outcome=entry.outcome,
    )


def _with(known: Iterable[Verdict], new: Iterable[Verdict]) -> list[Verdict]:
    """The verdicts, a new one beside what was known of its day: what was given up before stays so."""
    kept = list(known)
    for one in new:
        on_it = [old for old in kept if _touches(old, one)]
        kept = [old for old in kept if not _touches(old, one)]
        kept += [part for old in on_it for part in outside(old, one.first, one.last)]
        kept.append(replace(one, missing=_merged([*(old.missing for old in on_it), one.missing])))
    return kept


def _touches(old: Verdict, one: Verdict) -> bool:
    return (old.area, old.region) == (one.area, one.region) and old.first <= one.last and old.last >= one.first


def _merged(parts: Iterable[Missing]) -> Missing:
    found: dict[str, set[Hole]] = {}
    for missing in parts:
        for name, holes in missing.items():
            found.setdefault(name, set()).update(holes)
    return {name: tuple(sorted(holes)) for name, holes in found.items()}


def _signature(missing: Missing) -> str:
    """Tells one set of holes from another: what is given up is what was missing each time that upstream answered."""
    return sha256(repr(sorted(missing.items())).encode()).hexdigest()[:8]


def _marked(judged: Judged, busy: set[DayKey]) -> list[Run]:
    """The runs, those that are being repaired apart."""
    series = judged.series

    def parts() -> Iterator[Run]:
        for run in judged.runs:
            if run.state not in REPAIRABLE:
                yield run
                continue
            for day, part in by_day([run], series):
                being_repaired = DayKey(series.area, series.region, day) in busy
                yield replace(part, state=State.REPAIRING) if being_repaired else part

    return joined(parts(), series)


def tell(check: GapCheck, judged: Iterable[Judged], plan: Plan) -> None:
    """Say in the log what is missing and what is done about it."""
    for one in judged:
        counts: dict[State, int] = {}
        for run in one.runs:
            counts[run.state] = counts.get(run.state, 0) + run.slots
        told = [f"{count} {state}" for state, count in counts.items() if state in _TOLD]
        if told:
            log.info("%s · %s · %s: %s", one.series.area, one.series.region, one.series.field, ", ".join(told))
    would = "would trigger" if check.dry_run else "triggering"
    log.info("%s to %s: %s %s DagRuns", check.first, check.last, would, len(plan.repairs))
    for repair in plan.repairs:
        asked = f"{', '.join(repair.areas)} · {', '.join(repair.regions)}"
        log.info("%s · %s to %s: %s days", asked, repair.first, repair.last, len(repair.days))
    if plan.full:
        log.warning("the ledger is full: older days that are not in it wait until others are mended or given up")
    if plan.waiting:
        log.info("%s more days wait for the next check: this one may trigger no more", plan.waiting)
