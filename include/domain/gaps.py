"""Expected slots − stored values = gaps: the state of every expected slot of a series, and the runs of one state.

Pure. What a store holds comes in as stretches, from which whatever reads the store has left out nothing but detail.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from include.domain.calendar import DAY, Interval, days_of, floor_slot, irish_day, midnight, second_passes
from include.domain.catalogue import CYCLE, FROZEN_SLOTS, FROZEN_TOGETHER
from include.domain.series import NULL_GRACE, History, Series


class State(StrEnum):
    """What is known of an expected slot."""

    OK = "ok"
    PENDING = "pending"
    """Not due yet: the slot goes on, or its publication lag has not passed."""
    LATE = "late"
    """Due, and no value yet; a null here was read before it could be upstream's last word."""
    NOT_FETCHED = "not_fetched"
    """No row, more than six hours after it was due."""
    MISSING_UPSTREAM = "missing_upstream"
    """A settled null: upstream has no value."""
    WITHHELD = "withheld"
    """A null for a low value that the publisher leaves out; it can be derived."""
    DST_LOST = "dst_lost"
    """The second pass of October's doubled hour, which upstream's stamps cannot say."""
    FROZEN = "frozen"
    """A value, but one that has not moved for longer than a measurement can."""
    PERMANENT = "permanent"
    """Asked for again and again, with the same answer: given up."""
    REPAIRING = "repairing"
    """A repair has been triggered and has not ended."""

    @property
    def is_known(self) -> bool:
        """Whether the slot has a number: its own, or one that can be derived."""
        return self in {State.OK, State.FROZEN, State.WITHHELD}

    @property
    def is_expected(self) -> bool:
        """Whether a value could be there by now."""
        return self not in {State.PENDING, State.DST_LOST}


REPAIRABLE: Final = frozenset({State.NOT_FETCHED, State.MISSING_UPSTREAM, State.LATE})
"""What asking upstream again may mend, once it is due for good."""


class Held(StrEnum):
    """What a store holds of a slot; of a slot without a row it holds nothing."""

    VALUE = "value"
    NULL = "null"
    """Settled: read late enough to be upstream's last word."""
    UNSETTLED = "unsettled"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Slots in a row of which a store holds the same."""

    span: Interval
    """From the first slot to the end of the last."""
    held: Held | None
    """None: no row; for some of the slots of an hour of a 5-second series, or for a fuel that a snapshot leaves out."""
    slots: int | None = None
    """How many of an hour's slots are concerned; None: all."""


@dataclass(frozen=True, slots=True)
class Run:
    """Slots in a row in one state."""

    state: State
    span: Interval
    """From the first slot to the end of the last."""
    slots: int
    """How many slots are concerned; in an hour of a 5-second series that may be fewer than it has."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one series from elsewhere than the calendar."""

    stretches: Sequence[Stretch] = ()
    """Ascending, none overlapping another; where there is none, there is no row."""
    frozen: Sequence[Interval] = ()
    """Where the value is no measurement, ascending."""
    given_up: Mapping[State, Sequence[Run]] = field(default_factory=dict)
    """Where a state was found to be final, and of how many slots, ascending."""


def judge(series: Series, evidence: Evidence, *, window: Interval, now: datetime) -> list[Run]:
    """The state of every expected slot in the window and up to `now`, as runs, ascending.

    None is expected of a series that upstream has no past of; a snapshot is only judged for its freshness.
    """
    if series.history is not History.FULL:
        return _freshness(series, evidence, window=window, now=now)
    expected = expected_span(series, window=window, now=now)
    judged = (
        run
        for stretch in _with_holes(evidence.stretches, expected)
        for run in _given_up(series, _judged(series, stretch, evidence, now=now), evidence)
    )
    return joined(judged, series)


def joined(runs: Iterable[Run], series: Series) -> list[Run]:
    """Ascending runs, with those made one of which the later goes on where the earlier ends."""
    found: list[Run] = []
    for run in runs:
        if found and _continues(series, found[-1], run):
            last = found.pop()
            found.append(Run(run.state, Interval(last.span.start, run.span.end), last.slots + run.slots))
        else:
            found.append(run)
    return found


def expected_span(series: Series, *, window: Interval, now: datetime) -> Interval:
    """The part of the window in which slots of the series lie that have begun."""
    start = max(window.start, midnight(series.first_day))
    end = min(window.end, floor_slot(now, series.check_step) + series.check_step)
    return Interval(start, max(start, end))


def slots_in(series: Series, span: Interval) -> int:
    """How many slots of the series a span has."""
    return (span.end - span.start) // series.cadence


def share(known: int, expected: int) -> float | None:
    """Completeness: known ÷ expected, rounded down, so that 1 means that nothing is missing; None of nothing."""
    return known * 10_000 // expected / 10_000 if expected else None


def frozen_spans(flats: Mapping[tuple[str, str, str], Sequence[Interval]], series: Series) -> list[Interval]:
    """Where a series' value is no measurement, from the runs in which values other than zero stay the same.

    `flats` has such runs by (area, region, field), ascending. Frozen are those that last too long by themselves, and
    those in which the series that never rest together did.
    """
    own = flats.get(series.key, ())
    limit = series.frozen_after
    found = [] if limit is None else [flat for flat in own if flat.end - flat.start >= limit]
    if (series.area, series.field) in FROZEN_TOGETHER:
        (one, other) = (flats.get((area, series.region, name), ()) for area, name in FROZEN_TOGETHER)
        found += [both for both in _overlaps(one, other) if both.end - both.start >= FROZEN_SLOTS * series.cadence]
    return _united(found)


