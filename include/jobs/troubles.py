"""What a cycle found wrong in each area, for the alerts: from the results of its units."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from include.domain.incidents import Cause, Trouble
from include.domain.readings import Outcome, Unit
from include.domain.series import Area
from include.jobs.reconcile import silence
from include.jobs.result import UnitResult

_OURS = {Outcome.CONTRACT_BROKEN: Cause.CONTRACT_BROKEN, Outcome.OUR_ERROR: Cause.OUR_ERROR}


@dataclass(frozen=True, slots=True)
class Found:
    """What a cycle can say."""

    troubles: list[Trouble]
    judged: set[tuple[str, Cause]]
    """Areas and causes of which it could see whether all is well."""


def troubles_of(units: Sequence[Unit], results: Iterable[UnitResult], *, areas: Iterable[Area], now: datetime) -> Found:
    """Judge every area that was planned. Upstream loses one request in nine: only an area without any answer counts."""
    by_label = {result.label: result for result in results}
    found = Found([], set())
    for area in areas:
        own = [unit for unit in units if unit.partition.area == area.name]
        done = [by_label[unit.label] for unit in own if unit.label in by_label]
        if not own:
            continue
        found.troubles.extend(_of_area(area, own, done, now=now))
        # An area that nobody answered for says nothing of what an answer would have shown.
        if any(result.outcome not in {Outcome.UPSTREAM_UNAVAILABLE, Outcome.OUR_ERROR} for result in done):
            found.judged.update((area.name, cause) for cause in Cause)
    return found


def _of_area(area: Area, own: list[Unit], done: list[UnitResult], *, now: datetime) -> Iterator[Trouble]:
    for outcome, cause in _OURS.items():
        bad = [result for result in done if result.outcome is outcome]
        lost = len(own) - len(done) if cause is Cause.OUR_ERROR else 0
        if bad or lost:
            seen = f"{bad[0].label}: {bad[0].message}" if bad else "its task ended without a result; see its log"
            yield Trouble(area.name, cause, seen, len(bad) + lost, len(own))
    gone = [result for result in done if result.outcome is Outcome.UPSTREAM_UNAVAILABLE]
    if gone and len(gone) == len(own):
        yield Trouble(area.name, Cause.UPSTREAM_UNAVAILABLE, f"{gone[0].label}: {gone[0].message}", len(gone), len(own))
    elif silent := silence(area, own, done, now=now):
        yield Trouble(area.name, Cause.NOTHING_NEW, silent, len(own), len(own))
