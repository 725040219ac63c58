"""`gaps.json`: what is missing and why, how complete each series is, and a matrix of days for a heat map."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from include.domain.calendar import Interval, days_of
from include.domain.gaps import Run, State, by_day, share, slots_in
from include.domain.ledger import DayKey, Entry, Ledger
from include.domain.readings import Feed
from include.domain.repairs import Verdict
from include.domain.series import History, Series
from include.jobs.gapcheck import GapCheck, Judged
from include.jobs.summary import as_json, utc
from include.storage.keys import SCHEMA_VERSION, report_key, summary_key
from include.storage.object_store import ObjectStore

REASONS: Final = {
    State.LATE: "Due, but upstream has not published it yet, or it has not been read since it was due.",
    State.NOT_FETCHED: "Never fetched; the next gap check triggers a repair.",
    State.MISSING_UPSTREAM: "Upstream was asked and has no value; the next gap check asks again.",
    State.WITHHELD: "Withheld by the publisher (low emissions); served as intensity × demand ÷ 1000, marked.",
    State.DST_LOST: "The hour that clocks go through twice: upstream's stamps can say it only once.",
    State.FROZEN: "The values did not move for longer than a measurement can; they are shown as upstream sent them.",
    State.REPAIRING: "A repair has been triggered and has not ended.",
}
UNREADABLE: Final = "a readings file of it cannot be read; the log of the gap check names it"
SHOWN: Final = frozenset(REASONS) | {State.PERMANENT}
"""What is listed as a gap; a slot that is not due yet is none."""


MEANINGS: Final = REASONS | {
    State.OK: "A value is stored.",
    State.PENDING: "Not due yet.",
    State.PERMANENT: "Asked for over days, always with the same answer: given up until somebody re-opens it.",
}
"""What each state means, in a sentence."""
ASKED_FOR: Final = frozenset({State.NOT_FETCHED, State.MISSING_UPSTREAM, State.REPAIRING})
"""States that a repair may be under way for."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a check found out about one source."""

    source_id: str
    attribution: str
    window: Interval
    judged: list[Judged]
    ledger: Ledger
    verdicts: list[Verdict]
    unreadable: Mapping[str, str]
    """Areas and regions that could not be looked at."""
    waiting: int
    """Days of an area and region that were to be asked for and have not been triggered."""

    @classmethod
    def of(cls, check: GapCheck, judged: Iterable[Judged], ledger: Ledger) -> "SourceReport":
        """What is told of the check's own days; what is being repaired right now is marked."""
        own = check.repairing(ledger, [one for one in judged if one.window == check.window])
        return cls(
            check.entry.source_id,
            check.entry.attribution,
            check.window,
            own,
            check.triggered(ledger),
            check.verdicts,
            {" · ".join(pair): UNREADABLE for pair in check.unreadable},
            len(check.never_triggered(ledger)),
        )

    def series(self) -> list[dict[str, Any]]:
        """How complete each series is."""
        return [self._named(one.series) | _completeness(one.series, one.runs) for one in self.judged]

    def gaps(self) -> list[dict[str, Any]]:
        """Every run of slots in one state that is not what it should be, newest last within a series."""
        return [self._gap(one.series, run) for one in self.judged for run in one.runs if run.state in SHOWN]

    def matrix(self, listed: list[date]) -> list[dict[str, Any]]:
        """The share of slots with a known value, by day; null where none was due."""
        rows = []
        for one in self.judged:
            if one.series.history is not History.FULL:
                continue
            counted: dict[date, list[Run]] = {}
            for day, run in by_day(one.runs, one.series):
                counted.setdefault(day, []).append(run)
            shares = [_completeness(one.series, counted.get(day, []))["completeness"] for day in listed]
            rows.append(self._named(one.series) | {"completeness": shares})
        return rows

    def _named(self, series: Series) -> dict[str, Any]:
        return {
            "source": self.source_id,
            "area": series.area,
            "region": series.region,
            "field": series.field,
            "name": series.name,
        }

    def _gap(self, series: Series, run: Run) -> dict[str, Any]:
        gap = {name: value for name, value in self._named(series).items() if name != "name"}
        last = run.span.end - series.check_step
        gap |= {"state": run.state.value, "first": utc(run.span.start), "last": utc(last), "count": run.slots}
        if run.state in {State.PERMANENT, *ASKED_FOR}:
            tried = self._entries(series, run)
            verdicts = self._verdicts(series, run) if run.state is State.PERMANENT else []
            gap["attempts"] = max([*(one.tries for one in tried), *(one.tries for one in verdicts)], default=0)
            if tried and run.state is not State.PERMANENT:
                gap["next_try"] = utc(min(one.next_try for one in tried))
            gap["reason"] = _reason(run, tried, verdicts)
        else:
            gap["reason"] = REASONS[run.state]
        return gap

    def _entries(self, series: Series, run: Run) -> list[Entry]:
        keys = [DayKey(series.area, series.region, day) for day in days_of(run.span)]
        return [self.ledger[key] for key in keys if key in self.ledger]

    def _verdicts(self, series: Series, run: Run) -> list[Verdict]:
        covered = days_of(run.span)
        first, last = covered[0], covered[-1]
        return [
            one
            for one in self.verdicts
            if (one.area, one.region) == (series.area, series.region) and one.first <= last and one.last >= first
        ]