def by_day(runs: Iterable[Run], series: Series) -> Iterator[tuple[date, Run]]:
    """The runs cut at Irish midnights, each with its day."""
    for run in runs:
        touched = days_of(run.span)
        if len(touched) == 1:
            yield touched[0], run
            continue
        for day in touched:
            cut = Interval(max(run.span.start, midnight(day)), min(run.span.end, midnight(day + DAY)))
            yield day, Run(run.state, cut, slots_in(series, cut))


def _continues(series: Series, last: Run, run: Run) -> bool:
    """Whether a run goes on in the next one: the same state, but for freezes, each of which has its own value.

    Hours that are concerned in part only are counted together within a day, so that by_day need not cut them.
    """
    if last.state is not run.state or last.span.end != run.span.start or run.state is State.FROZEN:
        return False
    whole = all(one.slots == slots_in(series, one.span) for one in (last, run))
    return whole or irish_day(last.span.start) == irish_day(run.span.end - timedelta(microseconds=1))


def _judged(series: Series, stretch: Stretch, evidence: Evidence, *, now: datetime) -> Iterator[Run]:
    if stretch.held is Held.VALUE:
        for span, inside in _split(stretch.span, evidence.frozen):
            yield _run(series, State.FROZEN if inside else State.OK, span, stretch)
        return
    if stretch.held is Held.WITHHELD:
        yield _run(series, State.WITHHELD, stretch.span, stretch)
    elif stretch.held is Held.NULL:
        yield _run(series, State.MISSING_UPSTREAM, stretch.span, stretch)
    elif stretch.held is Held.UNSETTLED:
        yield from _by_age(series, stretch, stretch.span, [(State.LATE, timedelta())], now=now)
    else:
        ages = [(State.NOT_FETCHED, NULL_GRACE), (State.LATE, timedelta())]
        for piece, lost in _split(stretch.span, second_passes(stretch.span)):
            if lost:
                yield _run(series, State.DST_LOST, piece, stretch)
            else:
                yield from _by_age(series, stretch, piece, ages, now=now)


def _by_age(
    series: Series, stretch: Stretch, span: Interval, ages: Iterable[tuple[State, timedelta]], *, now: datetime
) -> Iterator[Run]:
    """A span cut by how long its slots have been due, the longest first; what is not due is pending."""
    start = span.start
    for state, overdue in [*ages, (State.PENDING, None)]:
        end = span.end
        if overdue is not None:
            newest = floor_slot(now - overdue - series.lag - series.check_step, series.check_step)
            end = max(start, min(span.end, newest + series.check_step))
        if end > start:
            yield _run(series, state, Interval(start, end), stretch)
        start = end


def _run(series: Series, state: State, span: Interval, stretch: Stretch) -> Run:
    return Run(state, span, slots_in(series, span) if stretch.slots is None else stretch.slots)


def _given_up(series: Series, runs: Iterable[Run], evidence: Evidence) -> Iterator[Run]:
    for run in runs:
        final = evidence.given_up.get(run.state)
        if not final:
            yield run
            continue
        for span, inside in _split(run.span, [one.span for one in final]):
            slots = run.slots if span == run.span else slots_in(series, span)
            # Of an hour in which more has been lost since, the rest may be had.
            given = sum(one.slots for one in final if one.span.start < span.end and one.span.end > span.start)
            yield Run(State.PERMANENT if inside and slots <= given else run.state, span, slots)


def _freshness(series: Series, evidence: Evidence, *, window: Interval, now: datetime) -> list[Run]:
    """The time since the newest snapshot, if another should have come; a window that is over has none to wait for."""
    if series.history is not History.SNAPSHOT or now not in window:
        return []
    end = floor_slot(now, series.cadence) + series.cadence
    start = window.start
    if evidence.stretches:
        newest = evidence.stretches[-1]
        if newest.held is None or series.stale_after(newest.span.end - series.cadence, cycle=CYCLE) >= now:
            return []
        start = max(newest.span.end, start)
    return [Run(State.LATE, Interval(start, end), slots_in(series, Interval(start, end)))]


def _with_holes(stretches: Iterable[Stretch], span: Interval) -> Iterator[Stretch]:
    """The stretches inside a span, and what lies between them."""
    at = span.start
    for stretch in stretches:
        start, end = max(stretch.span.start, at), min(stretch.span.end, span.end)
        if end <= start:
            continue
        if start > at:
            yield Stretch(Interval(at, start), None)
        yield Stretch(Interval(start, end), stretch.held, stretch.slots)
        at = end
    if at < span.end:
        yield Stretch(Interval(at, span.end), None)


def _split(span: Interval, inner: Sequence[Interval]) -> Iterator[tuple[Interval, bool]]:
    """A span in pieces, each wholly inside or outside of the inner spans (ascending)."""
    at = span.start
    for one in inner:
        start, end = max(one.start, at), min(one.end, span.end)
        if end <= start:
            continue
        if start > at:
            yield Interval(at, start), False
        yield Interval(start, end), True
        at = end
    if at < span.end:
        yield Interval(at, span.end), False


def _overlaps(one: Sequence[Interval], other: Sequence[Interval]) -> Iterator[Interval]:
    rest = iter(other)
    beside = next(rest, None)
    for each in one:
        while beside is not None and beside.end <= each.start:
            beside = next(rest, None)
        while beside is not None and beside.start < each.end:
            yield Interval(max(each.start, beside.start), min(each.end, beside.end))
            if beside.end > each.end:
                break
            beside = next(rest, None)


def _united(spans: Iterable[Interval]) -> list[Interval]:
    """The same instants in spans that do not overlap, ascending."""
    found: list[Interval] = []
    for span in sorted(spans):
        if found and span.start < found[-1].end:
            found[-1] = Interval(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found