@dataclass
class GapReport:
    """The document on all sources, to which one after the other is added."""

    store: ObjectStore
    feed: Feed
    now: datetime
    planned_later: int = 0
    """Days of an area and region that are due and that the check found no room for."""
    sources: list[SourceReport] = field(default_factory=list)

    @property
    def waiting(self) -> int:
        """Days of an area and region that the next check asks for."""
        return self.planned_later + sum(one.waiting for one in self.sources)

    def write(self, not_checked: Mapping[str, str]) -> dict[str, int]:
        """Write `gaps.json`; `not_checked` names sources of which nothing is known, and why. Returns gaps by state."""
        document = self.document(not_checked)
        self.store.overwrite(summary_key("gaps"), as_json(document))
        return dict(Counter(gap["state"] for gap in document["gaps"]))

    def write_apart(self, check: GapCheck) -> str:
        """Write a report of other days, areas or regions beside it; returns its address."""
        key = report_key(check.entry.source_id, check.first, check.last, of=check.narrowed_to)
        self.store.overwrite(key, as_json(self.document({})))
        return self.store.address(key)

    def document(self, not_checked: Mapping[str, str]) -> dict[str, Any]:
        """The JSON document."""
        window = self.sources[0].window if self.sources else None
        listed = days_of(window) if window else []
        series = [row for one in self.sources for row in one.series()]
        expected, known = (sum(row[name] for row in series) for name in ("expected", "known"))
        return {
            "schema_version": SCHEMA_VERSION,
            "feed": self.feed.value,
            "attribution": "; ".join(dict.fromkeys(one.attribution for one in self.sources)),
            "checked_at": utc(self.now),
            "window": {"start": utc(window.start), "end": utc(window.end)} if window else None,
            "completeness": share(known, expected),
            "expected": expected,
            "known": known,
            "waiting_days": self.waiting,
            "not_checked": dict(not_checked)
            | {name: why for one in self.sources for name, why in one.unreadable.items()},
            "states": {state.value: MEANINGS[state] for state in State},
            "series": series,
            "gaps": [gap for one in self.sources for gap in one.gaps()],
            "days": {
                "dates": [day.isoformat() for day in listed],
                "series": [row for one in self.sources for row in one.matrix(listed)],
            },
        }


def _completeness(series: Series, runs: Iterable[Run]) -> dict[str, Any]:
    """Slots that were due, those of them whose value is known (stored or derivable), and how many are in each state."""
    states: Counter[State] = Counter()
    due = 0
    for run in runs:
        states[run.state] += run.slots
        if run.state.is_expected:
            due += slots_in(series, run.span)
    lacking = sum(count for state, count in states.items() if state.is_expected and not state.is_known)
    states[State.OK] = due - sum(
        count for state, count in states.items() if state.is_expected and state is not State.OK
    )
    known = due - lacking
    counts = {state.value: states[state] for state in State if states[state]}
    if series.history is not History.FULL:
        due = known = 0
    return {"expected": due, "known": known, "completeness": share(known, due), "slots": counts}


def _reason(run: Run, tried: list[Entry], verdicts: list[Verdict]) -> str:
    if run.state is State.PERMANENT:
        tries = max([one.tries for one in verdicts], default=0)
        last = max([one.last_try for one in verdicts], default=None)
        outcome = verdicts[-1].outcome if verdicts else ""
        return f"Given up after {tries} tries, the last on {last:%Y-%m-%d} ({outcome}): upstream always said the same."
    if not tried or run.state is State.REPAIRING:
        return REASONS[run.state]
    latest = max(tried, key=lambda one: one.last_try)
    came_to = latest.outcome or "not known yet"
    sentence = REASONS[run.state].split(";")[0].rstrip(".")
    times = "once" if latest.tries == 1 else f"{latest.tries} times"
    return f"{sentence}; asked for {times}, last {utc(latest.last_try)} ({came_to})."
